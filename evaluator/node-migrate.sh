#!/bin/sh
# node-migrate.sh: what the evaluator runs, as root, on a Proxmox host to move a guest. It starts migrations and
# looks at them; it never stops, kills or unlocks anything.
#
# A request is one line on stdin:   pcm1 NONCE VERB [ARGUMENT...]       NONCE: 16 hex digits, new for every request
# Its answer:                       @@NONCE begin 1, lines of "key value", @@NONCE end
# A request outside this grammar:   @@NONCE error WORD                  nothing in a request is ever evaluated
#
#   version                                             name and uptime of the host
#   check OPERATION GUEST FROM TO MEMORY                on the target: has it the memory, the bridges, no backup?
#   start OPERATION GUEST FROM TO METHOD RUNNING DISKS LIMIT MEMORY CREDIT UNTIL OWNER     on the source
#   guest OPERATION GUEST HOST UNTIL OWNER              starts a container that a failed migration left stopped
#   status GUEST                                        its unit here, its place, lock and run state
#   clear OPERATION GUEST                               takes the ended unit of this operation away
#   maintenance enable|disable HOST UNTIL OWNER         asks for HA's node maintenance of this host, or for its end
#   lock take|renew|release OWNER                       the cluster lock, a directory in /etc/pve/priv/lock
#
# OPERATION, OWNER: 32 hex digits. GUEST: lxc/101, qemu/201. METHOD: live, restart, offline, ha. RUNNING: running,
# stopped. DISKS: shared, local (local disks may be copied). LIMIT: KiB/s, 0 for none. MEMORY, CREDIT: bytes. UNTIL:
# uptime in seconds after which it is too late to start. "refused CODE TEXT" says why nothing was done.
# It runs as sent over the connection, or installed as forced command; then SSH_ORIGINAL_COMMAND may also be one
# request, answered alone. The shell itself reads nothing on /etc/pve: its read fetches single bytes there.
exec 2>/dev/null
export LC_ALL=C PATH=/usr/sbin:/usr/bin:/sbin:/bin && umask 077 && set -f
pve=/etc/pve lock_directory=/etc/pve/priv/lock/balancer
lock_holder=$pve/priv/balancer-holder run_directory=/run/balancer-migrate
stop_file=$pve/priv/balancer-stop

say() { printf "%s\n" "$*"; }
# Every verb runs in a subshell: a refusal ends it.
refuse() { say "refused $*" && exit; }

# --- the grammar -------------------------------------------------------------------------------------------------
is_hex() { case $1 in *[!0-9a-f]*) return 1 ;; esac; [ ${#1} -eq "$2" ]; }  # TEXT LENGTH
is_number() { case $1 in "" | *[!0-9]*) return 1 ;; esac; [ ${#1} -le 15 ]; }
is_node() { case $1 in "" | -* | *- | *[!A-Za-z0-9-]*) return 1 ;; esac; [ ${#1} -le 63 ]; }
is_one_of() { case " $2 " in *" $1 "*) ;; *) return 1 ;; esac; }  # WORD WORDS
is_guest() {
  id=${1#*/} guest=$1
  is_number "$id" && [ ${#id} -ge 3 ] && [ ${#id} -le 9 ] || return 1
  case $guest in
    lxc/[1-9]*) kind=lxc tool=pct sid=ct:$id ;;
    qemu/[1-9]*) kind=qemu-server tool=qm sid=vm:$id ;;
    *) return 1 ;;
  esac
  config=$pve/nodes/$node/$kind/$id.conf
  unit=balancer-migrate-$id.service
}
is_method() {  # METHOD RUNNING DISKS, of a guest
  case $guest,$1,$2,$3 in
    lxc/*,restart,running,shared | qemu/*,live,running,shared | qemu/*,live,running,local) ;;
    *,offline,stopped,shared | *,ha,running,shared | *,ha,stopped,shared) ;;
    *) return 1 ;;
  esac
}

# --- what the host knows -----------------------------------------------------------------------------------------
# A word of an answer: anything but plain characters was not written by Proxmox.
plain() { case $1 in "" | *[!A-Za-z0-9._:-]*) printf "%s" "${2:-unreadable}" ;; *) printf "%s" "$1" ;; esac; }

# The object that stands under KEY, of JSON on stdin.
object() {
  awk -v key="\"$1\"" '
    { text = text $0 " " }
    END {
      while ((at = index(text, key)) > 0) {
        text = substr(text, at + length(key))
        if (!match(text, /^[ \t]*:[ \t]*[{]/)) continue
        text = substr(text, RLENGTH)
        for (i = 1; i <= length(text); i++) {
          c = substr(text, i, 1)
          if (quoted) { if (c == "\\") i++; else if (c == "\"") quoted = 0 }
          else if (c == "\"") quoted = 1; else if (c == "{") depth++
          else if (c == "}" && --depth == 0) { print substr(text, 1, i); exit }
        }
        exit
      }
    }'
}
# A plain value under KEY of a flat object on stdin; empty where there is none.
field() { sed -n "s/^.*\"$1\" *: *\"\{0,1\}\([^\",}{]*\).*/\1/p" | sed "s/ *\$//"; }

look_around() {
  node='' uptime=0
  read -r node </proc/sys/kernel/hostname
  read -r uptime rest </proc/uptime
  node=${node%%.*} uptime=${uptime%%.*}
  members=$(cat $pve/.members) || return 1
  case $members in *\"nodename\"*) ;; *) return 1 ;; esac
  quorate=$(printf "%s" "$members" | object cluster | field quorate)
  [ "$quorate" = 1 ] || quorate=0
}

# Of the live configuration alone: pending changes and snapshots come after it.
setting() { sed -n -e "/^\[/q" -e "s/^$2: *//p" "$1"; }

runs_here() {
  [ "$kind" != lxc ] || { grep -q "@/var/lib/lxc/$id/command\$" /proc/net/unix; return; }
  [ -s "/var/run/qemu-server/$id.pid" ] || return 1
  [ -d "/sys/fs/cgroup/qemu.slice/$id.scope" ] || [ -d "/sys/fs/cgroup/systemd/qemu.slice/$id.scope" ]
}

# The type of a task that runs: any backup, or one of this guest. pvestatd sees to it that the list is true. An open
# console does nothing to the guest, and is nothing to Proxmox's own migrations: exporter/parse/tasks.cpp has the same.
running_task() {
  awk -v id="$id" 'NF == 2 {
    split($1, upid, ":"); if (upid[6] ~ /^(vncproxy|termproxy|spiceproxy|vncshell|spiceshell)$/) next
    if (upid[6] == "vzdump" || upid[7] == id) { print upid[6]; exit }
  }' /var/log/pve/tasks/active
}
# Proxmox may balance HA guests itself: what crs says of it is not surely "no" (exporter/parse/section_config.cpp).
may_rebalance() {
  sed -n "s/^[[:space:]]*crs[[:space:]]*://p" $pve/datacenter.cfg | tr "A-Z," "a-z\n" | tr -d "\t\r " |
    grep rebalance | grep -Eqv "^ha-(auto-rebalance(=(0|no|off|false)|-.*)|rebalance-on-start=.*)\$"
}
is_managed() {
  awk -v sid="$sid" '
    /^[a-z]+: / { mine = ($1 $2 == sid); if (mine) managed = 1 }
    mine && $1 == "state" && $2 == "ignored" { managed = 0 }
    END { exit !managed }' $pve/ha/resources.cfg
}

# What the HA manager does with the guest; sets ha_state, ha_node, ha_target.
look_at_ha() {
  manager=$(cat $pve/ha/manager_status)
  service=$(printf "%s" "$manager" | object service_status | object "$sid")
  ha_state=$(printf "%s" "$service" | field state) ha_node=$(printf "%s" "$service" | field node)
  ha_target=$(printf "%s" "$service" | field target)
}

# Sets shown, and of it load, active, sub, operation and purpose (migrate, start) of the guest's unit.
look_at_unit() {
  shown=$(systemctl show "$unit" -p LoadState,ActiveState,SubState,ExecMainStatus,Description \
    -p ExecMainStartTimestampMonotonic,ExecMainExitTimestampMonotonic)
  load=$(shown LoadState) active=$(shown ActiveState) sub=$(shown SubState) operation='' purpose=''
  description=$(shown Description)
  case $description in
    "balancer "*" migrate" | "balancer "*" start") operation=${description#balancer } purpose=${description##* } ;;
  esac
  operation=${operation%" $purpose"}
  is_hex "$operation" 32 || operation=''
  [ "$load" ]
}
shown() { printf "%s\n" "$shown" | sed -n "s/^$1=//p"; }

# --- check and start ---------------------------------------------------------------------------------------------
check() {
  [ "$node" = "$to" ] || refuse wrong_host "$node"
  [ "$quorate" = 1 ] || refuse no_quorum "$node"
  task=$(running_task)
  [ -z "$task" ] || refuse target_busy "$(plain "$task")"
  look_at_unit || refuse systemd "$node"
  [ "$load" = not-found ] || refuse unit_exists "${operation:-foreign}"
  source=$pve/nodes/$from/$kind/$id.conf
  [ -f "$source" ] || refuse not_here "$from"
  for bridge in $(setting "$source" "net[0-9]*" | sed -n "s/.*bridge=\([^,]*\).*/\1/p"); do
    [ -d "/sys/class/net/$bridge" ] || refuse target_bridge "$(plain "$bridge")"
  done
  for device in $(setting "$source" "dev[0-9]*" | sed -n "s/^\(path=\)\{0,1\}\(\/[^,]*\).*/\2/p"); do
    [ "$kind" != lxc ] || [ -e "$device" ] || refuse target_device "$(plain "${device#/dev/}")"
  done
  available=$(awk '$1 == "MemAvailable:" { printf "%.0f", $2 * 1024 }' /proc/meminfo)
  # The ZFS cache above its minimum is given back under pressure; half of it counts.
  credit=$(awk '$1 == "size" { s = $3 } $1 == "c_min" { m = $3 } END { printf "%.0f", s > m ? (s - m) / 2 : 0 }' \
    /proc/spl/kstat/zfs/arcstats)
  is_number "$available" || refuse target_unknown "$node"
  is_number "$credit" || credit=0
  [ $((available + credit)) -ge "$memory" ] || refuse target_memory $((available + credit))
  say "credit $credit"
}

# What the target itself has published in the cluster: it may be seconds old, so `check` has asked it before.
target_has_memory() {
  awk -F: -v target="$to" -v need="$memory" -v credit="$credit" -v now="$(date +%s)" '
    ($1 == "pve2-node/" target && NF >= 16) || ($1 == "pve-node-9.0/" target && NF >= 23) {
      if ($4 + 0 > newest) { newest = $4 + 0; free = $1 ~ /^pve-node/ ? $17 : $9 - $10 }
    }
    END { exit !(newest && now - newest < 120 && free + credit >= need + 0) }' $pve/.rrd
}

# For whatever is about to be done.
check_leave() {
  [ "$quorate" = 1 ] || refuse no_quorum "$node"
  [ ! -e $stop_file ] || refuse stop_file $stop_file
  holds || refuse not_holder $lock_directory
}
check_time() {  # again: a look at /etc/pve may have taken minutes
  read -r uptime rest </proc/uptime
  [ "${uptime%%.*}" -le "$until" ] || refuse too_late "$uptime"
}
check_guest() {
  check_leave
  [ -f "$config" ] || refuse not_here "$node"
  lock=$(setting "$config" lock)
  [ -z "$lock" ] || refuse locked "$(plain "$lock")"
  [ "$(setting "$config" template)" != 1 ] || refuse template "$guest"
  task=$(running_task)
  [ -z "$task" ] || refuse task "$(plain "$task")"
}

# What the HA manager does with anything is known only while it is armed and alive.
check_manager() {
  case $manager in *\"disarm\"*) refuse ha_disarmed "$1" ;; esac
  written=$(printf "%s" "$manager" | field timestamp)
  is_number "$written" || written=0
  [ $(($(date +%s) - written)) -lt 60 ] || refuse ha_silent "$1"
}

# HA guests are moved by the HA manager alone, and only while it is at rest.
check_ha() {
  is_managed || { [ "$method" != ha ] || refuse not_ha "$sid" && return; }
  [ "$method" = ha ] || refuse ha_managed "$sid"
  may_rebalance && refuse auto_rebalance "$sid"
  look_at_ha
  check_manager "$sid"
  case $running,$ha_state in running,started | stopped,stopped) ;; *) refuse ha_state "$(plain "$ha_state")" ;; esac
  [ "$ha_node,$ha_target" = "$node," ] || refuse ha_state "$(plain "$ha_node") $(plain "$ha_target")"
  case $service in *\"cmd\"*) refuse ha_state cmd ;; esac
  for host in "$from" "$to"; do
    state=$(printf "%s" "$manager" | object node_status | field "$host")
    mode=$(field mode <"$pve/nodes/$host/lrm_status")
    [ "$state,$mode" = online,active ] || refuse ha_host "$host $(plain "$state") $(plain "$mode")"
  done
}

# Goes on where the unit is free. A unit of this very operation: its lost answer is given again.
check_unit() {  # PURPOSE
  look_at_unit || refuse systemd "$node"
  [ "$load" != not-found ] || return
  [ "$operation,$purpose" = "$wanted,$1" ] || refuse unit_exists "${operation:-foreign}"
  say started && exit
}

# Runs a command as the unit of the guest, apart from this connection: a migration in the foreground of a connection
# that is cut fails. One unit of a name at a time: whoever comes second is refused, whatever the lock says.
launch() {  # PURPOSE COMMAND...
  described=$1 && shift
  check_time
  mkdir -p $run_directory
  systemd-run --quiet --unit="$unit" --description="balancer $wanted $described" --property=RemainAfterExit=yes \
    --property="StandardOutput=append:$run_directory/$wanted.log" -- "$@" >/dev/null && say started && exit
  check_unit "$described"
  refuse systemd "$node"
}

start() {
  [ "$node" = "$from" ] || refuse wrong_host "$node"
  check_unit migrate
  check_guest
  if runs_here; then runs=running; else runs=stopped; fi
  [ "$runs" = "$running" ] || refuse run_state $runs
  [ "$(printf "%s" "$members" | object nodelist | object "$to" | field online)" = 1 ] || refuse target_offline "$to"
  case $(object "$id" </var/lib/pve-manager/pve-replication-state.json) in *\"pid\"*) refuse replication "$id" ;; esac
  check_ha
  [ "$memory" = 0 ] || target_has_memory || refuse target_memory "$to"
  set -- migrate "$id" "$to"
  case $method in
    ha) launch migrate ha-manager migrate "$sid" "$to" ;;
    restart) set -- "$@" --restart ;; live) set -- "$@" --online ;;
  esac
  [ "$disks" = shared ] || set -- "$@" --with-local-disks
  [ "$limit" = 0 ] || set -- "$@" --bwlimit "$limit"
  launch migrate "$tool" "$@"
}

start_guest() {
  [ "$node" = "$to" ] || refuse wrong_host "$node"
  check_unit start
  check_guest
  is_managed && refuse ha_managed "$sid"
  runs_here && refuse run_state running
  launch start "$tool" start "$id"
}

# Asked for by a drain: the HA manager takes its guests away, and brings them back afterwards. This only queues.
maintenance() {
  [ "$node" = "$to" ] || refuse wrong_host "$node"
  check_leave
  manager=$(cat $pve/ha/manager_status)
  check_manager "$to"
  check_time
  ha-manager crm-command node-maintenance "$wanted" "$to" >/dev/null || refuse ha_command "$to"
  say asked
}

# --- afterwards --------------------------------------------------------------------------------------------------
status() {
  look_at_unit || refuse systemd "$node"
  set +f && place='' lock=''
  for file in "$pve"/nodes/*/"$kind/$id.conf"; do
    [ -f "$file" ] || continue
    place=${file#"$pve"/nodes/} place=${place%%/*}
    say "place $(plain "$place")"
    lock=$(setting "$file" lock)
    [ -z "$lock" ] || say "lock $(plain "$lock")"
  done
  if ! runs_here; then say "running 0"; else
    say "running 1"
    # A VM that has arrived may stand still, which only QEMU itself knows. Asked once nothing is under way any more.
    [ "$kind,$place,$lock" != "qemu-server,$node," ] || [ "$sub" = running ] ||
      say "machine $(plain "$(qm status "$id" --verbose | sed -n "s/^qmpstatus: *//p")")"
  fi
  printf "%s\n" "$shown" | sed "s/^/unit /"
  [ -z "$operation" ] || tail -n 12 "$run_directory/$operation.log" | cut -c 1-400 | tr -d "\000" | sed "s/^/log /"
  is_managed || { say ha && exit; }
  look_at_ha
  say "ha $(plain "$ha_state" none) $(plain "$ha_node" none) $(plain "$ha_target" none)"
}

clear_unit() {
  look_at_unit || refuse systemd "$node"
  if [ "$load" != not-found ]; then
    [ "$operation" = "$wanted" ] || refuse unit_exists "${operation:-foreign}"
    case $active,$sub in
      failed,*) systemctl reset-failed "$unit" >/dev/null ;;
      active,exited) systemctl stop "$unit" >/dev/null ;;
      *) refuse running "$unit" ;;
    esac
    look_at_unit
    [ "$load" = not-found ] || refuse systemd "$node"
  fi
  rm -f "$run_directory/$wanted.log"
  say cleared
}

# --- the lock of the cluster -------------------------------------------------------------------------------------
# mkdir in priv/lock is decided by corosync. A lock not renewed for 120 s is given up by pmxcfs once somebody asks
# for it, by setting its time to 0. Who has it stands in a file beside it: one who slept does not take the lock of
# another for its own, and every start is held against that file on the host that starts.
holds() { [ -d $lock_directory ] && [ "$(cat $lock_holder)" = "$owner" ]; }

lock() {
  [ "$quorate" = 1 ] || refuse no_quorum "$node"
  if [ "$1" = release ]; then
    holds && rm -f $lock_holder && rmdir $lock_directory
    say released && exit
  fi
  holds && touch $lock_directory && holds && say held && exit
  # Only the host that made the directory may renew it: asked elsewhere, one's own runs out, and is then made anew.
  [ "$1" = take ] || { holds && say own && exit; say lost && exit; }
  [ ! -d $lock_directory ] || touch -d @0 $lock_directory
  mkdir $lock_directory && say "$owner" >$lock_holder.new && mv $lock_holder.new $lock_holder && holds && say held && exit
  holds && say own && exit
  say other
}

# --- requests ----------------------------------------------------------------------------------------------------
# Reads the arguments of VERB into variables; fails where they are not of the grammar.
understand() {
  verb=$1 wanted=${2:-}
  case $verb,$# in
    version,1) return ;;
    status,2) is_guest "$2"; return ;;
    lock,3) owner=$3 && is_one_of "$wanted" "take renew release" && is_hex "$owner" 32; return ;;
    maintenance,5)
      to=$3 until=$4 owner=$5
      is_one_of "$wanted" "enable disable" && is_node "$to" && is_number "$until" && is_hex "$owner" 32
      return ;;
    check,6) from=$4 to=$5 memory=$6; is_node "$from" && is_number "$memory" || return 1 ;;
    clear,3) to=$node ;;
    guest,6) to=$4 until=$5 owner=$6; is_number "$until" && is_hex "$owner" 32 || return 1 ;;
    start,13)
      guest=$3 from=$4 to=$5 method=$6 running=$7 disks=$8 limit=$9
      shift 9
      memory=$1 credit=$2 until=$3 owner=$4
      set -- "$verb" "$wanted" "$guest"
      is_method "$method" "$running" "$disks" && is_node "$from" && [ "$from" != "$to" ] && is_number "$limit" &&
        is_number "$memory" && is_number "$credit" && is_number "$until" && is_hex "$owner" 32 || return 1 ;;
    *) return 1 ;;
  esac
  is_hex "$wanted" 32 && is_guest "$3" && is_node "$to"
}

answer() {  # NONCE VERB [ARGUMENT...]
  nonce=$1 fault='' && shift
  if [ "$root" != 0 ]; then fault=not_root; elif ! look_around; then fault=pve
  elif ! understand "$@"; then fault=arguments; fi
  [ -z "$fault" ] || { printf "\n@@%s error %s\n" "$nonce" $fault && return; }
  printf "\n@@%s begin 1\nnode %s\nuptime %s\nquorate %s\n" "$nonce" "$(plain "$node")" "$(plain "$uptime")" "$quorate"
  case $verb in
    check) (check) ;; start) (start) ;; guest) (start_guest) ;;
    status) (status) ;; clear) (clear_unit) ;; lock) (lock "$wanted") ;; maintenance) (maintenance) ;;
  esac
  printf "\n@@%s end\n" "$nonce"
}

request() {  # PROTOCOL NONCE VERB [ARGUMENT...]
  is_hex "${2:-}" 16 || { printf "\n@@ error nonce\n" && return; }
  [ "$1,${3:+verb}" = pcm1,verb ] || { printf "\n@@%s error protocol\n" "$2" && return; }
  shift && answer "$@" </dev/null
}

root=$(id -u)
# shellcheck disable=SC2086  # words on purpose; set -f keeps them from being patterns
case ${SSH_ORIGINAL_COMMAND:-} in
  "" | "exec sh -c "*)
    while read -r line; do [ -z "$line" ] || request $line; done ;;
  "pcm1 "*) request $SSH_ORIGINAL_COMMAND ;;
  *) printf "\n@@ error command\n" && exit 64 ;;
esac
