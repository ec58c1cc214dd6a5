// From where the guests should end up to steps that never pass through a state that is not allowed.
//
// The order is found by running whatever may run, exactly for few moves; a cycle is opened by parking one
// guest on a third host. What has no order is left out and named. `after` holds the steps whose finish a step
// needs: with them done, it is allowed whichever of the other earlier steps have run, and in whatever order.
// Tested by tests/planner/properties_test.cpp.
#pragma once

#include <vector>

#include "evaluator/planner/state.h"

namespace pcb::planning {

struct Step {
  Index guest, from, to;
  std::vector<int> after;  // positions in the list of steps, from 0
};

struct Ordering {
  std::vector<Step> steps;
  std::vector<Index> left_out;  // guests
  std::vector<Index> final_hosts;
  double extra_cost = 0;  // of parking: what the steps cost beyond the direct moves
  int extra_moves = 0;
  long evaluations = 0;  // counted candidates that finding it took
};

// `target` is a host per guest. At most `max_moves` steps in all.
Ordering order_moves(const Model& model, const std::vector<Index>& target, int max_moves);

// Steps as they stand, where each is allowed after those before it; no steps and everything left out
// otherwise.
Ordering order_as_given(const Model& model, std::vector<Step> steps);

}  // namespace pcb::planning
