#!/usr/bin/env bash
# Builds Proxmox Cluster Balancer and shows it at work: hosts, alerts, and the migration that it suggests.
#
#   deploy/quickstart.sh                    against a Proxmox cluster made of namespaces on this machine (needs root)
#   deploy/quickstart.sh --config my.yaml   the same against real hosts: no lab, production times; it only suggests
#   deploy/quickstart.sh --build-only       installs what is missing, builds build/release/bin, and stops
#
# Debian 12, as root or with sudo. Everything that runs is in build/quickstart/ (configuration, data, logs); Ctrl-C
# ends all of it. Prometheus, Alertmanager and sshd are instances of its own, none is left running or enabled.
set -euo pipefail
invoked_from=$PWD
cd "$(dirname "$0")/.."
. deploy/lib.sh
. deploy/quickstart_parts.sh

own_config=''
build_only=no
build=yes
usage() { sed -n '2,9s/^# \{0,1\}//p' deploy/quickstart.sh; }
while [ $# -gt 0 ]; do
  case $1 in
    --build-only) build_only=yes ;;
    --config)
      [ $# -ge 2 ] || { usage >&2; exit 2; }
      own_config=$(cd "$invoked_from" && realpath -- "$2") || exit 2
      [ -r "$own_config" ] || fail "cannot read $own_config"
      require_block_style "$own_config"
      shift
      ;;
    --skip-build) build=no ;; # used when it calls itself with sudo
    -h | --help) usage; exit 0 ;;
    *) warn "unknown option: $1"; usage >&2; exit 2 ;;
  esac
  shift
done

if [ $build = yes ]; then
  require_debian
  install_packages "to build the two programs" "${BUILD_PACKAGES[@]}"
  if [ $build_only = no ]; then
    install_packages "to run the example (instances of its own, no service is started)" "${SERVER_PACKAGES[@]}"
    [ -n "$own_config" ] || install_packages "for the lab: a Proxmox cluster in namespaces" "${LAB_PACKAGES[@]}"
  fi
  build_release
fi
if [ $build_only = yes ]; then
  say "Built: $PWD/build/release/bin/balancer-exporter and balancer-evaluator"
  exit 0
fi
if [ -z "$own_config" ] && [ "$(id -u)" -ne 0 ]; then
  exec sudo "$PWD/deploy/quickstart.sh" --skip-build
fi

# From here on something runs that must be ended.
folder=$PWD/build/quickstart/$([ -n "$own_config" ] && echo own || echo lab)
mkdir -p "$folder"
exec 9>"$folder/lock"
flock -w 5 9 || fail "it runs already (its folder is $folder)"
end_leftovers
trap 'exit 130' INT
trap 'exit 143' TERM HUP
trap 'exit 141' PIPE
trap stop_all EXIT

started=$SECONDS
choose_ports
if [ -z "$own_config" ]; then
  rm -rf "$folder/lab" "$folder/state" "$folder/prometheus" "$folder/alertmanager"
  say "Starting the lab: a Proxmox cluster in namespaces of this machine"
  start_lab
  cp "$folder/lab/config.yaml" "$folder/balancer.yaml"
else
  cp "$own_config" "$folder/balancer.yaml"
fi
write_configuration
start_parts
show_addresses
if [ -t 1 ]; then show_live; else show_lines; fi
