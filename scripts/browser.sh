#!/bin/bash
# Sets up what the browser stories need: Debian's chromium, node 18 or newer with npm, and `npm ci` in tests/browser.
# Idempotent. The last line of stdout is the path of the browser.
set -euo pipefail
SCRIPTS=$(cd "$(dirname "$0")" && pwd)
STORIES=$SCRIPTS/../tests/browser
NODE_AT_LEAST=18

say() { echo "browser: $*" >&2; }
fail() { say "$*"; exit 1; }
node_is_new_enough() {
  command -v npm >/dev/null && node -e "process.exit(parseInt(process.versions.node) >= $NODE_AT_LEAST ? 0 : 1)" 2>/dev/null
}

node_is_new_enough || "$SCRIPTS/debian-install.sh" nodejs npm || fail "no node: the browser stories cannot run"
node_is_new_enough || fail "node $(node --version) is too old: install node $NODE_AT_LEAST or newer with npm"
command -v chromium >/dev/null || "$SCRIPTS/debian-install.sh" chromium || fail "no chromium: the browser stories cannot run"

cd "$STORIES"
if [ ! -e node_modules/.package-lock.json ] || [ package-lock.json -nt node_modules/.package-lock.json ]; then
  npm ci --no-audit --no-fund >&2 || fail "\`npm ci\` failed in tests/browser: it needs the npm registry once"
fi
command -v chromium
