#!/usr/bin/env bash
# Makes sure a Docker engine answers on this machine: installs Debian's when there is none, starts it by hand (no systemd).
# Does nothing when one answers already. Debian, as root.
set -euo pipefail
# shellcheck source-path=SCRIPTDIR source=lib.sh
. "$(dirname "$0")/lib.sh"

answers() {
  timeout 10 docker version --format '{{.Server.Version}}' 2>/dev/null
}

start_dockerd() {
  local log="$MAYFLY_TEST_CACHE/dockerd.log"
  say "starting dockerd, log in $log"
  # A session of its own, so that the daemon outlives this script and whatever signal ends that one's group.
  setsid dockerd --storage-driver=overlay2 >"$log" 2>&1 </dev/null 9>&- &
  local pid=$! deadline=$((SECONDS + 60))
  until answers >/dev/null; do
    if ! kill -0 "$pid" 2>/dev/null; then
      tail -n 15 "$log" >&2
      die "dockerd ended while starting; its last words are above"
    fi
    if [ "$SECONDS" -ge "$deadline" ]; then
      tail -n 15 "$log" >&2
      die "dockerd did not answer within 60 s; its last words are above"
    fi
    sleep 0.2
  done
}

lock docker
if version="$(command -v docker >/dev/null && answers)"; then
  say "engine $version answers"
  exit 0
fi
if [ -n "${DOCKER_HOST:-}" ] && [ "$DOCKER_HOST" != unix:///var/run/docker.sock ]; then
  die "DOCKER_HOST is $DOCKER_HOST and nothing answers there; unset it to have an engine started here"
fi
[ "$(id -u)" = 0 ] || die "no Docker engine answers, and starting one needs root"
if ! command -v dockerd >/dev/null || ! command -v iptables >/dev/null || ! command -v busybox >/dev/null; then
  packages=(docker.io iptables busybox-static)
  # From Debian 13 on the client is a package of its own.
  if ! command -v docker >/dev/null && apt-cache show docker-cli >/dev/null 2>&1; then packages+=(docker-cli); fi
  apt_install "${packages[@]}"
fi
start_dockerd
say "engine $(answers) started"
