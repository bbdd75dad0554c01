# shellcheck shell=bash
# What the scripts beside this file share; to be sourced.

# Rebuilt at will: logs, root file systems, the provider.
MAYFLY_TEST_CACHE="${MAYFLY_TEST_CACHE:-${HOME:-/root}/.cache/mayfly-test}"

# One line a step, on stderr, so that stdout stays for results.
say() {
  printf '%s: %s\n' "$(basename "$0" .sh)" "$*" >&2
}

die() {
  say "error: $*"
  exit 1
}

# Runs the rest of the script alone: two test runs on a machine share the cache. What is started to outlive the
# script must close descriptor 9, or it would hold the lock for ever.
lock() {
  mkdir -p "$MAYFLY_TEST_CACHE"
  exec 9>"$MAYFLY_TEST_CACHE/$1.lock"
  flock -n 9 || { say "waiting for another run of this script"; flock 9; }
}

# Installs Debian packages; the lists are fetched only when the ones at hand can't do it.
apt_install() {
  command -v apt-get >/dev/null || die "no apt-get here; install by hand: $*"
  [ "${MAYFLY_NO_INSTALL:-}" != 1 ] || die "not installed here, and nothing is to be installed unasked: $*"
  [ "$(id -u)" = 0 ] || die "needs root to install: $*"
  say "installing $*"
  local log="$MAYFLY_TEST_CACHE/apt.log"
  mkdir -p "$MAYFLY_TEST_CACHE"
  local install=(apt-get install -y -q --no-install-recommends -o DPkg::Lock::Timeout=300 "$@")
  export DEBIAN_FRONTEND=noninteractive
  "${install[@]}" >"$log" 2>&1 </dev/null 9>&- && return
  say "package lists are missing or old, fetching them"
  # A foreign source that fails to update must not stop us: the install below decides.
  apt-get update -q -o Acquire::Retries=3 >"$log" 2>&1 </dev/null 9>&- || say "apt-get update had complaints (see $log)"
  "${install[@]}" >>"$log" 2>&1 </dev/null 9>&- || { tail -n 15 "$log" >&2; die "apt-get could not install: $*"; }
}

# copy_libraries PROGRAM ROOT: what a program is linked to, its loader included, at the same places below ROOT.
copy_libraries() {
  local library
  # A static program has none, which grep and ldd both call a failure.
  { ldd "$1" 2>/dev/null | grep -o '/[^ ]*' || true; } | while IFS= read -r library; do
    mkdir -p "$2$(dirname "$library")"
    cp -L "$library" "$2$library"
  done
}
