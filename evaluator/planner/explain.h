// Why a guest moves, why it stays, and what would have to change: the sentences of a plan.
//
// Pure text over model and states. A sentence names hosts, figures and the limit that decided.
// Tested by tests/planner/scenario_test.cpp and the golden files in tests/golden/plan/.
#pragma once

#include <string>
#include <vector>

#include "evaluator/planner/order.h"
#include "evaluator/planner/score.h"

namespace pcb::planning {

// "cpu_limit" and the like, or the blocker's own code, with the detail.
Rejection rejection_of(const State& state, Index guest, Index target, Code code);

// One entry or more for every guest of a host in scope that stays and could not leave, before or after the
// moves.
std::vector<Rejection> rejections_of(const Objective& objective, const State& start, const State& end,
                                     const std::vector<Index>& left_out);

std::vector<Fix> fixes_of(const Objective& objective, const State& start);

std::string why_of(const State& before, const Step& step, const Objective& objective, bool parks);

// The plan's reason and, where something is left, the smallest changes that would help.
void add_reason(const Objective& objective, const State& start, const State& end, Plan& plan);

}  // namespace pcb::planning
