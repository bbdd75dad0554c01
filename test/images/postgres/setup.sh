# shellcheck shell=bash
# Runs in the new root file system: makes a small cluster that starts at once. Fast rather than durable: it is for tests.
cluster=/usr/local/share/cluster
bin=$(echo /usr/lib/postgresql/*/bin)
chmod 0755 /usr/local/bin/entrypoint.sh
install -d -o postgres -g postgres -m 0700 "$cluster"
# Segments of 1 MB: with the default of 16 a cluster would not fit into a small memory volume.
setpriv --reuid=postgres --regid=postgres --init-groups "$bin/initdb" -D "$cluster" \
  --wal-segsize=1 --encoding=UTF8 --locale=C.UTF-8 --auth=trust --no-sync
cat >>"$cluster/postgresql.conf" <<'CONF'
listen_addresses = '*'
shared_buffers = 16MB
max_connections = 20
min_wal_size = 2MB
max_wal_size = 32MB
max_wal_senders = 0
wal_level = minimal
fsync = off
jit = off
CONF
cat >"$cluster/pg_hba.conf" <<'CONF'
local all all trust
host all all 127.0.0.1/32 trust
host all all ::1/128 trust
host all all all scram-sha-256
CONF
# What a volume mounted there begins with.
install -d -o postgres -g postgres -m 0700 /var/lib/postgresql/data
cp -a "$cluster/." /var/lib/postgresql/data
rm -rf /var/cache/apt /var/lib/apt/lists/*
