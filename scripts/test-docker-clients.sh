#!/usr/bin/env bash
# Builds Docker's own client in several versions, from the sources that the Go module proxy has, into the cache; a version that is
# there is left alone. A minute each when cold. Prints one path a line.
#   test-docker-clients.sh [VERSION…]
set -euo pipefail
# shellcheck source-path=SCRIPTDIR source=lib.sh
. "$(dirname "$0")/lib.sh"

# With the Debian package's 20.10 they are three that speak to a daemon of API 1.41; 29 and later speak to newer ones only.
versions=("$@")
if [ "$#" = 0 ]; then versions=(24.0.9 28.5.2); fi

build() {
  local version="$1" binary="$2" work source
  command -v go >/dev/null || die "the clients are built with Go, and no go is on the PATH"
  say "building $version"
  work="$(mktemp -d)"
  # shellcheck disable=SC2064 # the directory of now
  trap "rm -rf '$work'" EXIT
  # The sources are no module by themselves: what they depend on is listed in vendor.mod, in the form of a go.mod.
  source="$(cd "$work" && go mod download -json "github.com/docker/cli@v$version+incompatible" | sed -n 's/^\t"Dir": "\(.*\)",$/\1/p')"
  [ -n "$source" ] || die "the sources of $version could not be fetched"
  cp -r "$source/." "$work"
  chmod -R u+w "$work"
  cp "$work/vendor.mod" "$work/go.mod"
  cp "$work/vendor.sum" "$work/go.sum"
  (
    cd "$work"
    CGO_ENABLED=0 GO111MODULE=on GOFLAGS=-mod=readonly nice go build -trimpath -buildvcs=false \
      -ldflags "-s -w -X github.com/docker/cli/cli/version.Version=$version" -o "$binary.part" ./cmd/docker
  ) 9>&- >&2
  # Complete or absent.
  mv "$binary.part" "$binary"
  rm -rf "$work"
}

lock docker-clients
mkdir -p "$MAYFLY_TEST_CACHE/docker-clients"
for version in "${versions[@]}"; do
  binary="$MAYFLY_TEST_CACHE/docker-clients/docker-$version"
  if [ ! -x "$binary" ]; then
    started=$SECONDS
    build "$version" "$binary"
    say "$version built in $((SECONDS - started)) s"
  fi
  echo "$binary"
done
