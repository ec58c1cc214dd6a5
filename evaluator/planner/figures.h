// The figures of a plan (docs/planner.md "Figures"), computed from scratch over the hosts that are online.
//
// overload: Σ over resources of Σ max(0, use − limit) / cluster capacity. peak: highest use / limit.
// imbalance: Σ over resources of the population standard deviation of use / capacity. Ratios, not rounded.
// Tested by tests/planner/properties_test.cpp and by the independent check in tests/planner/plan_check.h.
#pragma once

#include <vector>

#include "evaluator/planner/model.h"

namespace pcb::planning {

double ratio(double use, double capacity);  // 0 / 0 is 0

// use after the moves, summed in one fixed order.
std::vector<Load> uses_of(const Model& model, const std::vector<Index>& assignment);

double overload_of(const Model& model, const std::vector<Load>& uses);
double host_peak(const HostData& host, const Load& use);
Figures figures_of(const Model& model, const std::vector<Index>& assignment, double cost);
double imbalance_of(const Model& model, const std::vector<Load>& uses);

bool over_limit(const HostData& host, const Load& use);

}  // namespace pcb::planning
