// Which guests should leave a host: the cheapest set that takes at least `excess` off it in both resources.
//
// A covering knapsack with two constraints, solved by branch and bound with prices (Lagrange multipliers) for
// the lower limit; exact unless `max_nodes` ends it, and then the best set found. Pure. Tested by
// tests/planner/oracle_test.cpp against all subsets.
#pragma once

#include <vector>

#include "evaluator/planner/model.h"

namespace pcb::planning {

struct CoverItem {
  Load use;
  double weight;  // above 0
};

struct Cover {
  bool covers = false;              // false: everything together is not enough; `chosen` is then all of it
  std::vector<std::size_t> chosen;  // positions of items
  double weight = 0;
  long nodes = 0;  // effort spent
};

Cover cheapest_cover(const std::vector<CoverItem>& items, const Load& excess, long max_nodes);

}  // namespace pcb::planning
