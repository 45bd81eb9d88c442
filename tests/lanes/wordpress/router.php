<?php // Files are served as they are, folders by their index, and everything else is WordPress's, as under Apache.
$asked = __DIR__ . parse_url($_SERVER['REQUEST_URI'], PHP_URL_PATH);
if (is_file($asked) || $asked !== __DIR__ . '/' && is_file(rtrim($asked, '/') . '/index.php')) {
    return false;
}
$_SERVER['SCRIPT_NAME'] = $_SERVER['PHP_SELF'] = '/index.php';
require __DIR__ . '/index.php';
