// A host of the cluster document. Bytes, cores, ratios 0..1, Unix seconds; what is not known is absent.
// Pure values. Each field is described in cluster/document_fields_host.h. Tested by
// tests/cluster/document_json_test.cpp.
#pragma once

#include <optional>
#include <string>
#include <vector>

namespace pcb {

enum class HostState { online, offline, maintenance, unknown };

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
  std::optional<double> last_moved_at, next_backup_at;
  std::optional<double> cpu_threshold, memory_threshold, memory_reserved_bytes;
  std::optional<std::vector<Bridge>> bridges;
  std::optional<std::vector<HostStorage>> storages;
};

}  // namespace pcb
