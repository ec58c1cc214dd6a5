#!/bin/sh
# node-collect.sh: what the exporter runs on a Proxmox host. It only reads, and never changes anything.
#
# A request is one line on stdin:   pcb1 NONCE SET[,SET...]     NONCE: 16 hex digits, new for every request
# Its answer:                       @@NONCE begin 2, blocks as head -v prints them, @@NONCE end
# A request it does not know:       @@NONCE error WORD          nothing in a request is ever evaluated
# Sets: host, guests, configs, cluster, rrd, df. The number after "begin" is the version of this protocol; since 2
# the files of a guest are named from the root of the cgroups on (lxc/101/cpu.stat): the shorter way to hundreds of
# files is a sixth of what a request costs.
#
# Cost: one process (head) for a request of host, guests, cluster and rrd; configs adds three, df one.
# Nothing on /etc/pve is read by the shell itself: its read builtin fetches single bytes, each a round trip there.
# The file runs as it is as a forced command; else the exporter sends it as the quoted argument of sh -c,
# so there must be no apostrophe anywhere in it.
exec 2>/dev/null
LC_ALL=C
PATH=/usr/sbin:/usr/bin:/sbin:/bin
export LC_ALL PATH
cap=2097152
cgroup=/sys/fs/cgroup

# ok: mounted and readable. denied: not for this user. unmounted: an ordinary directory. dead: mounted, but pmxcfs
# does not answer. absent: no such directory. None but ok says anything about guests.
look_at_pve() {
  if [ -r /etc/pve/.version ]; then pve=ok
  elif [ -e /etc/pve/.version ]; then pve=denied
  elif [ -d /etc/pve ]; then pve=unmounted
  else
    pve=absent
    while read -r device directory rest; do
      [ "$directory" = /etc/pve ] && pve=dead
    done </proc/mounts
  fi
}

look_at_host() {
  node=
  read -r node </proc/sys/kernel/hostname
  node=${node%%.*}
  version=v1
  [ -e $cgroup/cgroup.controllers ] && version=v2
  look_at_pve
}

add_host() {
  files="$files /proc/stat /proc/meminfo /proc/loadavg /proc/pressure/cpu /proc/pressure/memory /proc/pressure/io
    /proc/pressure/irq /proc/net/dev /proc/vmstat /proc/spl/kstat/zfs/arcstats /sys/kernel/mm/ksm/pages_sharing
    /proc/diskstats /proc/mdstat /proc/sys/fs/file-nr /proc/net/snmp /proc/net/netstat /proc/net/snmp6
    /proc/net/sockstat /proc/net/sockstat6 /proc/net/softnet_stat /proc/net/arp
    /proc/sys/net/netfilter/nf_conntrack_count /proc/sys/net/netfilter/nf_conntrack_max
    /etc/pve/.version /var/log/pve/tasks/active /var/lib/pve-manager/pve-replication-state.json"
  add_devices operstate
}

add_devices() {  # $@: files of every network device that belongs to no guest
  for dir in /sys/class/net/*; do
    case ${dir##*/} in veth* | tap* | fwbr* | fwpr* | fwln*) continue ;; esac
    for file in "$@"; do files="$files $dir/$file"; done
    [ $df ] || continue
    [ -d $dir/bonding ] && files="$files $dir/bonding/slaves"
    [ -d $dir/bonding_slave ] && files="$files $dir/bonding_slave/mii_status"
  done
}

# Which guests run, and since when, changes rarely: looked at anew when a cgroup came or went, or a process is gone,
# or one is not there yet. In between the former blocks are sent again: head opens two files less for each guest.
look_at_guests() {
  cd $cgroup || cd /
  set -- lxc/[0-9]* qemu.slice/[0-9]*.scope
  if [ "$*" = "$known_guests" ]; then
    for pid in $guest_pids; do
      [ -e "/proc/$pid" ] || known_guests=
    done
  fi
  [ "$*" = "$known_guests" ] && return
  known_guests=$*
  guest_files= guest_pids= guest_blocks=
  for dir in "$@"; do
    [ -d "$dir" ] || continue
    add_cgroup
    id=${dir##*/}
    case $dir in
      *.scope) add_process "/var/run/qemu-server/${id%.scope}.pid" ;;
      *) add_process "lxc.monitor/$id/cgroup.procs" ;;
    esac
  done
}

add_process() {  # $1: file that holds the process id in its first line
  pid= stat=
  read -r pid <"$1"
  case $pid in
    "" | *[!0-9]*) ;;
    *) read -r stat <"/proc/$pid/stat" ;;
  esac
  if [ "$stat" ]; then
    guest_pids="$guest_pids $pid"
    guest_blocks="$guest_blocks
==> $1 <==
$pid

==> /proc/$pid/stat <==
$stat
"
  else
    known_guests=
  fi
}

add_cgroup() {  # in the order of their names, which is the quickest to take in
  guest_files="$guest_files $dir/cgroup.events $dir/cpu.pressure $dir/cpu.stat $dir/io.pressure $dir/io.stat
    $dir/memory.current $dir/memory.events $dir/memory.pressure $dir/memory.stat $dir/memory.swap.current"
}

add_configs() {
  files="$files /etc/pve/storage.cfg /etc/pve/datacenter.cfg /etc/pve/replication.cfg /etc/pve/jobs.cfg
    /etc/pve/vzdump.cron /etc/pve/corosync.conf
    /etc/pve/ha/resources.cfg /etc/pve/ha/groups.cfg /etc/pve/ha/rules.cfg
    /proc/version /usr/share/perl5/PVE/pvecfg.pm /sys/class/net/lo/mtu /etc/os-release
    /proc/sys/kernel/ostype /proc/sys/kernel/osrelease /proc/sys/kernel/version /proc/sys/kernel/hostname
    /proc/sys/kernel/domainname /proc/sys/kernel/arch"
  for file in /etc/pve/nodes/$node/lxc/[0-9]*.conf /etc/pve/nodes/$node/qemu-server/[0-9]*.conf \
    /etc/pve/mapping/*.cfg; do
    files="$files $file"
  done
  for dir in /sys/class/net/*/bridge; do
    case $dir in */fwbr*) continue ;; esac
    files="$files $dir/stp_state $dir/vlan_filtering ${dir%/bridge}/mtu"
  done
  [ -e /sys/class/net/ovs-system ] && files="$files /etc/network/interfaces"
}

# Device nodes that containers are often given: whether every host has the node decides if they can move.
list_devices() {
  printf "\n==> pcb/devices <==\n"
  for file in /dev/dri/* /dev/kfd /dev/kvm /dev/net/tun /dev/fuse /dev/nvidia* /dev/video* /dev/apex_* \
    /dev/ttyUSB* /dev/ttyACM* /dev/ttyS[0-9]* /dev/serial/by-id/* /dev/snd/* /dev/ppp /dev/vhost-net \
    /dev/rtc0 /dev/watchdog /dev/cpu_dma_latency /dev/uinput /dev/loop-control; do
    if [ -c "$file" ] || [ -b "$file" ]; then printf "%s\n" "$file"; fi
  done
}

# Network cards, whatever they are called: bridges, bonds, VLANs and the like have no hardware behind them.
list_nics() {
  printf "\n==> pcb/nics <==\n"
  for dir in /sys/class/net/*/device; do
    [ -e "$dir" ] || continue
    dir=${dir%/device}
    printf "%s\n" "${dir##*/}"
  done
}

# The last line of the time zone is its rule, and of the users nothing but the pools is of interest.
list_settings() {
  printf "\n==> pcb/zone <==\n"
  if [ -e /etc/localtime ]; then tail -n 1 /etc/localtime; else printf "UTC0\n"; fi
  printf "\n==> pcb/pools <==\n"
  grep "^pool:" /etc/pve/user.cfg
}

answer() {
  look_at_host
  printf "\n@@%s begin 2\n==> pcb/host <==\nnode %s\ncgroup %s\npve %s\nsets %s\n" \
    "$nonce" "$node" "$version" "$pve" "$sets"
  files=/proc/uptime
  [ $host ] && add_host
  [ $cluster ] && files="$files /etc/pve/.members /etc/pve/.vmlist /etc/pve/ha/manager_status" &&
    for file in /etc/pve/nodes/*/lrm_status; do files="$files $file"; done
  [ $rrd ] && files="$files /etc/pve/.rrd"
  if [ $guests ]; then
    look_at_guests
    files="$files $guest_files"
    printf "%s" "$guest_blocks"
  fi
  if [ $df ]; then
    files="$files /proc/mounts"
    add_devices carrier carrier_changes mtu speed duplex address broadcast flags type tx_queue_len ifalias
  fi
  if [ $configs ]; then
    add_configs
    list_devices
    list_nics
    list_settings
  fi
  printf "\n"
  set -f
  head -v -c $cap $files
  set +f
  if [ $configs ]; then
    printf "\n"
    head -v -c 8192 /proc/cpuinfo
  fi
  if [ $df ]; then
    # Only file systems of the host itself: what lies on another machine may hang, and its size is in .rrd.
    printf "\n==> pcb/filesystems <==\n"
    df -B1 --output=fstype,itotal,iavail,size,used,avail,target -t ext2 -t ext3 -t ext4 -t xfs -t btrfs -t zfs \
      -t f2fs -t bcachefs -t vfat -t tmpfs
  fi
  printf "\n@@%s end\n" "$nonce"
}

while read -r verb nonce sets rest; do
  [ "$verb" ] || continue
  case $nonce in *[!0-9a-f]*) nonce= ;; esac
  if [ ${#nonce} -ne 16 ]; then
    printf "\n@@ error nonce\n"
    continue
  fi
  fault=
  [ "$verb" = pcb1 ] || fault=protocol
  [ "$rest" ] && fault=arguments
  host= guests= configs= cluster= rrd= df=
  left=$sets,
  while [ "$left" ]; do
    case ${left%%,*} in
      host) host=1 ;;
      guests) guests=1 ;;
      configs) configs=1 ;;
      cluster) cluster=1 ;;
      rrd) rrd=1 ;;
      df) df=1 ;;
      *) fault=${fault:-set} ;;
    esac
    left=${left#*,}
  done
  if [ "$fault" ]; then
    printf "\n@@%s error %s\n" "$nonce" "$fault"
  else
    answer
  fi
done
