#!/usr/bin/env bash
# Makes sure the emulator of AWS that tests run on is there: moto, from PyPI, in a virtual environment of the test cache that is
# named after the hash of its requirements. Does nothing when it is. Prints the server's path.
set -euo pipefail
# shellcheck source-path=SCRIPTDIR source=lib.sh
. "$(dirname "$0")/lib.sh"

requirements="$(cd "$(dirname "$0")/../test/support/moto" && pwd)/requirements.txt"
venv="$MAYFLY_TEST_CACHE/moto-$(sha256sum "$requirements" | cut -c1-16)"

lock moto
if [ ! -x "$venv/bin/moto_server" ]; then
  [ "${MAYFLY_NO_INSTALL:-}" != 1 ] || die "moto is not installed, and nothing is to be installed unasked: run scripts/setup-moto.sh"
  command -v python3 >/dev/null || die "no python3 here"
  log="$MAYFLY_TEST_CACHE/moto.log"
  say "installing moto"
  # Made beside its place and moved: one that was cut short is no environment.
  rm -rf "$venv" "$venv.new"
  python3 -m venv "$venv.new" >"$log" 2>&1 || { tail -n 15 "$log" >&2; die "python3 makes no virtual environment (on Debian: python3-venv)"; }
  "$venv.new/bin/pip" install --quiet --disable-pip-version-check \
    --requirement "$requirements" >>"$log" 2>&1 ||
    { tail -n 15 "$log" >&2; die "pip could not install moto"; }
  # Its scripts name the place they were made at.
  sed -i "1s|$venv.new|$venv|" "$venv.new"/bin/moto_server
  mv "$venv.new" "$venv"
fi
echo "$venv/bin/moto_server"
