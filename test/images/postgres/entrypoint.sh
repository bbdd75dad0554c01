#!/bin/bash
# Starts PostgreSQL as its usual images do: POSTGRES_USER, POSTGRES_PASSWORD and POSTGRES_DB are applied to an empty data
# directory. Any other command (redis-server, psql) is run as it is.
set -euo pipefail

if [ "${1:-postgres}" != postgres ]; then exec "$@"; fi
shift || true

# Only ever drops rights, so no-new-privileges doesn't hinder it.
if [ "$(id -u)" = 0 ]; then
  install -d -o postgres -g postgres /var/run/postgresql
  install -d -o postgres -g postgres -m 0700 "$PGDATA"
  exec setpriv --reuid=postgres --regid=postgres --init-groups "$0" postgres "$@"
fi

# SQL text as a literal.
quoted() {
  printf "'%s'" "${1//\'/\'\'}"
}

user="${POSTGRES_USER:-postgres}"
database="${POSTGRES_DB:-$user}"
if [ ! -e "$PGDATA/.ready" ]; then
  # A cluster was made with the image: copying it takes a tenth of what initdb takes. A named or anonymous volume has it
  # already (Docker copies the image's files there), one in memory has nothing.
  [ -s "$PGDATA/PG_VERSION" ] || cp -a /usr/local/share/cluster/. "$PGDATA"
  {
    if [ "$user" = postgres ]; then verb=ALTER; else verb=CREATE; fi
    printf '%s ROLE "%s" SUPERUSER LOGIN' "$verb" "${user//\"/\"\"}"
    if [ -n "${POSTGRES_PASSWORD:-}" ]; then printf ' PASSWORD %s' "$(quoted "$POSTGRES_PASSWORD")"; fi
    printf ';\n\n'
    [ "$database" = postgres ] || printf 'CREATE DATABASE "%s" OWNER "%s";\n\n' "${database//\"/\"\"}" "${user//\"/\"\"}"
  } | postgres --single -j -D "$PGDATA" postgres >/dev/null
  touch "$PGDATA/.ready"
fi

# TERM asks PostgreSQL to wait for its clients to leave, INT to end now: a worker that ends has no time for the first.
postgres -D "$PGDATA" "$@" &
server=$!
trap 'interrupted=1; kill -INT "$server" 2>/dev/null || true' TERM INT
# A trap breaks the wait off before the server has ended.
interrupted=1
while [ -n "$interrupted" ]; do
  interrupted=
  code=0
  wait "$server" || code=$?
done
exit "$code"
