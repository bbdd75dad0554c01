# shellcheck shell=bash
# Debian's static busybox and nothing else. Sourced by scripts/test-images.sh.

make_rootfs() {
  local out="$2" root applet
  local busybox=/bin/busybox
  # A busybox that wants a C library would find none in there.
  if [ ! -x "$busybox" ] || ldd "$busybox" >/dev/null 2>&1; then apt_install busybox-static; fi
  root="$(mktemp -d)"
  mkdir -p "$root"/{bin,etc,dev,proc,sys,root,var/www,media}
  mkdir -m 1777 "$root/tmp"
  cp "$busybox" "$root/bin/busybox"
  for applet in $("$busybox" --list); do
    [ "$applet" = busybox ] || ln -s busybox "$root/bin/$applet"
  done
  printf 'root:x:0:0:root:/root:/bin/sh\nnobody:x:65534:65534:nobody:/:/bin/sh\n' >"$root/etc/passwd"
  printf 'root:x:0:\nnogroup:x:65534:\n' >"$root/etc/group"
  tar -C "$root" --sort=name --mtime=@0 --owner=0 --group=0 --numeric-owner -cf "$out" .
  rm -rf "$root"
}
