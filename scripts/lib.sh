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

# python_program NAME PROGRAM REQUIREMENTS: makes sure a program from PyPI is there, in a virtual environment of the test cache that is
# named after the hash of its requirements. Does nothing when it is. Prints the program's path.
python_program() {
  local venv log
  venv="$MAYFLY_TEST_CACHE/$1-$(sha256sum "$3" | cut -c1-16)"
  lock "$1"
  if [ ! -x "$venv/bin/$2" ]; then
    [ "${MAYFLY_NO_INSTALL:-}" != 1 ] || die "$1 is not installed, and nothing is to be installed unasked: run scripts/setup-$1.sh"
    command -v python3 >/dev/null || die "no python3 here"
    log="$MAYFLY_TEST_CACHE/$1.log"
    say "installing $1"
    # Made beside its place and moved: one that was cut short is no environment.
    rm -rf "$venv" "$venv.new"
    python3 -m venv "$venv.new" >"$log" 2>&1 || { tail -n 15 "$log" >&2; die "python3 makes no virtual environment (on Debian: python3-venv)"; }
    "$venv.new/bin/pip" install --quiet --disable-pip-version-check --requirement "$3" >>"$log" 2>&1 ||
      { tail -n 15 "$log" >&2; die "pip could not install $1"; }
    # Its scripts name the place they were made at.
    sed -i "1s|$venv.new|$venv|" "$venv.new/bin/$2"
    mv "$venv.new" "$venv"
  fi
  echo "$venv/bin/$2"
}
