#!/usr/bin/env bash
# Builds docker compose from the Go module proxy (minutes when cold), for `npm run bench`. Prints the directory that it is in.
# Keyed by its version and the Go version. Its own go.mod and go.sum say what it is made of: it is built as the main module.
set -euo pipefail
# shellcheck source-path=SCRIPTDIR source=lib.sh
. "$(dirname "$0")/lib.sh"
module=github.com/docker/compose/v2
version=v2.35.1

command -v go >/dev/null || die "docker compose is built with Go, and no go is on the PATH"
lock compose
source="$(cd / && go mod download -json "$module@$version" | sed -n 's/^\t"Dir": "\(.*\)",$/\1/p')"
[ -n "$source" ] || die "$module@$version cannot be had from the Go module proxy"
key="$(echo "$version $(cd "$source" && go env GOVERSION GOOS GOARCH)" | sha256sum | cut -c1-16)"
place="$MAYFLY_TEST_CACHE/compose/$key"

if [ ! -x "$place/docker-compose" ]; then
  say "building $module $version"
  mkdir -p "$place"
  started=$SECONDS
  (cd "$source" && CGO_ENABLED=0 GOFLAGS=-mod=readonly go build -trimpath -buildvcs=false \
    -ldflags "-s -w -X $module/internal.Version=$version" -o "$place/docker-compose.part" ./cmd) 9>&- >&2
  mv "$place/docker-compose.part" "$place/docker-compose"
  say "built in $((SECONDS - started)) s"
else
  say "$version is there"
fi
ln -sfn "$key" "$MAYFLY_TEST_CACHE/compose/current"
echo "$place"
