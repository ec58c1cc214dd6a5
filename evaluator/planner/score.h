// What "better" means: goals as a lexicographic score over whole states (docs/planner.md "Better").
//
// A smaller score is better, term by term; terms that differ by rounding only are equal. An Objective is made
// once per plan from the state before any move. Tested by tests/planner/oracle_test.cpp and the oracle.
#pragma once

#include <array>
#include <vector>

#include "evaluator/planner/state.h"

namespace pcb::planning {

struct Score {
  static constexpr int kTerms = 7;
  std::array<double, kTerms> terms{};
};

// -1, 0, 1: a is better, equal, worse. `terms` compares only the first ones.
int compare(const Score& a, const Score& b, int terms = Score::kTerms);

struct Objective {
  GoalKind goal = GoalKind::relieve;
  double low_water = 0.9, min_gain = 0;
  std::vector<std::uint8_t> in_scope;   // per host
  std::vector<std::uint8_t> was_over;   // per host: in scope and over its limit at the start (relieve)
  std::vector<std::uint8_t> liftable;   // per host: some allowed move lowers it (balance)
  std::vector<int> broken_before;       // per host: rules broken there (relieve)
  std::vector<double> overload_before;  // per host
  bool include_stopped = false;
  bool scope_given = false;
};

Objective make_objective(const Model& model, const State& start, const Goal& goal);

// Uses of `extra_moves` and `extra_cost` are added for parking moves.
Score score_of(const Objective& objective, const State& state, double extra_cost = 0, int extra_moves = 0);

// Relieve: no host outside the scope ends with more overload or broken rules.
bool spares_others(const Objective& objective, const State& state);

// Excess over what the goal wants of a host: above it the search wants load gone.
double host_overload(const Model& model, Index host, const Load& use);
double above_low_water(const Model& model, double low_water, Index host, const Load& use);

struct BrokenRules {
  int strict = 0, preferred = 0;
};
BrokenRules broken_rules(const Objective& objective, const State& state);

}  // namespace pcb::planning
