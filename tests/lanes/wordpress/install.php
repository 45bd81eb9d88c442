<?php // php install.php FILE: set the site up, and write the administrator's application password into FILE.
define('WP_INSTALLING', true);
$_SERVER['HTTP_HOST'] = parse_url(getenv('WORDPRESS_URL'), PHP_URL_HOST);
require __DIR__ . '/wp-load.php';
require ABSPATH . 'wp-admin/includes/upgrade.php';
wp_install('Maple Grove Unified', 'admin', 'admin@maple-grove.example', true, '', getenv('ADMIN_PASSWORD'));
update_option('permalink_structure', '/%year%/%monthnum%/%postname%/');
flush_rewrite_rules();
[$password] = WP_Application_Passwords::create_new_application_password(get_user_by('login', 'admin')->ID, ['name' => 'archive']);
file_put_contents($argv[1], $password);
