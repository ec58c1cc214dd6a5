// Readers of the JSON that pmxcfs and Proxmox's HA show: .members, .vmlist, .version, manager_status,
// lrm_status, and the node's state of replication.
//
// Pure. Large files of pmxcfs can be torn (proxmox.md 1.1): JSON that does not close, or lacks what it must
// have, is an error. An empty cluster's .vmlist has no "ids"; a node without a cluster has only its name in
// .members. nlohmann/json stays in the .cpp.
// Tested by tests/exporter/parse_pve_test.cpp.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "common/result.h"

namespace pcb {

struct Members {
  struct Node {
    std::optional<int> id;
    bool online = false;
    std::string address;  // empty while the node has not published one
  };
  std::string node_name;  // who says this
  bool clustered = false;
  std::string cluster_name;
  std::optional<bool> quorate;
  std::optional<double> version;
  std::map<std::string, Node> nodes;
};
Result<Members> parse_members(std::string_view text);

struct VmList {
  struct Entry {
    std::string node;
    std::uint64_t version = 0;  // rises with every write of the guest's config
  };
  std::map<std::string, Entry> guests;  // by "lxc/101", "qemu/201"
};
Result<VmList> parse_vmlist(std::string_view text);

// Name of a watched file, or "vmlist", "clinfo", "starttime" → its counter.
Result<std::map<std::string, std::uint64_t>> parse_version(std::string_view text);

struct HaStatus {
  struct Service {
    std::string node, state;
    bool moving = false;  // a command or a target is pending
  };
  double timestamp = 0;
  std::map<std::string, std::string> nodes;    // online, maintenance, unknown, fence, gone
  std::map<std::string, bool> in_maintenance;  // asked to be, or is
  std::map<std::string, Service> services;     // by "lxc/101"
  bool disarmed = false;
};
Result<HaStatus> parse_manager_status(std::string_view text);

// lrm_status of one node: its mode ("active", "maintenance", …).
Result<std::string> parse_lrm_mode(std::string_view text);

struct ReplicationState {
  std::string guest;  // bare number
  std::string target;
  std::optional<double> last_sync_at;  // absent: never
  std::optional<double> last_try_at, duration_seconds, failed_syncs;
  bool ok = true, running = false;
};
Result<std::vector<ReplicationState>> parse_replication_state(std::string_view text);

// "ct:101" → "lxc/101", "vm:201" → "qemu/201"; empty for anything else.
std::string guest_of_ha_sid(std::string_view sid);

}  // namespace pcb
