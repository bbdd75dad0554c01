#!/usr/bin/env bash
# Makes sure a Podman of Debian's serves its Docker-compatible socket with the test images in it, beside a Docker engine that has
# them (scripts/setup-docker.sh, scripts/test-images.sh). All it keeps lies in the cache: nobody else's containers, networks or
# settings are touched. Does nothing when it answers already. Prints the socket's path. Debian, as root.
set -euo pipefail
# shellcheck source-path=SCRIPTDIR source=lib.sh
. "$(dirname "$0")/lib.sh"

home="$MAYFLY_TEST_CACHE/podman"
socket="$home/podman.sock"

answers() {
  curl -fsS --max-time 10 --unix-socket "$socket" http://podman/version 2>/dev/null | grep -q '"Podman Engine"'
}

# runc, since crun runs nothing where cgroups are hybrid; limits that every machine allows, which podman's own are not.
write_config() {
  mkdir -p "$home/networks"
  cat >"$home/containers.conf" <<CONF
[containers]
default_ulimits = ["nofile=1024:1024", "nproc=4096:4096"]
init_path = "$(command -v catatonit)"
[engine]
cgroup_manager = "cgroupfs"
events_logger = "file"
lock_type = "file"
runtime = "runc"
[network]
network_backend = "netavark"
network_config_dir = "$home/networks"
CONF
}

start_podman() {
  local log="$MAYFLY_TEST_CACHE/podman.log"
  say "starting podman's service, log in $log"
  rm -f "$socket"
  # In a directory that stays: conmon starts nothing in one that is gone.
  CONTAINERS_CONF="$home/containers.conf" setsid env --chdir=/ podman --root "$home/root" --runroot "$home/run" --tmpdir "$home/tmp" \
    --storage-driver overlay system service --time=0 "unix://$socket" >"$log" 2>&1 </dev/null 9>&- &
  local pid=$! deadline=$((SECONDS + 30))
  until answers; do
    if ! kill -0 "$pid" 2>/dev/null || [ "$SECONDS" -ge "$deadline" ]; then
      tail -n 15 "$log" >&2
      die "podman's service does not answer; its last words are above"
    fi
    sleep 0.1
  done
}

# Those that it does not have yet, or not as they are now: an image's id is the same on both.
import_images() {
  local image id there
  there="$(curl -fsS --unix-socket "$socket" http://podman/v1.41/images/json)"
  for image in $(cat "$(dirname "$0")"/../test/images/*/image); do
    id="$(docker image inspect -f '{{.Id}}' "$image")"
    if [[ "$there" == *"$id"* ]]; then continue; fi
    say "$image: importing"
    docker save "$image" | curl -fsS --unix-socket "$socket" -X POST -H 'Content-Type: application/x-tar' --data-binary @- \
      -o /dev/null http://podman/v1.41/images/load
  done
}

mkdir -p "$home"
lock podman
if ! answers; then
  [ "$(id -u)" = 0 ] || die "no podman service answers, and starting one needs root"
  missing=()
  for tool in podman:podman runc:runc catatonit:catatonit curl:curl iptables:iptables; do
    command -v "${tool%%:*}" >/dev/null || missing+=("${tool##*:}")
  done
  [ -x /usr/lib/podman/netavark ] || missing+=(netavark aardvark-dns)
  if [ "${#missing[@]}" != 0 ]; then apt_install "${missing[@]}"; fi
  write_config
  start_podman
fi
import_images
say "podman $(podman --version | cut -d' ' -f3) answers at $socket"
echo "$socket"
