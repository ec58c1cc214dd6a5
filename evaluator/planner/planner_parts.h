// The goals that answer a question instead of moving guests, and the search behind those that move.
#pragma once

#include "evaluator/planner/order.h"
#include "evaluator/planner/score.h"

namespace pcb::planning {

void answer_place(const Model& model, const Goal& goal, Plan& plan);
void answer_survive(const Cluster& cluster, const Policy& policy, Plan& plan);

// The best orderable plan found for the objective; no steps when nothing is better than staying. It spends
// the effort that the policy allows, divided by `effort_part`.
Ordering solve(const Model& model, const Objective& objective, int max_moves, int effort_part);

// Goes on from the result until nothing better is found, so that planning again finds nothing to do.
Ordering solve_until_settled(const Model& model, const Goal& goal, const Objective& objective, int max_moves);

}  // namespace pcb::planning
