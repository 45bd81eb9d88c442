#!/usr/bin/env bash
# A server that speaks Mastodon's API on the loopback address: mastodon-mock, which keeps what it is told. Its first
# account's token is "mock_token"; more are made through the API.
#   mastodon.sh start DIR PORT | stop DIR | status DIR
# MASTODON=PROGRAM is the program, in a virtual environment of its own.
. "$(dirname "${BASH_SOURCE[0]}")/processes.sh"

start() { # PORT
  spawn mastodon env -C "$DIR/data" TMPDIR="$DIR/data" "${MASTODON:?}" serve --in-memory --host 127.0.0.1 \
    --port "$1" --domain "127.0.0.1:$1"
  wait_for 60 mastodon listens "$1"
}

serve "$@"
