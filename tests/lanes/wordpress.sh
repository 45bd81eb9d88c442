#!/usr/bin/env bash
# A WordPress on the loopback address, with a database of its own that nothing else reaches.
#   wordpress.sh start DIR PORT | stop DIR | status DIR
# WORDPRESS=FOLDER is the program as unpack.sh unpacked it, ADMIN_PASSWORD the password of its administrator, admin. The
# administrator's application password is then in DIR/application-password.
. "$(dirname "${BASH_SOURCE[0]}")/processes.sh"
PATH="$PATH:/usr/sbin" # where Debian has mariadbd, and not everybody looks
here="$(dirname "$(realpath "${BASH_SOURCE[0]}")")/wordpress"

start() { # PORT
  local site="$DIR/data/site" as_root=() copying
  export WORDPRESS_URL="http://127.0.0.1:$1" WORDPRESS_SOCKET="$DIR/data/socket" ADMIN_PASSWORD="${ADMIN_PASSWORD:?}"
  ((EUID != 0)) || as_root=(--user=root)
  cp -rL "${WORDPRESS:?}/usr/share/wordpress" "$site" &
  copying=$!
  logged database-format mariadb-install-db --no-defaults "${as_root[@]}" --datadir="$DIR/data/database" --skip-test-db \
    --auth-root-authentication-method=normal --innodb-log-file-size=8M
  spawn database mariadbd --no-defaults "${as_root[@]}" --datadir="$DIR/data/database" --socket="$WORDPRESS_SOCKET" \
    --pid-file="$DIR/data/mariadb.pid" --tmpdir="$DIR/data" --skip-networking --performance-schema=OFF \
    --innodb-log-file-size=8M --innodb-buffer-pool-size=32M --innodb-flush-log-at-trx-commit=0
  wait "$copying"
  cp "$here/wp-config.php" "$here/router.php" "$here/install.php" "$site"
  mkdir -p "$site"/wp-content/{uploads,mu-plugins}
  cp "$here/quiet.php" "$site/wp-content/mu-plugins"
  wait_for 60 "the database" mariadb --no-defaults --user=root --socket="$WORDPRESS_SOCKET" -e "CREATE DATABASE wordpress CHARACTER SET utf8mb4"
  logged install php "$site/install.php" "$DIR/application-password"
  spawn wordpress env -C "$site" PHP_CLI_SERVER_WORKERS=3 php -d memory_limit=256M -S "127.0.0.1:$1" router.php
  wait_for 60 wordpress listens "$1"
}

serve "$@"
