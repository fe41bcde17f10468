#!/bin/bash
# Gives this machine a Rust toolchain that builds for wasm32. Idempotent, needs no root, installs nothing system-wide.
# The last line of stdout is its name, to be used as  RUSTUP_TOOLCHAIN=NAME cargo build --target wasm32-unknown-unknown
#   1. the active toolchain has the target   2. `rustup target add`   3. Debian's rustc and prebuilt wasm std,
#      unpacked into a cache folder and linked into rustup under NAME.
# Components carry the toolchain in their bytes, so the active one (1.95) comes first, and route 3 says that it differs.
set -euo pipefail
TARGETS=${TARGETS:-wasm32-unknown-unknown}           # separated by spaces
SUITE=${SUITE:-forky}                                # route 3: the Debian release whose rustc is taken
NAME=${NAME:-wasm-debian-$SUITE}
CACHE=${CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}}
ROUTES=${ROUTES:-"present rustup debian"}            # leave one out to try the others
export RUSTUP_AUTO_INSTALL=0

say() { echo "wasm-toolchain: $*" >&2; }
fail() { say "$*"; exit 1; }

has() { # has TOOLCHAIN: does its sysroot hold a std for every target?
  local sysroot target
  sysroot=$(rustc +"$1" --print sysroot 2>/dev/null) || return 1
  for target in $TARGETS; do
    compgen -G "$sysroot/lib/rustlib/$target/lib/libstd-*.rlib" >/dev/null || return 1
  done
}
take() { echo "$1"; exit 0; }
allowed() { [[ " $ROUTES " == *" $1 "* ]]; }

command -v rustup >/dev/null || fail "rustup is missing: install Rust 1.95 by rustup (https://rustup.rs), then run this again"
ACTIVE=$(rustup show active-toolchain 2>/dev/null | cut -d ' ' -f 1) || true
[ -n "$ACTIVE" ] || fail "rustup has no active toolchain: \`rustup toolchain install 1.95\` gives one"

if allowed present; then
  if has "$ACTIVE"; then take "$ACTIVE"; fi
  if has "$NAME"; then take "$NAME"; fi
fi
if allowed rustup; then
  say "adding $TARGETS to $ACTIVE"
  # shellcheck disable=SC2086
  if timeout 300 rustup target add --toolchain "$ACTIVE" $TARGETS >&2 && has "$ACTIVE"; then take "$ACTIVE"; fi
  say "\`rustup target add\` failed, taking the prebuilt std of Debian $SUITE (another compiler, so other bytes)"
fi
allowed debian || fail "none of the allowed routes ($ROUTES) gave $TARGETS"

for tool in apt-get dpkg-deb sha256sum; do
  command -v $tool >/dev/null ||
    fail "\`$tool\` is missing, so only rustup can help: run \`rustup target add $TARGETS\` where the network allows it"
done
BASE=$(rustc +"$ACTIVE" --print sysroot)             # lends cargo and rust-lld
HOST=$(rustc +"$ACTIVE" -vV | sed -n 's/^host: //p')
[ "$HOST" = x86_64-unknown-linux-gnu ] || fail "the Debian route is for x86_64 Linux, this is $HOST: run \`rustup target add $TARGETS\`"
KEYRING=/usr/share/keyrings/debian-archive-keyring.gpg
[ -r "$KEYRING" ] || fail "\`$KEYRING\` is missing: install the package debian-archive-keyring"

HOME_OF=$CACHE/$NAME                                 # where it will stand; wrappers name this path
mkdir -p "$CACHE"
WORK=$(mktemp -d "$CACHE/$NAME.XXXXXX")              # moved into place when whole, so a broken download leaves nothing
trap 'rm -rf "$WORK"' EXIT
mkdir -p "$WORK"/apt/{lists,cache/archives}/partial
: >"$WORK/apt/status"
MIRROR=$(grep -hoE 'https?://[^ ]+/debian/?( |$)' -r /etc/apt/sources.list /etc/apt/sources.list.d 2>/dev/null |
  head -n 1 | tr -d ' ' || true)                     # the mirror that this machine already uses
echo "deb [signed-by=$KEYRING] ${MIRROR:-https://deb.debian.org/debian} $SUITE main" >"$WORK/apt/sources.list"
cat >"$WORK/apt/apt.conf" <<C
Dir::Etc::sourcelist "$WORK/apt/sources.list"; Dir::Etc::sourceparts "-";
Dir::State::lists "$WORK/apt/lists"; Dir::State::status "$WORK/apt/status"; Dir::Cache "$WORK/apt/cache";
Acquire::Languages "none"; Acquire::IndexTargets::deb::DEP-11::DefaultEnabled "false";
APT::Architecture "amd64"; APT::Architectures { "amd64"; }; APT::Install-Recommends "false";
APT::Sandbox::User ""; Debug::NoLocking "true";
C
export APT_CONFIG=$WORK/apt/apt.conf
apt-get -qq update >&2 || fail "Debian's package lists cannot be read: this machine needs a network, or the target by other means"
apt-get -qq -y -d install libstd-rust-dev libstd-rust-dev-wasm32 >&2   # with what they need: LLVM, libc6, libstdc++
(cd "$WORK/apt/cache/archives" && apt-get -qq download rustc >&2)      # alone: its gcc and binutils come from this machine
for deb in "$WORK"/apt/cache/archives/*.deb; do dpkg-deb -x "$deb" "$WORK/root"; done
(cd "$WORK/apt/cache/archives" && sha256sum -- *.deb) >"$WORK/SHA256SUMS"
rm -rf "$WORK/apt"

USR=$HOME_OF/root/usr
LIB=$USR/lib/x86_64-linux-gnu
for program in rustc rustdoc; do                     # under the suite's own glibc; child processes keep this machine's
  mv "$WORK/root/usr/bin/$program" "$WORK/root/usr/bin/$program.bin"
  printf '#!/bin/sh\nexec "%s/ld-linux-x86-64.so.2" --library-path "%s" "%s/bin/%s.bin" "$@"\n' \
    "$LIB" "$LIB" "$USR" "$program" >"$WORK/root/usr/bin/$program"
  chmod +x "$WORK/root/usr/bin/$program"
done
ln -s "$BASE/bin/cargo" "$WORK/root/usr/bin/cargo"
ln -s "$BASE/lib/rustlib/$HOST/bin" "$WORK/root/usr/lib/rustlib/$HOST/bin"
chmod 755 "$WORK"
rm -rf "$HOME_OF"
mv "$WORK" "$HOME_OF"
rustup toolchain link "$NAME" "$USR" >&2
has "$NAME" || fail "the unpacked toolchain in \`$HOME_OF\` lacks $TARGETS"
take "$NAME"
