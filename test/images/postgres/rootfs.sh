# shellcheck shell=bash
# Debian 12 with its own postgresql and redis-server. Sourced by scripts/test-images.sh.
suite=bookworm

# This machine's own sources, so that no mirror is named here; another release's machine is asked for ours.
debian_sources() {
  # shellcheck disable=SC2016 # apt-get's own placeholders
  apt-get indextargets --format '$(SITE)' 'Created-By: Packages' 'Origin: Debian' | sort -u | while read -r site; do
    case "$site" in
      *-security*) echo "deb $site $suite-security main" ;;
      *) echo "deb $site $suite main" ;;
    esac
  done
}

make_rootfs() {
  local recipe="$1" out="$2" log work
  work="$(mktemp -d)"
  log="$MAYFLY_TEST_CACHE/images/postgres.log"
  command -v mmdebstrap >/dev/null || apt_install mmdebstrap
  if [ -z "$(debian_sources)" ]; then apt-get update -q >"$log" 2>&1; fi
  # Proxies and retries as this machine has them.
  apt-config dump --no-empty Acquire >"$work/apt.conf"
  # shellcheck disable=SC2016 # $1 is the hook's
  local no_cluster='mkdir -p "$1/etc/postgresql-common"; echo "create_main_cluster = false" >"$1/etc/postgresql-common/createcluster.conf"'
  # Just-in-time compilation is off (see setup.sh), and its library is half of all that would be installed.
  debian_sources | mmdebstrap --variant=essential --include=postgresql,redis-server \
    --aptopt="$work/apt.conf" --aptopt='APT::Install-Recommends "false"' \
    --dpkgopt='path-exclude=/usr/share/doc/*' --dpkgopt='path-exclude=/usr/share/man/*' \
    --dpkgopt='path-exclude=/usr/share/locale/*' --dpkgopt='path-exclude=/usr/lib/*/libLLVM*' \
    --essential-hook="$no_cluster" \
    --customize-hook="copy-in $recipe/entrypoint.sh /usr/local/bin" \
    --customize-hook="chroot \"\$1\" bash -euo pipefail <'$recipe/setup.sh'" \
    "$suite" "$work/rootfs.tar" - >"$log" 2>&1 9>&- || { tail -n 20 "$log" >&2; rm -rf "$work"; die "mmdebstrap failed"; }
  mv "$work/rootfs.tar" "$out"
  rm -rf "$work"
}
