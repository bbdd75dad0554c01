#!/usr/bin/env bash
# Builds OpenTofu from the Go module proxy (minutes when cold): no distribution packages it. Prints the directory that it is in.
# Keyed by its version and the Go version. Its own go.mod and go.sum say what it is made of: it is built as the main module.
set -euo pipefail
# shellcheck source-path=SCRIPTDIR source=lib.sh
. "$(dirname "$0")/lib.sh"
module=github.com/opentofu/opentofu
version=v1.10.7

command -v go >/dev/null || die "OpenTofu is built with Go, and no go is on the PATH"
lock tofu
source="$(cd / && go mod download -json "$module@$version" | sed -n 's/^\t"Dir": "\(.*\)",$/\1/p')"
[ -n "$source" ] || die "$module@$version cannot be had from the Go module proxy"
goversion="$(cd "$source" && go env GOVERSION)"
platform="$(go env GOOS)_$(go env GOARCH)"
key="$(echo "$version $goversion $platform" | sha256sum | cut -c1-16)"
place="$MAYFLY_TEST_CACHE/tofu/$key"

if [ ! -x "$place/tofu" ]; then
  say "building $module $version with $goversion"
  mkdir -p "$place"
  started=$SECONDS
  work="$(mktemp -d)"
  trap 'rm -rf "$work"' EXIT
  # A module in Go's own cache can't be written to, and go build wants to.
  cp -r "$source/." "$work"
  chmod -R u+w "$work"
  (cd "$work" && CGO_ENABLED=0 GOFLAGS=-mod=readonly go build -trimpath -buildvcs=false \
    -ldflags "-s -w -X $module/version.dev=no" -o "$place/tofu.part" ./cmd/tofu) 9>&- >&2
  mv "$place/tofu.part" "$place/tofu"
  say "built in $((SECONDS - started)) s"
else
  say "$version is there"
fi
ln -sfn "$key" "$MAYFLY_TEST_CACHE/tofu/current"
echo "$place"
