# shellcheck shell=bash
# This machine's Node and what it is linked to: what the Dockerfile's base image has. Sourced by scripts/test-images.sh.

make_rootfs() {
  local out="$2" root node
  node="$(readlink -f "$(command -v node)")"
  root="$(mktemp -d)"
  mkdir -p "$root"/{bin,etc,dev,proc,sys,root,run,var/lib}
  mkdir -m 1777 "$root/tmp"
  cp "$node" "$root/bin/node"
  copy_libraries "$node" "$root"
  printf 'root:x:0:0:root:/root:/bin/node\n' >"$root/etc/passwd"
  printf 'root:x:0:\n' >"$root/etc/group"
  tar -C "$root" --sort=name --mtime=@0 --owner=0 --group=0 --numeric-owner -cf "$out" .
  rm -rf "$root"
}
