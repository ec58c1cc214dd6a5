// The cluster document, schema balancer.cluster/1: the state of one Proxmox cluster as a value.
//
// The exporter writes it (/cluster), the planner reads it, users save and replay it. Bytes, cores, ratios
// 0..1, Unix seconds. What is not known is absent (nullopt), never 0. Pure values: no I/O, no clock, no
// threads. Defaults of absent fields are those of docs/cluster-document.md and are applied by the accessor
// functions at the end, not by the reader, so that writing what was read loses nothing. Tested by
// tests/cluster/document_json_test.cpp.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

namespace pcb {

inline constexpr const char* kClusterSchema = "balancer.cluster/1";

enum class HostState { online, offline, maintenance, unknown };
enum class GuestStatus { running, stopped, paused, unknown };
enum class RuleKind { together, apart, only_on, avoid };

struct Bridge {
  std::string name;
  std::optional<bool> vlan_aware;  // of a host's bridge
  std::optional<int> mtu;          // of a host's bridge
  std::optional<int> tag;          // VLAN of a guest's NIC
};

struct HostStorage {
  std::string name;
  std::string type;
  std::vector<std::string> content;  // "images" for VMs, "rootdir" for containers
  std::optional<bool> shared;
  std::optional<bool> active;
  std::optional<double> total_bytes;
  std::optional<double> free_bytes;
};

// Shares of time 0..1 that something waited for the resource (PSI).
struct Pressure {
  std::optional<double> cpu_some, io_some, io_full, memory_some, memory_full;
};

struct Host {
  std::string name;
  std::optional<HostState> state;
  std::optional<double> age_seconds;
  std::optional<std::string> pve_version, cpu_model, cpu_vendor, cpu_level;
  double cpu_cores = 0;
  std::optional<double> cpu_used_cores;
  double memory_bytes = 0;
  std::optional<double> memory_used_bytes;  // MemTotal - MemAvailable - credited ARC
  std::optional<double> load1;
  std::optional<Pressure> pressure;
  std::optional<double> last_moved_at;
  std::optional<double> cpu_threshold, memory_threshold, memory_reserved_bytes;
  std::optional<std::vector<Bridge>> bridges;
  std::optional<std::vector<HostStorage>> storages;
};

struct Volume {
  std::string key;  // "rootfs", "mp0", "scsi0"
  std::string storage;
  std::optional<double> size_bytes, used_bytes;
  std::optional<bool> shared;
};

struct HaHost {
  std::string name;
  std::optional<double> priority;
};

struct Ha {
  bool managed = false;
  std::optional<std::string> state;
  std::optional<bool> failback;
  std::optional<std::vector<HaHost>> hosts;  // absent: anywhere
};

struct Replication {
  std::string target;
  std::optional<double> last_sync_at;
  std::optional<bool> ok;
};

struct Blocker {
  std::string code;    // closed set, DESIGN's list in docs/cluster-document.md
  std::string detail;  // "mp0"
  std::string cure;    // what a person can do about it
};

struct Guest {
  std::string id;  // "lxc/101", "qemu/201"
  std::optional<std::string> name;
  std::string host;
  std::optional<GuestStatus> status;
  std::optional<bool> is_template;  // JSON key "template"
  std::optional<std::string> lock;
  std::optional<double> cpu_cores, cpu_used_cores, cpu_high_cores;
  std::optional<double> memory_bytes, memory_used_bytes, memory_high_bytes;  // used: needed on arrival
  std::optional<std::vector<Volume>> volumes;
  std::optional<std::vector<Bridge>> bridges;
  std::vector<std::string> tags;
  std::optional<std::string> cpu_type;
  std::optional<Ha> ha;
  std::vector<Replication> replication;
  std::vector<Blocker> blockers;
  std::optional<double> last_moved_at;
};

struct Rule {
  RuleKind kind = RuleKind::apart;
  bool strict = true;
  std::vector<std::string> guests;
  std::vector<std::string> hosts;
  std::string origin;
};

struct Cluster {
  std::optional<std::string> cluster;
  std::optional<double> taken_at;
  std::optional<bool> quorate;
  std::optional<bool> auto_rebalance;
  std::vector<Host> hosts;
  std::vector<Guest> guests;
  std::vector<Rule> rules;
  std::vector<std::string> warnings;
};

}  // namespace pcb
