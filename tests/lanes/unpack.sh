#!/usr/bin/env bash
# Unpack Debian packages below a folder. Nothing is installed, and nothing that they depend on comes along: the packages
# of a web application would bring a web server, which starts when it is installed.
#   unpack.sh FOLDER PACKAGE …      (for instance: .lanes/mediawiki mediawiki mediawiki-classes)
# FOLDER appears when all is done. Needs apt, not root; every package is checked by apt as always.
set -euo pipefail
folder="$(realpath -m "$1")"
shift
part="$folder.part"

rm -rf "$part"
mkdir -p "$part"/{archives,root}
trap 'rm -rf "$part"' EXIT
(cd "$part/archives" && apt-get -qq -o APT::Sandbox::User= download "$@")
for archive in "$part"/archives/*.deb; do
  dpkg-deb --fsys-tarfile "$archive" | tar -x -C "$part/root" --no-same-owner
done
find "$part/root" -type l -lname '/*' -delete # they would lead out of it
rm -rf "$folder"
mv "$part/root" "$folder"
