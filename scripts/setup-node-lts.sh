#!/usr/bin/env bash
# Makes sure the newest LTS release of Node is in the test cache, beside the Node of this machine: from the npm package of its
# platform. Does nothing when it is there. Prints the directory of the binary.
set -euo pipefail
# shellcheck source-path=SCRIPTDIR source=lib.sh
. "$(dirname "$0")/lib.sh"

version=24.21.0
package="node-linux-$(node -p process.arch)@$version"
place="$MAYFLY_TEST_CACHE/node/$version"

lock node
if [ ! -x "$place/bin/node" ]; then
  [ "${MAYFLY_NO_INSTALL:-}" != 1 ] || die "Node $version is not installed, and nothing is to be installed unasked: run scripts/setup-node-lts.sh"
  say "fetching $package"
  rm -rf "$place.new"
  mkdir -p "$place.new"
  # The package has no install scripts, and pack runs none.
  tarball="$(cd "$place.new" && npm pack --silent "$package")" || die "npm could not fetch $package"
  tar -xzf "$place.new/$tarball" -C "$place.new" --strip-components=1 package/bin package/LICENSE
  rm "$place.new/$tarball"
  # Complete or absent.
  mv "$place.new" "$place"
fi
[ "$("$place/bin/node" --version)" = "v$version" ] || die "$place/bin/node is not Node $version"
echo "$place/bin"
