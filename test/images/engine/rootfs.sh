# shellcheck shell=bash
# Stands in for a Mélodium engine: Debian's static busybox, the real Docker client, and a program that says what it was given.
# Sourced by scripts/test-images.sh.

make_rootfs() {
  local out="$2" root applet busybox=/bin/busybox docker
  if [ ! -x "$busybox" ] || ldd "$busybox" >/dev/null 2>&1; then apt_install busybox-static; fi
  docker="$(command -v docker)"
  root="$(mktemp -d)"
  mkdir -p "$root"/{bin,etc,dev,proc,sys,root,run,media}
  mkdir -m 1777 "$root/tmp"
  cp "$busybox" "$root/bin/busybox"
  for applet in $("$busybox" --list); do
    [ "$applet" = busybox ] || ln -s busybox "$root/bin/$applet"
  done
  cp -L "$docker" "$root/bin/docker"
  # The client is static in Debian; where it isn't, it brings what it is linked to.
  copy_libraries "$docker" "$root"
  install -m 0755 "$1/melodium" "$root/bin/melodium"
  printf 'root:x:0:0:root:/root:/bin/sh\n' >"$root/etc/passwd"
  printf 'root:x:0:\n' >"$root/etc/group"
  tar -C "$root" --sort=name --mtime=@0 --owner=0 --group=0 --numeric-owner -cf "$out" .
  rm -rf "$root"
}
