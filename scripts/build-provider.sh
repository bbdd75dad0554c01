#!/usr/bin/env bash
# Builds the real Terraform provider from test/interop/provider (minutes when cold) and lays it out as a file system mirror
# in the cache. Prints the mirror's directory. Keyed by the module's files and the Go version.
set -euo pipefail
# shellcheck source-path=SCRIPTDIR source=lib.sh
. "$(dirname "$0")/lib.sh"
module="$(cd "$(dirname "$0")/../test/interop/provider" && pwd)"
package=github.com/terraform-providers/terraform-provider-docker
version=3.6.2

command -v go >/dev/null || die "the provider is built with Go, and no go is on the PATH"
lock provider
# The toolchain that builds, not the one on the PATH: go.mod may ask for another.
goversion="$(cd "$module" && go env GOVERSION)"
platform="$(go env GOOS)_$(go env GOARCH)"
key="$( (cat "$module/go.mod" "$module/go.sum"; echo "$version $goversion $platform") | sha256sum | cut -c1-16)"
mirror="$MAYFLY_TEST_CACHE/provider/$key/mirror"
# The address under which stacks and states name the provider.
place="$mirror/registry.terraform.io/kreuzwerker/docker/$version/$platform"
binary="$place/terraform-provider-docker_v$version"

if [ ! -x "$binary" ]; then
  say "building $package with $goversion"
  mkdir -p "$place"
  started=$SECONDS
  # No cgo: the binary runs whatever C library the machine has, and no compiler is needed.
  (cd "$module" && CGO_ENABLED=0 GOFLAGS=-mod=readonly go build -trimpath -buildvcs=false -ldflags '-s -w' -o "$binary.part" "$package") 9>&- >&2
  mv "$binary.part" "$binary"
  say "built in $((SECONDS - started)) s"
else
  say "$version is there"
fi
# OpenTofu resolves the same source by its own registry's name.
other="$mirror/registry.opentofu.org/kreuzwerker/docker/$version"
mkdir -p "$other"
ln -sfn "../../../../registry.terraform.io/kreuzwerker/docker/$version/$platform" "$other/$platform"
ln -sfn "$key" "$MAYFLY_TEST_CACHE/provider/current"
echo "$mirror"
