#!/bin/bash
# Installs Debian packages, as root or by sudo: scripts/debian-install.sh PACKAGE…
# Where that is not possible it says what to install by hand and fails.
set -euo pipefail
[ $# -gt 0 ] || { echo "usage: scripts/debian-install.sh PACKAGE…" >&2; exit 2; }

by_hand() { echo "debian-install: $1: install it by hand (on Debian: apt-get install $packages), then run this again" >&2; exit 1; }

packages="$*"
command -v apt-get >/dev/null || by_hand "\`$packages\` is missing and this machine has no apt-get"
if [ "$(id -u)" = 0 ]; then root=(env)
elif command -v sudo >/dev/null && sudo -n true 2>/dev/null; then root=(sudo -n env)
elif command -v sudo >/dev/null && [ -t 0 ]; then root=(sudo env)
else by_hand "\`$packages\` is missing, and neither root nor sudo without a password is at hand"
fi

echo "debian-install: installing $packages" >&2
apt=("${root[@]}" DEBIAN_FRONTEND=noninteractive apt-get -q -y)
# A foreign repository that does not answer must not keep us from Debian's own packages.
"${apt[@]}" update >&2 || echo "debian-install: apt-get update failed, going on with the lists that are there" >&2
"${apt[@]}" --no-install-recommends install "$@" >&2 || by_hand "apt-get could not install \`$packages\`"
