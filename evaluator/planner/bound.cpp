#include "evaluator/planner/bound.h"

#include <algorithm>

#include "evaluator/planner/figures.h"

namespace pcb::planning {

Bound bound_of(const Model& model, int max_moves, const Figures& reached) {
  (void)max_moves;
  Bound bound;
  for (int r = 0; r < kResources; ++r) {
    double use = 0, limit = 0;
    for (const auto& host : model.hosts)
      if (host.online) {
        use += host.before[r];
        limit += host.limit[r];
      }
    bound.peak = std::max(bound.peak, ratio(use, limit));
  }
  bound.peak = std::min(bound.peak, reached.peak);
  return bound;
}

}  // namespace pcb::planning
