// The migration planner: plan(cluster, goal, policy) → plan.
//
// Pure: no clock, no I/O, no threads, no logger. The same input gives the same plan; the order of arrays in
// the document changes nothing. Effort is bounded by counted evaluations, never by time. The contract (what
// is allowed, what is better, what a plan says) is docs/planner.md. Tested by tests/planner/scenario_test.cpp
// and tests/scenarios/.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "cluster/document.h"
#include "common/result.h"
#include "evaluator/planner/plan.h"

namespace pcb {

enum class GoalKind { relieve, balance, drain, place, survive };

struct Goal {
  GoalKind kind = GoalKind::relieve;
  std::vector<std::string> scope;  // relieve, balance: hosts; drain: the host
  double place_cores = 0;
  double place_memory_bytes = 0;
  bool include_stopped = false;  // drain
};

struct Policy {
  double stale_after_seconds = 60;
  double guest_cooldown_seconds = 6 * 3600;
  std::optional<double> host_cooldown_seconds;
  double low_water = 0.9;
  double min_gain = 0.01;
  std::optional<int> max_moves;       // absent: 10 for balance, no cap for the others
  double memory_overcommit_vm = 1.0;  // configured memory of running VMs / memory of the host
  double memory_overcommit_container = 2.0;
  bool allow_local_disks = false;                           // live migration of VMs with local disks
  std::map<std::string, double> measured_downtime_seconds;  // by guest id: its own past restarts
  std::optional<long> max_evaluations;  // effort: counted candidates, never time; absent: by the size
};

// Fails only on usage: a scope or drain host that is not in the document.
Result<Plan> plan(const Cluster& cluster, const Goal& goal, const Policy& policy);

// The figures of the cluster as it stands, by the same arithmetic as a plan's `before`.
Figures figures_now(const Cluster& cluster, const Policy& policy);

// The seed's functions, over the cluster as it stands.
struct Verdict {
  bool allowed = false;
  std::string code;  // why not: a code of docs/planner.md
  std::string detail;
};
Verdict can_migrate(const Cluster& cluster, const std::string& guest, const std::string& target,
                    const Policy& policy);
// For every other host of the cluster, by name: whether the guest may go there now. Empty for a guest that is
// not in the document.
std::vector<std::pair<std::string, Verdict>> verdicts_of(const Cluster& cluster, const std::string& guest,
                                                         const Policy& policy);
std::vector<Move> suggest_migrations(const Cluster& cluster, const Goal& goal, const Policy& policy);

}  // namespace pcb
