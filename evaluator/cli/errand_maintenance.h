// The part of an errand that Proxmox's HA carries out: node maintenance is wished for, its end as well, and
// what the HA manager does is waited for.
//
// Inside a transaction of the journal, where it stands for which host maintenance was asked for and which
// guests it takes away (by the actor, before it asks): a return ends what a drain began, and nobody else's
// maintenance. The HA manager is waited for without a limit while it works, and ten minutes while nothing
// happens. Tested by tests/evaluator/actor_maintenance_test.cpp and, in the lab, tests/e2e/test_act.py.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "evaluator/decide/maintenance.h"
#include "evaluator/journal/tables.h"

namespace pcb {

struct HaTurn {
  bool waits = false;                   // nothing else is moved meanwhile
  std::optional<MaintenanceWish> wish;  // to be asked of the HA manager
  std::string said;                     // what the host answered to it, where it was not "asked"
  std::vector<std::string> left;        // guests that it still has to move
  Plan own;                             // of a drain: what this program moves
};

Result<HaTurn> drain_turn(Tables& tables, const ErrandRecord& errand, const Cluster& cluster,
                          const Plan& plan, double now);
Result<HaTurn> return_turn(Tables& tables, const ErrandRecord& errand, const Cluster& cluster, double now);

// The guests that the maintenance which was asked for takes away; empty: none was asked for.
Result<std::vector<std::string>> maintained_guests(Tables& tables, const std::string& host);
// For whoever ends a drain: the maintenance goes on.
std::string in_maintenance_until_return(const std::string& host);
Status record_maintenance(Tables& tables, const MaintenanceWish& wish);
// What came of the request: empty, or why it was not done.
Status record_answer(Tables& tables, const std::string& sentence);
// It has ended, and the guests are back or given up.
Status forget_maintenance(Tables& tables, const std::string& host);

}  // namespace pcb
