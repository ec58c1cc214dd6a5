// The pieces of bound_of(): the relaxation as data, the limit from each host alone, and the search for better
// prices. Tested by tests/planner/properties_test.cpp.
#pragma once

#include <vector>

#include "evaluator/planner/model.h"

namespace pcb::planning {

// Guests that may move at all, by host, and where each may go.
struct Relaxation {
  const Model* model = nullptr;
  double max_moves = 0;
  long evaluations = 0;                     // what the plan took: a limit for what its bound may take
  std::vector<Index> movable;               // guests
  std::vector<std::vector<Index>> on_host;  // movable guests per host
  std::vector<Index> group_of;              // per movable guest: guests of one group have the same targets
  std::vector<std::vector<Index>> targets;  // per group: hosts
};

Relaxation make_relaxation(const Model& model, int max_moves);

// Prices per host and resource, per unit of load.
using Prices = std::vector<Load>;

// Σ prices × use before the moves, less the most that max_moves (fractions allowed) can save. Adds the loads
// after those moves to `loads` when it is given.
double priced_use(const Relaxation& relaxation, const Prices& prices, std::vector<Load>* loads);

// Lower limits that look at each giving host alone, as if every receiver had endless room.
double peak_by_hosts(const Relaxation& relaxation, double low, double high);
double overload_by_hosts(const Relaxation& relaxation);

// Improves the prices step by step until the limit is close to `reached` or the steps end.
double improve_peak(const Relaxation& relaxation, double known, double reached);
double improve_overload(const Relaxation& relaxation, double known, double reached);

}  // namespace pcb::planning
