// A plan as JSON (schema balancer.plan/1) and as text for people. Pure; no colour unless asked.
// Tested by tests/planner/scenario_test.cpp and, as text,
// tests/planner/plan_text_test.cpp with tests/golden/plan/.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "cluster/document.h"
#include "common/result.h"
#include "evaluator/planner/plan.h"

namespace pcb {

std::string plan_to_json(const Plan& plan);
Result<Plan> plan_from_json(std::string_view json_text);

// A guest that stays, with all the targets that the same limit forbids.
struct Stay {
  std::string guest, code, detail;
  std::vector<std::string> targets;  // none where no target matters
};
std::vector<Stay> stays_of(const Plan& plan);

struct TextStyle {
  bool colour = false;
  int columns = 0;  // lines are folded there and bars made to fit; 0: no terminal, every sentence is one line
};

// Bars per host before and after with the limit as a mark, moves with reasons, what was rejected.
std::string plan_to_text(const Plan& plan, const Cluster& cluster, const TextStyle& style);

}  // namespace pcb
