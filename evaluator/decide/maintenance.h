// Proxmox's node maintenance as a part of a drain: which guests the HA manager takes away by itself, and what
// is left for this program to move.
//
// Pure. In node maintenance (ha-manager crm-command node-maintenance, Proxmox VE 7.4 and later) the HA
// manager moves the guests it runs on the host to others, and back when it ends. HA guests that are stopped
// stay where they are: those are moved before it begins, where they are to leave. Where an HA guest has a
// blocker (a bind mount, the tag that says hands off) maintenance is not asked for: the HA manager would stop
// and start it in vain, again and again; the others are then moved one by one. Source: Proxmox's
// ha-manager, Manager.pm. Tested by tests/evaluator/maintenance_test.cpp.
#pragma once

#include <string>
#include <vector>

#include "cluster/document.h"
#include "evaluator/planner/plan.h"

namespace pcb {

// What is asked of the HA manager.
struct MaintenanceWish {
  std::string host;
  bool begins = true;               // false: it ends
  std::vector<std::string> guests;  // that it takes away, as they are recorded
};

// Every host is new enough.
bool has_node_maintenance(const Cluster& cluster);
// HA guests that run on the host.
std::vector<std::string> running_ha_guests(const Cluster& cluster, const std::string& host);
// Whether the HA manager works on one of them: it is in none of the states in which nothing happens.
bool ha_is_busy(const Cluster& cluster, const std::vector<std::string>& guests);

struct DrainSplit {
  Plan own;                             // what this program moves
  std::vector<std::string> left_to_ha;  // what the HA manager moves
  bool wants_maintenance = false;       // now
};
DrainSplit split_drain(const Cluster& cluster, const std::string& host, const Plan& plan);

}  // namespace pcb
