#!/bin/sh
# What this host itself allows of migrations, whatever the evaluator asks: it stands before node-migrate.sh, runs as root,
# and holds also when the evaluator or its key is in other hands.
#
# /etc/proxmox-cluster-balancer-node.conf, written by root alone, lines of NAME=VALUE; never evaluated:
#   moves_per_hour=4              starts in any 3600 s; 0: none
#   never=lxc/101 qemu/200        guests that never move
#   only_to=pve1 pve2             the only targets; empty: all
# While /etc/proxmox-cluster-balancer-node.stop exists, nothing starts.
# Node maintenance counts as a start. Which guests it moves, and where to, is Proxmox's choice: where never or only_to
# is set it does not begin.
#
# Requests that start nothing, and those that are within the limits, are answered by node-migrate.sh. The others get
# "refused CODE TEXT" (codes node_stop, node_limit, node_never, node_target, node_maintenance). Tested by
# tests/deploy/test_prepare_host.py.
LC_ALL=C
PATH=/usr/sbin:/usr/bin:/sbin:/bin
export LC_ALL PATH
umask 077
set -f
here=/usr/lib/proxmox-cluster-balancer
settings=/etc/proxmox-cluster-balancer-node.conf
stop_file=/etc/proxmox-cluster-balancer-node.stop
record=/run/balancer-node/starts

setting() { sed -n "s/^$1=//p" "$settings" 2>/dev/null | tail -n 1; }

listed() { # WORD LIST
  word=$1
  shift
  for each; do [ "$each" != "$word" ] || return 0; done
  return 1
}

uptime_seconds() {
  read -r seconds rest </proc/uptime
  printf "%s" "${seconds%%.*}"
}

# Starts of the last hour, as seconds since boot: a clock that nobody sets back. /run forgets at a reboot, as it does.
starts() { awk -v now="$(uptime_seconds)" 'now - $1 < 3600' "$record" 2>/dev/null; }

# Prints why a start is not allowed; nothing when it is.
objection() { # VERB GUEST|enable|disable TARGET
  [ ! -e "$stop_file" ] || { echo "node_stop $stop_file"; return; }
  most=$(setting moves_per_hour)
  case $most in "" | *[!0-9]*) most=0 ;; esac
  [ "$(starts | wc -l)" -lt "$most" ] || { echo "node_limit $most"; return; }
  only=$(setting only_to)
  if [ "$1" = maintenance ]; then
    [ "$2" = disable ] || [ -z "$(setting never)$only" ] || echo "node_maintenance never, only_to"
    return
  fi
  # shellcheck disable=SC2046  # words on purpose; set -f keeps them from being patterns
  ! listed "$2" $(setting never) || { echo "node_never $2"; return; }
  # shellcheck disable=SC2086
  [ -z "$only" ] || listed "$3" $only || echo "node_target $3"
}

note_start() {
  kept=$(starts)
  mkdir -p "${record%/*}"
  { [ -z "$kept" ] || printf "%s\n" "$kept"
    uptime_seconds
    echo; } >"$record.new"
  mv "$record.new" "$record"
}

pass_on() { printf "%s\n" "$1" | "$here/node-migrate.sh"; }

start() { # LINE NONCE VERB GUEST|enable|disable TARGET
  why=$(objection "$3" "$4" "$5")
  if [ -n "$why" ]; then
    # A nonce that is none is answered as node-migrate.sh answers it.
    case $2 in *[!0-9a-f]*) nonce='' ;; *) nonce=$2 ;; esac
    [ ${#nonce} -eq 16 ] || { printf "\n@@ error nonce\n"; return; }
    read -r node </proc/sys/kernel/hostname
    printf "\n@@%s begin 1\nnode %s\nuptime %s\nrefused %s\n\n@@%s end\n" "$nonce" "${node%%.*}" "$(uptime_seconds)" \
      "$(printf "%s" "$why" | tr -cd "A-Za-z0-9_./ -")" "$nonce"
    return
  fi
  answer=$(pass_on "$1")
  printf "%s\n" "$answer"
  case $answer in *"
started"* | *"
asked"*) note_start ;; esac
}

unset SSH_ORIGINAL_COMMAND
while read -r line; do
  [ -n "$line" ] || continue
  # shellcheck disable=SC2086
  set -- $line
  # One start at a time: the count of one is seen by the next.
  case ${3-} in
    start) (flock 9 && start "$line" "$2" start "${5-}" "${7-}") 9>/run/balancer-node.lock ;;
    maintenance) (flock 9 && start "$line" "$2" maintenance "${4-}" "") 9>/run/balancer-node.lock ;;
    *) pass_on "$line" ;;
  esac
done
