// A host that a person wants emptied, or its guests back: what is planned next, and how far it is.
//
// Pure. A drain is planned by the planner; return_plan() brings home the guests that a drain took away and
// that are still where it put them, one after another, each only where can_migrate() allows it. Tested by
// tests/evaluator/errand_test.cpp.
#pragma once

#include <string>
#include <vector>

#include "cluster/document.h"
#include "evaluator/planner/planner.h"

namespace pcb {

// A move of a drain that was done.
struct TakenAway {
  std::string guest, to;
};

Plan return_plan(const Cluster& cluster, const std::string& host, const std::vector<TakenAway>& taken,
                 const Policy& policy);

struct ErrandState {
  bool over = false;      // nothing is left that can be moved there or away
  bool complete = false;  // and nothing is left at all
  std::string progress;   // "2 guests are left on pve1: lxc/104 (locked: backup), …"
};

// `plan` is the newest of a drain; `left_to_ha` are moved by Proxmox's HA.
ErrandState drain_state(const Cluster& cluster, const std::string& host, bool include_stopped,
                        const Plan& plan, const std::vector<std::string>& left_to_ha = {});
ErrandState return_state(const Plan& plan, const std::vector<std::string>& left_to_ha = {});

// Whether the moves that wait are those of the plan.
struct WaitingMove {
  std::string guest, from, to;
};
bool is_planned(const std::vector<WaitingMove>& waiting, const Plan& plan);

}  // namespace pcb
