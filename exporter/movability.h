// Movability: what keeps a guest on its host, by code, each with its cure.
//
// Pure. A blocker is what makes Proxmox refuse a move, what would make the guest fail to start on another
// host, or what an administrator has asked for. What is harmless on every host (listed in movability.cpp) is
// none, and a device node is none where every other host has it. What cannot be known counts as a blocker.
// Codes are the closed set of docs/cluster-document.md. Source: proxmox.md 3.1, 3.2.
// Tested by tests/exporter/movability_test.cpp.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "cluster/document.h"
#include "exporter/host_report.h"

namespace pcb {

// The online hosts a guest could go to, and what is known of those that were read.
struct Neighbours {
  std::vector<std::string> hosts;
  std::vector<const HostFacts*> facts;
};

// What is known around the guest. References live as long as the call.
struct Surroundings {
  explicit Surroundings(const Neighbours& the_neighbours) : neighbours(the_neighbours) {}

  const Neighbours& neighbours;
  bool running = false;
  std::optional<bool> auto_rebalance = false;  // absent: crs is not understood
  bool replication_running = false;
  std::string running_task;  // type of a task that works on the guest; empty: none
  const std::vector<StorageConfig>* storages = nullptr;
  const std::map<std::string, Mapping>* mappings = nullptr;
  const Ha* ha = nullptr;                      // null: not managed
  const HaStatus::Service* service = nullptr;  // null: the HA manager does not know it
};

std::vector<Blocker> find_blockers(const GuestConfig& config, const Surroundings& around);

// Shared by all hosts; nullptr storages or an unknown name: not known.
std::optional<bool> is_shared_storage(const std::vector<StorageConfig>* storages, std::string_view name);

}  // namespace pcb
