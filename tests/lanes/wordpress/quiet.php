<?php // No mail leaves this site, and several may comment within seconds from one address.
add_filter('pre_wp_mail', '__return_true');
add_filter('comment_flood_filter', '__return_false', 99);
