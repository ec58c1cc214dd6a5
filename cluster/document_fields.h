// Every field of the cluster document, once: key, meaning, unit, range, default, source.
//
// The reader, the writer, docs/cluster-document.schema.json and docs/cluster-document.md are all made from
// these tables, so they cannot differ. describe(visitor, value) calls visitor(FieldNote, member) for each
// field in the order in which it is written; `value` may be const. A table of data: exempt from the line
// limit. Tested by tests/cluster/document_json_test.cpp and tests/cluster/document_schema_test.cpp.
#pragma once

#include <array>
#include <concepts>
#include <string_view>
#include <type_traits>

#include "cluster/document.h"

namespace pcb {

// More than any cluster has. Beyond it sums and squares would leave the range of a double.
inline constexpr double kLargestNumber = 1e18;
inline constexpr const char* kLargestNumberText = "1e18";
// Of a capacity that is not 0: ratios of use to next to nothing mean nothing.
inline constexpr double kSmallestCapacity = 0.001;

enum class FieldRange { any, not_negative, capacity, ratio, whole, name, guest_id };

struct FieldNote {
  const char* key;
  bool required = false;
  FieldRange range = FieldRange::any;
  const char* unit = "";    // "" where it has none
  const char* absent = "";  // what holds when the field is absent
  const char* meaning = "";
  const char* source = "";  // where the exporter has it from
};

template <class T, class U>
concept Like = std::same_as<std::remove_const_t<T>, U>;

// The words of an enum, in the order of its values.
template <class E>
constexpr std::array<std::string_view, 4> kEnumWords = {};
template <>
inline constexpr std::array<std::string_view, 4> kEnumWords<HostState> = {"online", "offline", "maintenance",
                                                                          "unknown"};
template <>
inline constexpr std::array<std::string_view, 4> kEnumWords<GuestStatus> = {"running", "stopped", "paused",
                                                                            "unknown"};
template <>
inline constexpr std::array<std::string_view, 4> kEnumWords<RuleKind> = {"together", "apart", "only_on",
                                                                         "avoid"};

struct BlockerCode {
  std::string_view code;
  std::string_view meaning;
  bool may_be_allowed = true;  // by allow_blockers; not what Proxmox itself would refuse or undo
};
inline constexpr BlockerCode kBlockerCodes[] = {
    {"bind_mount", "a mount point is a directory of this host"},
    {"device_mount", "a mount point is a block device of this host"},
    {"dev", "a device node is passed to the container that not every target has"},
    {"raw_lxc", "raw lxc.* lines of the configuration name things of this host"},
    {"idmap_subid", "an id mapping needs entries in /etc/subuid and /etc/subgid of the target"},
    {"hookscript_storage", "the hook script lies on storage that a target does not have"},
    {"hostpci", "a PCI device, shared memory or encrypted memory binds the VM to this host while it runs"},
    {"usb", "a USB device of this host is passed through"},
    {"serial", "a serial or parallel port of this host is passed through"},
    {"mapping_missing", "a mapped device has no entry for a target"},
    {"virtiofs", "a directory of this host is shared by virtiofs"},
    {"cpu_affinity", "the guest is bound to CPUs of this host"},
    {"hugepages", "the guest needs huge pages set up on its host"},
    {"vtpm_local", "the TPM state lies on local storage"},
    {"linked_clone", "a volume depends on a base volume on local storage"},
    {"local_iso", "a CD-ROM image lies on local storage"},
    {"cloudinit_local", "the cloud-init image lies on local storage"},
    {"snapshot_on_local", "a snapshot on local storage that cannot travel"},
    {"replication_running", "a replication of its volumes is running", false},
    {"lock", "Proxmox holds a lock on it, such as backup", false},
    {"template", "it is a template", false},
    {"ha_state", "HA is in a state in which it must not be touched", false},
    {"auto_rebalance", "Proxmox balances HA guests itself", false},
    {"ignored", "the tag plb_ignore_* says: leave it where it is"},
};

// clang-format off
template <class V, Like<Bridge> T>
void describe(V& v, T& bridge) {
  v(FieldNote{"name", true, FieldRange::name, "", "", "bridge or SDN network, such as vmbr0", "/etc/network/interfaces, guest's netN"}, bridge.name);
  v(FieldNote{"vlan_aware", false, FieldRange::any, "", "not checked", "of a host's bridge: it passes VLAN tags", "bridge-vlan-aware"}, bridge.vlan_aware);
  v(FieldNote{"mtu", false, FieldRange::whole, "bytes", "not checked", "of a host's bridge: largest frame", "/sys/class/net/*/mtu"}, bridge.mtu);
  v(FieldNote{"tag", false, FieldRange::whole, "", "no VLAN", "of a guest's network card: its VLAN", "guest's netN, tag="}, bridge.tag);
}

template <class V, Like<HostStorage> T>
void describe(V& v, T& storage) {
  v(FieldNote{"name", true, FieldRange::name, "", "", "storage id", "/etc/pve/storage.cfg"}, storage.name);
  v(FieldNote{"type", false, FieldRange::any, "", "not checked", "storage type, such as zfspool or rbd", "/etc/pve/storage.cfg"}, storage.type);
  v(FieldNote{"content", false, FieldRange::any, "", "nothing may be put there", "what may lie there: images for VMs, rootdir for containers", "/etc/pve/storage.cfg"}, storage.content);
  v(FieldNote{"shared", false, FieldRange::any, "", "false", "the same volumes on every host", "/etc/pve/storage.cfg, type"}, storage.shared);
  v(FieldNote{"active", false, FieldRange::any, "", "true", "mounted and usable now", "collected on the host"}, storage.active);
  v(FieldNote{"total_bytes", false, FieldRange::not_negative, "bytes", "unknown", "size", "collected on the host"}, storage.total_bytes);
  v(FieldNote{"free_bytes", false, FieldRange::not_negative, "bytes", "room is not checked", "room left", "collected on the host"}, storage.free_bytes);
}

template <class V, Like<Pressure> T>
void describe(V& v, T& pressure) {
  v(FieldNote{"cpu_some", false, FieldRange::not_negative, "ratio of time", "unknown", "some task waited for a CPU", "/proc/pressure/cpu"}, pressure.cpu_some);
  v(FieldNote{"io_some", false, FieldRange::not_negative, "ratio of time", "unknown", "some task waited for I/O", "/proc/pressure/io"}, pressure.io_some);
  v(FieldNote{"io_full", false, FieldRange::not_negative, "ratio of time", "unknown", "all tasks waited for I/O", "/proc/pressure/io"}, pressure.io_full);
  v(FieldNote{"memory_some", false, FieldRange::not_negative, "ratio of time", "unknown", "some task waited for memory", "/proc/pressure/memory"}, pressure.memory_some);
  v(FieldNote{"memory_full", false, FieldRange::not_negative, "ratio of time", "unknown", "all tasks waited for memory", "/proc/pressure/memory"}, pressure.memory_full);
}

template <class V, Like<Host> T>
void describe(V& v, T& host) {
  v(FieldNote{"name", true, FieldRange::name, "", "", "Proxmox node name, unique", "/etc/pve/.members"}, host.name);
  v(FieldNote{"state", false, FieldRange::any, "", "online", "state; figures and targets are online hosts only", "/etc/pve/.members, HA manager status"}, host.state);
  v(FieldNote{"age_seconds", false, FieldRange::not_negative, "seconds", "fresh", "age of the host's figures at taken_at; above stale_after the planner refuses", "clock of the exporter"}, host.age_seconds);
  v(FieldNote{"pve_version", false, FieldRange::any, "", "not checked", "version of Proxmox VE, such as 8.4.1", "pve-manager package"}, host.pve_version);
  v(FieldNote{"cpu_model", false, FieldRange::any, "", "not checked", "CPU model name", "/proc/cpuinfo"}, host.cpu_model);
  v(FieldNote{"cpu_vendor", false, FieldRange::any, "", "not checked", "CPU vendor, such as GenuineIntel", "/proc/cpuinfo"}, host.cpu_vendor);
  v(FieldNote{"cpu_level", false, FieldRange::any, "", "not checked", "x86-64-v1 … x86-64-v4", "/proc/cpuinfo flags"}, host.cpu_level);
  v(FieldNote{"cpu_cores", true, FieldRange::capacity, "cores", "", "logical CPUs", "/proc/stat"}, host.cpu_cores);
  v(FieldNote{"cpu_used_cores", false, FieldRange::not_negative, "cores", "sum of its guests", "CPU time used per second", "/proc/stat, two samples"}, host.cpu_used_cores);
  v(FieldNote{"memory_bytes", true, FieldRange::capacity, "bytes", "", "MemTotal", "/proc/meminfo"}, host.memory_bytes);
  v(FieldNote{"memory_used_bytes", false, FieldRange::not_negative, "bytes", "sum of its guests", "MemTotal - MemAvailable - arc_credit x (ARC size - c_min)", "/proc/meminfo, arcstats"}, host.memory_used_bytes);
  v(FieldNote{"load1", false, FieldRange::not_negative, "tasks", "unknown", "load average over one minute", "/proc/loadavg"}, host.load1);
  v(FieldNote{"pressure", false, FieldRange::any, "", "unknown", "pressure stall information", "/proc/pressure"}, host.pressure);
  v(FieldNote{"last_moved_at", false, FieldRange::not_negative, "Unix seconds", "never", "last migration from or to this host", "task log"}, host.last_moved_at);
  v(FieldNote{"cpu_threshold", false, FieldRange::ratio, "ratio", "0.80", "part of the cores that may be used", "config.yaml"}, host.cpu_threshold);
  v(FieldNote{"memory_threshold", false, FieldRange::ratio, "ratio", "0.85", "part of the memory that may be used", "config.yaml"}, host.memory_threshold);
  v(FieldNote{"memory_reserved_bytes", false, FieldRange::not_negative, "bytes", "0", "memory kept free for the host; the exporter writes the larger of 4 GiB and 5 % unless configured", "config.yaml"}, host.memory_reserved_bytes);
  v(FieldNote{"bridges", false, FieldRange::any, "", "not checked", "bridges of the host", "/etc/network/interfaces"}, host.bridges);
  v(FieldNote{"storages", false, FieldRange::any, "", "not checked", "storages the host can use", "/etc/pve/storage.cfg"}, host.storages);
}

template <class V, Like<Volume> T>
void describe(V& v, T& volume) {
  v(FieldNote{"key", true, FieldRange::name, "", "", "rootfs, mp0, scsi0 …", "guest's configuration"}, volume.key);
  v(FieldNote{"storage", true, FieldRange::name, "", "", "storage id", "guest's configuration"}, volume.storage);
  v(FieldNote{"size_bytes", false, FieldRange::not_negative, "bytes", "unknown", "size of the volume", "guest's configuration, size="}, volume.size_bytes);
  v(FieldNote{"used_bytes", false, FieldRange::not_negative, "bytes", "size_bytes", "bytes that a copy would move", "collected on the host"}, volume.used_bytes);
  v(FieldNote{"shared", false, FieldRange::any, "", "what the host's storage says, else false", "lies on storage that every host reaches", "/etc/pve/storage.cfg"}, volume.shared);
}

template <class V, Like<HaHost> T>
void describe(V& v, T& host) {
  v(FieldNote{"name", true, FieldRange::name, "", "", "host of the HA group or node affinity rule", "ha/groups.cfg, ha/rules.cfg"}, host.name);
  v(FieldNote{"priority", false, FieldRange::not_negative, "", "0", "higher is preferred", "ha/groups.cfg, ha/rules.cfg"}, host.priority);
}

template <class V, Like<Ha> T>
void describe(V& v, T& ha) {
  v(FieldNote{"managed", false, FieldRange::any, "", "false", "Proxmox's HA manager looks after this guest", "ha/resources.cfg"}, ha.managed);
  v(FieldNote{"state", false, FieldRange::any, "", "unknown", "requested or current HA state", "ha/manager_status"}, ha.state);
  v(FieldNote{"failback", false, FieldRange::any, "", "true", "HA moves it back to its best host", "ha/resources.cfg"}, ha.failback);
  v(FieldNote{"hosts", false, FieldRange::any, "", "anywhere", "hosts that HA allows", "ha/groups.cfg, ha/rules.cfg"}, ha.hosts);
}

template <class V, Like<Replication> T>
void describe(V& v, T& replication) {
  v(FieldNote{"target", true, FieldRange::name, "", "", "host that holds the replica", "replication.cfg"}, replication.target);
  v(FieldNote{"last_sync_at", false, FieldRange::not_negative, "Unix seconds", "never", "last good sync", "pve-replication-state.json"}, replication.last_sync_at);
  v(FieldNote{"ok", false, FieldRange::any, "", "false", "the last sync succeeded", "pve-replication-state.json"}, replication.ok);
}

template <class V, Like<Blocker> T>
void describe(V& v, T& blocker) {
  v(FieldNote{"code", true, FieldRange::name, "", "", "why the guest must not move, from the list below", "guest's configuration, tags"}, blocker.code);
  v(FieldNote{"detail", false, FieldRange::any, "", "", "which part, such as mp0", "guest's configuration"}, blocker.detail);
  v(FieldNote{"cure", false, FieldRange::any, "", "", "what a person can do about it", ""}, blocker.cure);
}

template <class V, Like<Guest> T>
void describe(V& v, T& guest) {
  v(FieldNote{"id", true, FieldRange::guest_id, "", "", "lxc/N for containers, qemu/N for VMs, unique", "/etc/pve/.vmlist"}, guest.id);
  v(FieldNote{"name", false, FieldRange::any, "", "its id", "host name of the container, name of the VM", "guest's configuration"}, guest.name);
  v(FieldNote{"host", true, FieldRange::name, "", "", "host that it is on", "/etc/pve/.vmlist"}, guest.host);
  v(FieldNote{"status", false, FieldRange::any, "", "running", "run state", "cgroups of the host"}, guest.status);
  v(FieldNote{"template", false, FieldRange::any, "", "false", "a template never moves", "guest's configuration"}, guest.is_template);
  v(FieldNote{"lock", false, FieldRange::any, "", "not locked", "Proxmox's lock, such as backup", "guest's configuration"}, guest.lock);
  v(FieldNote{"cpu_cores", false, FieldRange::not_negative, "cores", "not limited", "cores it may use", "guest's configuration"}, guest.cpu_cores);
  v(FieldNote{"cpu_used_cores", false, FieldRange::not_negative, "cores", "unknown: a running guest does not move; 0 when stopped", "CPU time used per second", "cgroup cpu.stat, two samples"}, guest.cpu_used_cores);
  v(FieldNote{"cpu_high_cores", false, FieldRange::not_negative, "cores", "cpu_used_cores", "0.9 quantile of cpu_used_cores, counted where it arrives", "Prometheus"}, guest.cpu_high_cores);
  v(FieldNote{"memory_bytes", false, FieldRange::not_negative, "bytes", "unknown", "configured memory", "guest's configuration"}, guest.memory_bytes);
  v(FieldNote{"memory_used_bytes", false, FieldRange::not_negative, "bytes", "unknown: a running guest does not move; 0 when stopped", "memory it needs on arrival: memory.current - (file - shmem) + swap", "cgroup memory.current, memory.stat"}, guest.memory_used_bytes);
  v(FieldNote{"memory_high_bytes", false, FieldRange::not_negative, "bytes", "memory_used_bytes", "0.9 quantile of memory_used_bytes, counted where it arrives", "Prometheus"}, guest.memory_high_bytes);
  v(FieldNote{"volumes", false, FieldRange::any, "", "not checked", "its volumes", "guest's configuration"}, guest.volumes);
  v(FieldNote{"bridges", false, FieldRange::any, "", "not checked", "bridges of its network cards", "guest's configuration"}, guest.bridges);
  v(FieldNote{"tags", false, FieldRange::any, "", "none", "Proxmox tags; the planner does not read them", "guest's configuration"}, guest.tags);
  v(FieldNote{"cpu_type", false, FieldRange::any, "", "not checked", "CPU type of a VM, such as host", "guest's configuration"}, guest.cpu_type);
  v(FieldNote{"ha", false, FieldRange::any, "", "not managed by HA", "high availability", "ha/"}, guest.ha);
  v(FieldNote{"replication", false, FieldRange::any, "", "none", "storage replication jobs", "replication.cfg"}, guest.replication);
  v(FieldNote{"blockers", false, FieldRange::any, "", "none", "why it must not move", "guest's configuration, tags"}, guest.blockers);
  v(FieldNote{"last_moved_at", false, FieldRange::not_negative, "Unix seconds", "never", "end of its last migration", "task log"}, guest.last_moved_at);
}

template <class V, Like<Rule> T>
void describe(V& v, T& rule) {
  v(FieldNote{"kind", true, FieldRange::any, "", "", "together and apart: guests to guests; only_on and avoid: guests to hosts", "config.yaml, tags, ha/rules.cfg"}, rule.kind);
  v(FieldNote{"strict", false, FieldRange::any, "", "true", "must hold; false: is preferred", "config.yaml, ha/rules.cfg"}, rule.strict);
  v(FieldNote{"guests", true, FieldRange::any, "", "", "ids of the guests it binds", "config.yaml, tags, ha/rules.cfg"}, rule.guests);
  v(FieldNote{"hosts", false, FieldRange::any, "", "none", "hosts, for only_on and avoid", "config.yaml, tags, ha/rules.cfg"}, rule.hosts);
  v(FieldNote{"origin", false, FieldRange::any, "", "", "where the rule stands, for explanations", ""}, rule.origin);
}

template <class V, Like<Cluster> T>
void describe(V& v, T& cluster) {
  v(FieldNote{"cluster", false, FieldRange::any, "", "unnamed", "name of the cluster", "config.yaml"}, cluster.cluster);
  v(FieldNote{"taken_at", false, FieldRange::not_negative, "Unix seconds", "unknown: no cooldown holds", "when the state was taken", "clock of the exporter"}, cluster.taken_at);
  v(FieldNote{"quorate", false, FieldRange::any, "", "true", "the cluster has quorum; without it the planner refuses", "/etc/pve/.members"}, cluster.quorate);
  v(FieldNote{"auto_rebalance", false, FieldRange::any, "", "false", "Proxmox's own HA load balancing is on; HA guests then stay", "datacenter.cfg, crs"}, cluster.auto_rebalance);
  v(FieldNote{"hosts", true, FieldRange::any, "", "", "the hosts", ""}, cluster.hosts);
  v(FieldNote{"guests", false, FieldRange::any, "", "none", "the guests", ""}, cluster.guests);
  v(FieldNote{"rules", false, FieldRange::any, "", "none", "placement rules", ""}, cluster.rules);
  v(FieldNote{"warnings", false, FieldRange::any, "", "none", "what the exporter could not read or had to leave out", ""}, cluster.warnings);
}

// clang-format on

}  // namespace pcb
