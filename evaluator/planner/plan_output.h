// A plan as JSON (schema balancer.plan/1) and as text for people. Pure; no colour unless asked.
// Tested by tests/planner/scenario_test.cpp.
#pragma once

#include <string>
#include <string_view>

#include "cluster/document.h"
#include "common/result.h"
#include "evaluator/planner/plan.h"

namespace pcb {

std::string plan_to_json(const Plan& plan);
Result<Plan> plan_from_json(std::string_view json_text);

// Bars per host before and after with threshold marks, moves with reasons, what was rejected.
std::string plan_to_text(const Plan& plan, const Cluster& cluster, bool colour);

}  // namespace pcb
