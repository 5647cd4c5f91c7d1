<?php
// One step of a site's life, by the name in TEST_STEP; prints OK if it worked.
error_reporting( E_ALL & ~E_DEPRECATED );
$_SERVER['HTTP_HOST']      = 'site.invalid';
$_SERVER['SERVER_NAME']    = 'site.invalid';
$_SERVER['REQUEST_URI']    = '/';
$_SERVER['REQUEST_METHOD'] = 'GET';

require __DIR__ . '/wp-load.php';
require_once ABSPATH . 'wp-admin/includes/upgrade.php';
require_once ABSPATH . 'wp-admin/includes/plugin.php';
require_once ABSPATH . 'wp-admin/includes/image.php';

function must( $condition, $what ) {
	global $wpdb;
	if ( ! $condition || $wpdb->last_error ) {
		fwrite( STDERR, "$what: {$wpdb->last_error}\n" );
		exit( 1 );
	}
}

switch ( getenv( 'TEST_STEP' ) ) {
	case 'install':
		$done = wp_install( 'A site', 'admin', 'admin@site.invalid', true, '', 'a password' );
		must( $done['user_id'] > 0, 'install' );
		break;
	case 'use':
		$post = wp_insert_post( array( 'post_title' => 'Grüße 😀', 'post_content' => 'Text', 'post_status' => 'publish' ), true );
		must( is_int( $post ) && 'Grüße 😀' === get_post( $post )->post_title, 'post' );
		$file = wp_upload_bits( 'photo.txt', null, 'not really a photo' );
		must( empty( $file['error'] ), 'upload' );
		$media = wp_insert_attachment( array( 'post_title' => 'photo', 'post_mime_type' => 'text/plain' ), $file['file'], $post, true );
		must( is_int( $media ) && $media > 0, 'attachment' );
		must( null === activate_plugin( 'table/table.php' ), 'plugin' );
		must( 1 === (int) $wpdb->get_var( "SELECT COUNT(*) FROM {$wpdb->prefix}own" ), 'table of the plugin' );
		must( 1 === count( get_posts( array( 's' => 'Grüße' ) ) ), 'search' );
		break;
	case 'upgrade':
		// As after an update from an old release: the schema's version is behind, a column and an index are missing.
		$wpdb->query( "ALTER TABLE {$wpdb->comments} DROP INDEX comment_author_email" );
		update_option( 'db_version', 30000 );
		wp_upgrade();
		must( (int) get_option( 'db_version' ) === (int) $GLOBALS['wp_db_version'], 'version of the schema' );
		$index = $wpdb->get_results( "SHOW INDEX FROM {$wpdb->comments} WHERE Key_name = 'comment_author_email'" );
		must( count( $index ) === 1, 'index' );
		break;
	default:
		exit( 2 );
}
echo 'OK';
