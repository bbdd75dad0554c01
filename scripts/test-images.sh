#!/usr/bin/env bash
# Makes the images that tests use, without any registry: each recipe under test/images/ makes a root file system, which is
# kept in the cache and imported. An image that exists and carries its recipe's hash is left alone.
#   test-images.sh [NAME…]    default: all recipes
set -euo pipefail
# shellcheck source-path=SCRIPTDIR source=lib.sh
. "$(dirname "$0")/lib.sh"
recipes="$(cd "$(dirname "$0")/../test/images" && pwd)"

# The same for everyone who has the same files: names and contents count, places don't.
recipe_hash() {
  (
    cd "$1"
    find . -type f -print0 | LC_ALL=C sort -z | xargs -0 sha256sum
    uname -m
  ) | sha256sum | cut -c1-16
}

# make_image RECIPE: `image` there names it, `config` holds one Dockerfile instruction a line, `rootfs.sh` writes the tar.
make_image() {
  local recipe="$recipes/$1" image hash tar old
  image="$(cat "$recipe/image")"
  hash="$(recipe_hash "$recipe")"
  if [ "$(docker image inspect -f '{{index .Config.Labels "mayfly-test.recipe"}}' "$image" 2>/dev/null)" = "$hash" ]; then
    say "$image is there"
    return
  fi
  tar="$MAYFLY_TEST_CACHE/images/$1-$hash.tar"
  mkdir -p "$MAYFLY_TEST_CACHE/images"
  if [ ! -s "$tar" ]; then
    say "$image: making its root file system"
    # shellcheck source=/dev/null
    (. "$recipe/rootfs.sh" && make_rootfs "$recipe" "$tar.part")
    # Complete or absent: a build that was interrupted leaves only a .part behind.
    mv "$tar.part" "$tar"
    find "$MAYFLY_TEST_CACHE/images" -name "$1-*" ! -name "$1-$hash.tar" -delete
  fi
  say "$image: importing"
  # The label's name lies outside our own prefix: containers inherit it and must not look like a worker's.
  local changes=(--change "LABEL mayfly-test.recipe=$hash") line
  while IFS= read -r line; do changes+=(--change "$line"); done <"$recipe/config"
  old="$(docker image inspect -f '{{.Id}}' "$image" 2>/dev/null || true)"
  docker import "${changes[@]}" "$tar" "$image" >/dev/null
  # The one before has lost its name; left to whoever still runs something of it.
  if [ -n "$old" ]; then docker image rm "$old" >/dev/null 2>&1 || true; fi
}

timeout 10 docker version >/dev/null 2>&1 || die "no Docker engine answers; scripts/setup-docker.sh starts one"
lock images
names=("$@")
if [ "$#" = 0 ]; then mapfile -t names < <(cd "$recipes" && printf '%s\n' */ | tr -d /); fi
for name in "${names[@]}"; do make_image "$name"; done
