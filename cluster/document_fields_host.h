// The fields of cluster/document_host.h, once: see cluster/document_fields.h.
#pragma once

#include "cluster/document_field.h"
#include "cluster/document_host.h"

namespace pcb {

// clang-format off
template <>
inline constexpr std::array<std::string_view, 4> kEnumWords<HostState> = {"online", "offline", "maintenance",
                                                                          "unknown"};

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
  v(FieldNote{"next_backup_at", false, FieldRange::not_negative, "Unix seconds", "not known, or never", "when the next backup of a guest here begins, or began within the last minute", "backup jobs, time zone of the host"}, host.next_backup_at);
  v(FieldNote{"cpu_threshold", false, FieldRange::ratio, "ratio", "0.80", "part of the cores that may be used", "config.yaml"}, host.cpu_threshold);
  v(FieldNote{"memory_threshold", false, FieldRange::ratio, "ratio", "0.85", "part of the memory that may be used", "config.yaml"}, host.memory_threshold);
  v(FieldNote{"memory_reserved_bytes", false, FieldRange::not_negative, "bytes", "0", "memory kept free for the host; the exporter writes the larger of 4 GiB and 5 % unless configured", "config.yaml"}, host.memory_reserved_bytes);
  v(FieldNote{"bridges", false, FieldRange::any, "", "not checked", "bridges of the host", "/etc/network/interfaces"}, host.bridges);
  v(FieldNote{"storages", false, FieldRange::any, "", "not checked", "storages the host can use", "/etc/pve/storage.cfg"}, host.storages);
}
// clang-format on

}  // namespace pcb
