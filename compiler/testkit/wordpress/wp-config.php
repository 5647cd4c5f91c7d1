<?php
// The configuration of the test's WordPress: everything that differs comes from the environment.
define( 'DB_NAME', getenv( 'TEST_DB_NAME' ) );
define( 'DB_USER', getenv( 'TEST_DB_USER' ) );
define( 'DB_PASSWORD', getenv( 'TEST_DB_PASSWORD' ) );
define( 'DB_HOST', getenv( 'TEST_DB_HOST' ) );
define( 'DB_CHARSET', 'utf8mb4' );
define( 'DB_COLLATE', '' );
// The server takes TLS only; its certificate is not what this test is about.
define( 'MYSQL_CLIENT_FLAGS', MYSQLI_CLIENT_SSL | MYSQLI_CLIENT_SSL_DONT_VERIFY_SERVER_CERT );
define( 'WP_HTTP_BLOCK_EXTERNAL', true );
define( 'DISABLE_WP_CRON', true );
define( 'WP_SITEURL', 'http://site.invalid' );
define( 'WP_HOME', 'http://site.invalid' );
define( 'WP_INSTALLING', getenv( 'TEST_STEP' ) === 'install' );
$table_prefix = 'wp_';
// No mail leaves the test.
function wp_mail() {
	return true;
}
if ( ! defined( 'ABSPATH' ) ) {
	define( 'ABSPATH', __DIR__ . '/' );
}
require_once ABSPATH . 'wp-settings.php';
