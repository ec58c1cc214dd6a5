# What the stand-ins share. POSIX sh; sourced from /usr/share/pcb-lab on the lab's hosts.
#
# /run/pcb-lab is the lab's desk: `control` takes commands (an error is an errno), `faults` lists what shall go
# wrong, `guests` where everyone is, `phase` how long a phase takes. Every call of a stand-in is put on record.

desk=/run/pcb-lab
self=$(hostname)
node_directory=/etc/pve/nodes

lab() { printf '%s\n' "$*" 2>/dev/null >"$desk/control"; }

begin() {
  what=$1
  shift
  lab record "$what begin $$ $*"
  trap 'status=$?; lab record "$what end $$ $status"; task_end' EXIT
}

# The node's list of tasks, as others on the node and a balancer read it: "UPID 0" while it runs, then its end.
tasks=/var/log/pve/tasks/active
task=''

task_begin() {
  task=$(printf 'UPID:%s:%08X:%08X:%08X:%s:%s:root@pam:' "$self" "$$" "$$" "$(date +%s)" "$1" "$2")
  echo "$task 0" >>"$tasks"
}

task_end() {
  [ -n "$task" ] || return 0
  (
    flock 8
    end=$(printf '%08X' "$(date +%s)")
    if [ "$status" = 0 ]; then how=OK; else how='migration aborted'; fi
    text=$(sed "s|^$task 0\$|$task 1 $end $how|" "$tasks" | tail -n 20)
    printf '%s\n' "$text" >"$tasks"
  ) 8>/run/lock/pve-tasks
}

# The value of a fault that is set; fails where it is not.
fault() {
  while read -r name value; do
    if [ "$name" = "$1" ]; then
      printf '%s' "$value"
      return 0
    fi
  done <"$desk/faults"
  return 1
}

phase() {
  count=${1:-1}
  while [ "$count" -gt 0 ]; do
    sleep "$(cat "$desk/phase")"
    count=$((count - 1))
  done
}

say() { printf '%s %s\n' "$(date '+%Y-%m-%d %H:%M:%S')" "$*"; }

complain() {
  status=$1
  shift
  printf '%s\n' "$@" >&2
  exit "$status"
}

duration() {
  seconds=$(($(date +%s) - started))
  printf '%02d:%02d:%02d' $((seconds / 3600)) $((seconds / 60 % 60)) $((seconds % 60))
}

# Of the first section alone: snapshots and pending changes come after it.
config_value() { sed -n -e '/^\[/q' -e "s/^$2: *//p" "$1"; }

quorate() { grep -q '"quorate": 1' /etc/pve/.members || ! grep -q '"cluster"' /etc/pve/.members; }

is_running() { grep -q "^$1 [a-z]* [^ ]* running\$" "$desk/guests"; }

# ct:ID or vm:ID: in HA's hands, unless it is told to ignore it.
is_managed() {
  [ -f /etc/pve/ha/resources.cfg ] || return 1
  awk -v sid="$1" '
    /^[a-z]+: / { mine = ($1 $2 == sid); if (mine) managed = 1 }
    mine && $1 == "state" && $2 == "ignored" { managed = 0 }
    END { exit !managed }' /etc/pve/ha/resources.cfg
}

# As Proxmox writes a configuration: a new file beside it, renamed over it, so that nobody reads half of one.
set_lock() { { printf 'lock: %s\n' "$2" && cat "$1"; } >"$1.tmp.$$" && mv "$1.tmp.$$" "$1"; }

clear_lock() { awk '/^\[/ { rest = 1 } rest || !/^lock: / { print }' "$1" >"$1.tmp.$$" && mv "$1.tmp.$$" "$1"; }

address_of() { sed -n "s/.*\"$1\": .*\"ip\": \"\([^\"]*\)\".*/\1/p" /etc/pve/.members; }

# Whether the SSH of another node can be reached from here.
reaches() {
  for cut in network blackhole sshd frozen; do
    if fault "host.$1.$cut" >/dev/null || fault "host.$self.$cut" >/dev/null; then return 1; fi
  done
}

ssh_line() {
  printf "# /usr/bin/ssh -e none -o 'BatchMode=yes' -o 'HostKeyAlias=%s' -o 'UserKnownHostsFile=/etc/pve/nodes/%s/ssh_known_hosts' -o 'GlobalKnownHostsFile=none' root@%s %s" \
    "$1" "$1" "$(address_of "$1")" "$2"
}

# One property of a storage in storage.cfg; empty where it has none.
storage_property() {
  awk -v name="$1" -v key="$2" '
    /^[a-z]+: / { mine = ($2 == name); if (mine && key == "type") { sub(":", "", $1); print $1 } next }
    mine && $1 == key { $1 = ""; sub("^ ", ""); print ($0 == "" ? "1" : $0) }' /etc/pve/storage.cfg
}

storage_is_shared() {
  case $(storage_property "$1" type) in
    rbd | nfs | cifs | cephfs | iscsi | pbs) return 0 ;;
  esac
  [ "$(storage_property "$1" shared)" = 1 ]
}

# Says why volumes of this storage cannot be used on a node; silent where they can.
storage_obstacle() {
  if [ -z "$(storage_property "$1" type)" ]; then
    printf "storage '%s' does not exist" "$1"
  elif [ "$(storage_property "$1" disable)" = 1 ]; then
    printf "storage '%s' is disabled" "$1"
  else
    nodes=$(storage_property "$1" nodes)
    case ",$nodes," in
      ,, | *",$2,"*) ;;
      *) printf "storage '%s' is not available on node '%s'" "$1" "$2" ;;
    esac
  fi
}
