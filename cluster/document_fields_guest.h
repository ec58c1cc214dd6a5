// The fields of cluster/document_guest.h, once: see cluster/document_fields.h.
#pragma once

#include "cluster/blocker_codes.h"
#include "cluster/document_fields_host.h"
#include "cluster/document_guest.h"

namespace pcb {

// clang-format off
template <>
inline constexpr std::array<std::string_view, 4> kEnumWords<GuestStatus> = {"running", "stopped", "paused",
                                                                            "unknown"};

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
  v(FieldNote{"memory_used_bytes", false, FieldRange::not_negative, "bytes", "unknown: a running guest does not move; 0 when stopped", "memory it needs on arrival: memory.current - (file - shmem) + swap; a VM with hugepages: its configured memory besides", "cgroup memory.current, memory.stat"}, guest.memory_used_bytes);
  v(FieldNote{"memory_high_bytes", false, FieldRange::not_negative, "bytes", "memory_used_bytes", "0.9 quantile of memory_used_bytes, counted where it arrives", "Prometheus"}, guest.memory_high_bytes);
  v(FieldNote{"volumes", false, FieldRange::any, "", "not checked", "its volumes", "guest's configuration"}, guest.volumes);
  v(FieldNote{"bridges", false, FieldRange::any, "", "not checked", "bridges of its network cards", "guest's configuration"}, guest.bridges);
  v(FieldNote{"macs", false, FieldRange::any, "", "none, or not known", "MAC addresses of its network cards, in lower case; by them the evaluator finds the guests that it and its monitoring run in", "guest's configuration"}, guest.macs);
  v(FieldNote{"tags", false, FieldRange::any, "", "none", "Proxmox tags; the planner does not read them", "guest's configuration"}, guest.tags);
  v(FieldNote{"cpu_type", false, FieldRange::any, "", "not checked", "CPU type of a VM, such as host", "guest's configuration"}, guest.cpu_type);
  v(FieldNote{"ha", false, FieldRange::any, "", "not managed by HA", "high availability", "ha/"}, guest.ha);
  v(FieldNote{"replication", false, FieldRange::any, "", "none", "storage replication jobs", "replication.cfg"}, guest.replication);
  v(FieldNote{"blockers", false, FieldRange::any, "", "none", "why it must not move", "guest's configuration, tags"}, guest.blockers);
  v(FieldNote{"last_moved_at", false, FieldRange::not_negative, "Unix seconds", "never", "end of its last migration", "task log"}, guest.last_moved_at);
}
// clang-format on

}  // namespace pcb
