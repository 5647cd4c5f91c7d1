<?php
/*
Plugin Name: A table of its own
*/
register_activation_hook(
	__FILE__,
	function () {
		global $wpdb;
		require_once ABSPATH . 'wp-admin/includes/upgrade.php';
		dbDelta( "CREATE TABLE {$wpdb->prefix}own (id bigint unsigned NOT NULL AUTO_INCREMENT, name varchar(40) NOT NULL, PRIMARY KEY  (id), KEY name (name)) {$wpdb->get_charset_collate()};" );
		$wpdb->query( 'CREATE TEMPORARY TABLE scratch (x int)' );
		$wpdb->query( 'INSERT INTO scratch VALUES (1)' );
		$wpdb->query( "LOCK TABLES {$wpdb->prefix}own WRITE" );
		$wpdb->insert( "{$wpdb->prefix}own", array( 'name' => 'first' ) );
		$wpdb->query( 'UNLOCK TABLES' );
	}
);
