# shellcheck shell=bash
# An image to test a Node project in: this machine's Node, and Debian's static busybox for a shell. Sourced by scripts/test-images.sh.

make_rootfs() {
  local out="$2" root applet node busybox=/bin/busybox
  if [ ! -x "$busybox" ] || ldd "$busybox" >/dev/null 2>&1; then apt_install busybox-static; fi
  node="$(readlink -f "$(command -v node)")"
  root="$(mktemp -d)"
  mkdir -p "$root"/{bin,etc,dev,proc,sys,root,run}
  mkdir -m 1777 "$root/tmp"
  cp "$busybox" "$root/bin/busybox"
  for applet in $("$busybox" --list); do
    [ "$applet" = busybox ] || ln -s busybox "$root/bin/$applet"
  done
  cp "$node" "$root/bin/node"
  copy_libraries "$node" "$root"
  printf 'root:x:0:0:root:/root:/bin/sh\n' >"$root/etc/passwd"
  printf 'root:x:0:\n' >"$root/etc/group"
  tar -C "$root" --sort=name --mtime=@0 --owner=0 --group=0 --numeric-owner -cf "$out" .
  rm -rf "$root"
}
