#!/usr/bin/env bash
# A MediaWiki on the loopback address, its database a file, where everybody may edit and files may be uploaded.
#   mediawiki.sh start DIR PORT | stop DIR | status DIR
# MEDIAWIKI=FOLDER is the program as unpack.sh unpacked it, ADMIN_PASSWORD the password of its administrator, Admin.
. "$(dirname "${BASH_SOURCE[0]}")/processes.sh"

start() { # PORT
  local program="${MEDIAWIKI:?}/usr/share/mediawiki" site="$DIR/data/site" settings="$DIR/data/LocalSettings.php"
  mkdir -p "$site/images" "$DIR/data/database"
  ln -s "$(realpath "$program")"/* "$site"
  (umask 077 && printf '%s' "${ADMIN_PASSWORD:?}" >"$DIR/data/password")
  logged install env TMPDIR="$DIR/data" php "$program/maintenance/install.php" --dbtype sqlite --dbpath "$DIR/data/database" \
    --dbname wiki --confpath "$DIR/data" --server "http://127.0.0.1:$1" --scriptpath "" --lang en \
    --passfile "$DIR/data/password" "Maple Grove Unified" Admin
  cat >>"$settings" <<TEXT
\$wgEnableUploads = true;
\$wgUploadDirectory = '$site/images';
\$wgUploadPath = '/images';
\$wgTmpDirectory = '$DIR/data';
\$wgExtensionDirectory = '$(realpath "$program")/extensions-core';
\$wgRateLimits = [];
\$wgPingback = false;
\$wgEnableEmail = false;
TEXT
  spawn mediawiki env -C "$site" TMPDIR="$DIR/data" MW_CONFIG_FILE="$settings" PHP_CLI_SERVER_WORKERS=2 \
    php -d memory_limit=256M -S "127.0.0.1:$1"
  wait_for 60 mediawiki listens "$1"
}

serve "$@"
