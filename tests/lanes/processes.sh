#!/usr/bin/env bash
# The processes of one server, each kept in DIR/run/NAME.pid: its id and the moment of its birth, so that a process
# that was given the id later is never taken for it. The servers' scripts source this file and end with `serve "$@"`;
# run by itself it stops or shows any of them:
#   processes.sh stop DIR | status DIR
# Starting and stopping in one DIR wait for each other. Everything in DIR is disposable: stopping means killing.
set -Eeuo pipefail
shopt -s nullglob

# born PID: the tick of the kernel's clock at which it started; nothing when it has ended.
born() {
  local line
  { read -r line <"/proc/$1/stat"; } 2>/dev/null || return 0
  set -- ${line##*) } # past the name, which may hold anything
  [[ "$1" == Z ]] || printf '%s' "${20}"
}

alive() {
  local id birth
  read -r id birth <"$1" || return 1
  [[ -n "$birth" && "$(born "$id")" == "$birth" ]]
}

# spawn NAME COMMAND …: start a process in a group of its own; it records itself before it becomes the command.
spawn() {
  local name="$1" id
  shift
  (
    id="$BASHPID" # read here: inside $(…) it is another
    printf '%s %s\n' "$id" "$(born "$id")" >"$DIR/run/$name.new"
    mv "$DIR/run/$name.new" "$DIR/run/$name.pid"
    exec setsid "$@" </dev/null >"$DIR/log/$name" 2>&1 9>&-
  ) &
  disown # the shell has nothing to say about its end
}

ended() { printf '%s ended, after:\n%s\n' "$1" "$(tail -n 8 "$DIR/log/$1")" >&2; }

# logged NAME COMMAND …: run it to its end; what it says is shown when it fails.
logged() {
  local name="$1"
  shift
  "$@" >"$DIR/log/$name" 2>&1 9>&- || { ended "$name"; return 1; }
}

# wait_for SECONDS WHAT COMMAND …: until the command succeeds, while every process lives.
wait_for() {
  local end=$((SECONDS + $1)) what="$2" file
  shift 2
  until "$@" >"$DIR/log/attempt" 2>&1; do
    for file in "$DIR"/run/*.pid; do
      alive "$file" || { ended "$(basename "$file" .pid)"; return 1; }
    done
    ((SECONDS < end)) || { printf '%s did not come in time\n' "$what" >&2; tail -n 3 "$DIR/log/attempt" >&2; return 1; }
    sleep 0.05
  done
}

# listens PORT: somebody takes connections there.
listens() { (exec 3<>"/dev/tcp/127.0.0.1/$1") 2>/dev/null; }

stop() {
  local file id
  for file in "$DIR"/run/*.pid; do
    read -r id _ <"$file"
    while alive "$file"; do kill -KILL -- "-$id" 2>/dev/null || true; sleep 0.05; done # its children, too
    rm -f "$file"
  done
}

status() {
  local file
  for file in "$DIR"/run/*.pid; do
    printf '%s %s\n' "$(basename "$file" .pid)" "$(alive "$file" && echo runs || echo ended)"
  done
}

serve() {
  local verb="${1:-}"
  DIR="$(realpath -m "${2:?the folder of the server}")"
  shift 2
  mkdir -p "$DIR"
  case "$verb" in
    start)
      exec 9>"$DIR/lock"
      flock 9
      stop
      rm -rf "$DIR"/{run,log,data}
      mkdir -p "$DIR"/{run,log,data}
      trap stop EXIT
      start "$@"
      trap - EXIT
      ;;
    stop)
      exec 9>"$DIR/lock"
      flock 9
      stop
      ;;
    status) status ;;
    *) printf 'start DIR … | stop DIR | status DIR\n' >&2; exit 2 ;;
  esac
}

if [[ "${BASH_SOURCE[0]}" == "$0" ]]; then
  start() { printf 'start it by its own script\n' >&2; return 2; }
  serve "$@"
fi
