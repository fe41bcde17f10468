#!/bin/bash
# Runs a command with DATABASE_URL naming a PostgreSQL server: scripts/with-postgres.sh COMMAND…
#   1. DATABASE_URL as it is   2. a server on 127.0.0.1:5432 that lets us in   3. a throwaway cluster from Debian's
#      `postgresql` package, stopped and removed again however the command ends.
# Says which one it took. Without any of them it fails: a test run that skipped PostgreSQL must not look like a pass.
set -euo pipefail
[ $# -gt 0 ] || { echo "usage: scripts/with-postgres.sh COMMAND…" >&2; exit 2; }
SCRIPTS=$(cd "$(dirname "$0")" && pwd)
export PGCONNECT_TIMEOUT=5

say() { echo "with-postgres: $*" >&2; }
fail() { say "$*"; exit 1; }

# Tests make a database each, so a login alone is not enough. Never asks for a password: PGPASSWORD and ~/.pgpass count.
may_create_databases() { # may_create_databases URL
  [ "$(psql -w -X -q -A -t -d "$1" -c "select rolcreatedb or rolsuper from pg_roles where rolname = current_user" 2>&1)" = t ]
}
listens() { (exec 3<>"/dev/tcp/127.0.0.1/$1") 2>/dev/null; }
binaries() { # the newest Debian version, else what is on PATH
  local newest
  newest=$(compgen -G '/usr/lib/postgresql/*/bin/initdb' | sort -V | tail -n 1) || true
  newest=${newest:-$(command -v initdb || true)}
  [ -n "$newest" ] && dirname "$(readlink -f "$newest")"
}

if [ -n "${DATABASE_URL:-}" ]; then
  [[ $DATABASE_URL == postgres://* || $DATABASE_URL == postgresql://* ]] ||
    fail "DATABASE_URL is set but does not begin with \`postgres://\`: unset it, or name a PostgreSQL server"
  if command -v psql >/dev/null && ! may_create_databases "$DATABASE_URL"; then
    fail "the server of DATABASE_URL does not answer, or its user may not create databases: start it, or unset DATABASE_URL"
  fi
  say "taking the server that DATABASE_URL names"
  exec "$@"
fi

if listens 5432; then
  command -v psql >/dev/null || "$SCRIPTS/debian-install.sh" postgresql-client ||
    say "a server answers on 127.0.0.1:5432, but without psql it cannot be asked whether it lets us in"
  for user in postgres "$(id -un)"; do
    url=postgres://$user@127.0.0.1:5432/postgres
    if may_create_databases "$url"; then
      say "taking the server on 127.0.0.1:5432, as user $user"
      DATABASE_URL=$url exec "$@"
    fi
  done
  say "the server on 127.0.0.1:5432 lets neither postgres nor $(id -un) in to create databases (set DATABASE_URL to use it)"
fi

bin=$(binaries) || "$SCRIPTS/debian-install.sh" postgresql ||
  fail "no PostgreSQL: set DATABASE_URL, start a server on 127.0.0.1:5432, or install the package postgresql"
bin=${bin:-$(binaries)} || fail "the package postgresql is installed, but \`initdb\` is nowhere to be found"

# PostgreSQL refuses to run as root. Always under /tmp: another user must be able to enter the folder, and the path of
# a socket may not be longer than about 100 bytes.
as_owner=(env)
folder=$(mktemp -d /tmp/gtm-postgres.XXXXXX)
if [ "$(id -u)" = 0 ]; then
  owner=$(id -un postgres 2>/dev/null || echo nobody)
  as_owner=(runuser -u "$owner" -- env)
  chown "$owner" "$folder"
fi
stop() {
  trap '' INT TERM HUP
  if [ -e "$folder/data/postmaster.pid" ]; then
    (cd / && "${as_owner[@]}" "$bin/pg_ctl" -D "$folder/data" -m immediate -w stop) >/dev/null 2>&1 || true
  fi
  rm -rf "$folder"
}
trap stop EXIT
trap 'exit 129' HUP
trap 'exit 130' INT
trap 'exit 143' TERM

# A linguistic order, as most servers have it: a query that leans on the byte order of text then fails here.
locale=(--locale=C.UTF-8)
if [[ $("$bin/initdb" --help) == *--icu-locale* ]]; then locale+=(--locale-provider=icu --icu-locale=en); fi
(cd / && "${as_owner[@]}" LC_ALL=C "$bin/initdb" -D "$folder/data" -U postgres -A trust -E UTF8 "${locale[@]}" --no-sync) \
  >"$folder/initdb.log" 2>&1 || { cat "$folder/initdb.log" >&2; fail "initdb failed"; }
cat >>"$folder/data/postgresql.conf" <<C
listen_addresses = '127.0.0.1'
unix_socket_directories = '$folder'
max_connections = 300
fsync = off
synchronous_commit = off
full_page_writes = off
C
for _ in 1 2 3 4 5; do                               # somebody else may take the port between the look and the start
  port=$((RANDOM % 20000 + 40000))
  listens "$port" && continue
  if (cd / && "${as_owner[@]}" "$bin/pg_ctl" -D "$folder/data" -l "$folder/data/server.log" -o "-p $port" -w start) >/dev/null 2>&1
  then started=$port; break; fi
done
[ -n "${started:-}" ] || { cat "$folder/data/server.log" >&2 || true; fail "the throwaway cluster did not start"; }

say "taking a throwaway cluster of PostgreSQL $(cat "$folder/data/PG_VERSION") on 127.0.0.1:$started"
# In the foreground, not by exec: the cluster is stopped after it, whatever its result.
DATABASE_URL=postgres://postgres@127.0.0.1:$started/postgres "$@"
