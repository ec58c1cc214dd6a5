// From a plan to what people read, and whether a plan is news.
//
// Pure. A plan is materially the same as another when it moves the same guests to the same hosts, or when
// both move nothing for the same kind of reason and the older one spoke of the same hosts or more: figures
// change at every tick and are no news. plan_stands() keeps a told plan while what is left of it can be
// carried out and the new one, at the loads of now, is not better by more than kNews of the hosts in scope:
// people are not told another plan at each wobble of the load. A relief that was begun is finished although
// its hosts are under their limits by then, as long as what is left of it leaves hosts above low water alone:
// it starts above the limit and stops at low water. Tested by tests/evaluator/suggestion_test.cpp.
#pragma once

#include <optional>
#include <set>
#include <string>
#include <vector>

#include "evaluator/decide/hold.h"
#include "evaluator/decide/incidents.h"
#include "evaluator/planner/plan.h"
#include "evaluator/planner/planner.h"

namespace pcb {

// "Suggesting to migrate container 103 (db) from pve1 to pve2: why".
std::string suggestion_line(const Move& move);

std::string plan_digest(const Plan& plan);
const char* name_of(PlanResult result);

// What became of a told plan so far.
struct Progress {
  std::set<int> over;  // its steps that were carried out, failed or were skipped
  bool begun = false;  // one of them was carried out
};
// `cluster` is what `fresh` was planned on.
bool plan_stands(const Plan& told, const Progress& progress, const Plan& fresh, const Cluster& cluster,
                 const Policy& policy);

// For every move of the plan the incident it serves: an index into `open`, which is not empty.
std::vector<std::size_t> incidents_of_moves(const Plan& plan, const std::vector<Incident>& open);

struct Message {
  std::string event;     // of notify.on
  std::string severity;  // "info", "warning", "critical"
  std::string subject;
  std::vector<std::string> lines;
};

// What to say of an incident whose host is not over its limit: an alert looks at a few minutes, a plan at a
// longer window, whose mean may follow later or never. `state` has the means; nothing when the host's is not
// known or over the limit.
std::optional<std::string> calm_sentence(const Incident& incident, const Cluster& state,
                                         double window_seconds);

// `calm` is the sentence above.
Message plan_message(const Incident& incident, const Plan& plan, const std::vector<Move>& own_moves,
                     const std::optional<std::string>& calm = std::nullopt);
Message hold_message(const Incident& incident, const Hold& hold);
Message closed_message(const Incident& incident);
Message alert_message(const Alert& alert);

}  // namespace pcb
