#!/usr/bin/env bash
# An S3 server on the loopback address: ministack, an emulator that keeps all in memory and checks signatures and
# policies. Its root keys are "test" and "test"; users are made through IAM.
#   ministack.sh start DIR PORT | stop DIR | status DIR
# MINISTACK=PROGRAM is the program, in a virtual environment of its own.
. "$(dirname "${BASH_SOURCE[0]}")/processes.sh"

start() { # PORT
  # DOCKER_HOST: a container engine of the machine is none of its business.
  spawn ministack env AUTH=true BIND_HOST=127.0.0.1 GATEWAY_PORT="$1" SERVICES=s3,iam,sts TMPDIR="$DIR/data" \
    S3_DATA_DIR="$DIR/data/s3" DOCKER_HOST=unix:///nonexistent "${MINISTACK:?}"
  wait_for 60 ministack listens "$1"
}

serve "$@"
