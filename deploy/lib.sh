# shellcheck shell=bash
# What deploy/quickstart.sh and tests/run.sh share: talking to the user, and installing Debian packages without
# leaving a service behind.
#
# A guest on the user's machine: before anything is installed it is said what and why; a service that a package
# brings (sshd, Prometheus, Alertmanager) is neither started nor left enabled unless it was so before.
# Tested by tests/deploy/test_lib.py (with stand-ins for apt-get and dpkg-query).

# `file` is for cpack, which finds with it what the package depends on.
BUILD_PACKAGES=(g++ cmake ninja-build pkg-config dpkg-dev git libssh2-1-dev libyaml-cpp-dev libspdlog-dev
  prometheus-cpp-dev libgtest-dev libgmock-dev libbenchmark-dev nlohmann-json3-dev libcurl4-openssl-dev
  libsqlite3-dev libcli11-dev zlib1g-dev libssl-dev libcrypt-dev file)
SERVER_PACKAGES=(prometheus prometheus-alertmanager curl ca-certificates)
LAB_PACKAGES=(openssh-server openssh-client iproute2 iptables procps util-linux)
TEST_PACKAGES=(python3 python3-aiosmtpd openssl strace prometheus-node-exporter)
PACKAGE_TEST_PACKAGES=(python3-yaml adduser systemd sudo shellcheck mandoc zsh fish)  # what tests/deploy looks at and with
LONG_PACKAGES=(debootstrap ansible-core lintian npm)  # of tests/long
LINT_PACKAGES=(clang-format clang-tidy)
FUZZ_PACKAGES=(clang libclang-rt-14-dev)
BROWSER_PACKAGES=(chromium chromium-driver fonts-lato)  # the page, and pictures

POLICY_FILE=${POLICY_FILE:-/usr/sbin/policy-rc.d}
UNIT_DIRECTORY=${UNIT_DIRECTORY:-/etc/systemd/system}
SAVED_POLICY=$POLICY_FILE.saved-by-balancer
POLICY_MARK="no service starts while the balancer's deploy/lib.sh installs packages"

say() { printf '%s\n' "$*"; }
warn() { printf '%s\n' "$*" >&2; }
fail() { warn "error: $*"; exit 1; }

as_root() {
  if [ "$(id -u)" -eq 0 ]; then
    "$@"
  elif command -v sudo >/dev/null; then
    sudo "$@"
  else
    fail "'$1' needs root: run this as root, or install sudo"
  fi
}

# missing_packages NAME…: those that are not installed, one a line.
missing_packages() {
  local name
  for name in "$@"; do
    [ "$(dpkg-query -W -f='${db:Status-Status}' "$name" 2>/dev/null)" = installed ] || printf '%s\n' "$name"
  done
}

# Links that make a unit start at boot, and aliases; what is new after an installation was enabled by it.
enabled_units() {
  [ ! -d "$UNIT_DIRECTORY" ] || find "$UNIT_DIRECTORY" -type l | sort
}

# Between these two no package starts or restarts a service: invoke-rc.d asks policy-rc.d, which says no.
forbid_service_starts() {
  if [ -e "$POLICY_FILE" ] && [ ! -e "$SAVED_POLICY" ]; then
    as_root mv "$POLICY_FILE" "$SAVED_POLICY"
  fi
  printf '#!/bin/sh\n# %s\nexit 101\n' "$POLICY_MARK" | as_root tee "$POLICY_FILE" >/dev/null
  as_root chmod 0755 "$POLICY_FILE"
}
restore_service_policy() {
  as_root rm -f "$POLICY_FILE"
  if [ -e "$SAVED_POLICY" ]; then
    as_root mv "$SAVED_POLICY" "$POLICY_FILE"
  fi
}

# disable_new_units BEFORE: takes back every unit that was enabled since enabled_units gave BEFORE.
disable_new_units() {
  local link unit
  while read -r link; do
    [ -n "$link" ] || continue
    unit=$(basename "$link")
    case $link in *.wants/*) say "  $unit came with a package: left disabled and not started" ;; esac
    as_root systemctl disable "$unit" >/dev/null 2>&1 || as_root deb-systemd-helper disable "$unit" >/dev/null 2>&1 || true
    as_root rm -f "$link"
  done < <(comm -13 <(printf '%s\n' "$1") <(enabled_units))
}

# install_packages WHY NAME…: installs what is missing; says before what and why.
install_packages() {
  local why=$1 before
  shift
  # A run that was killed while it installed left its policy behind.
  if grep -qs "$POLICY_MARK" "$POLICY_FILE"; then restore_service_policy; fi
  local missing
  mapfile -t missing < <(missing_packages "$@")
  [ ${#missing[@]} -gt 0 ] || return 0
  say "Installing ${#missing[@]} Debian packages, $why:"
  say "  ${missing[*]}"
  say "  They stay when this ends; 'apt-get purge ${missing[*]}' removes them."
  before=$(enabled_units)
  trap restore_service_policy EXIT
  forbid_service_starts
  # Package lists may be absent (fresh machine) or too old to fetch from.
  as_root apt-get -qq update || warn "apt-get update failed; going on with the package lists at hand"
  as_root env DEBIAN_FRONTEND=noninteractive apt-get -qq -y --no-install-recommends install "${missing[@]}" \
    >/dev/null || fail "apt-get could not install: ${missing[*]}"
  restore_service_policy
  trap - EXIT
  disable_new_units "$before"
  mapfile -t missing < <(missing_packages "$@")
  [ ${#missing[@]} -eq 0 ] || fail "still missing after the installation: ${missing[*]}"
}

require_debian() {
  [ -r /etc/debian_version ] && command -v apt-get >/dev/null ||
    fail "this script installs with apt-get and is made for Debian 12; on other systems build with cmake --preset release"
}
