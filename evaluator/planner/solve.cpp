#include <algorithm>

#include "evaluator/planner/planner_parts.h"

namespace pcb::planning {

Ordering solve(const Model& model, const Objective& objective, int max_moves) {
  State state(model);
  Score now = score_of(objective, state);
  for (;;) {
    Score best = now;
    Index best_unit = kNone, best_target = kNone;
    for (Index u = 0; u < static_cast<Index>(model.units.size()); ++u) {
      const Unit& unit = model.units[u];
      const Index from = state.unit_host(u);
      if (unit.fixed != Code::none || from != unit.home || from == kNone) continue;
      if (state.moves() + static_cast<int>(unit.guests.size()) > max_moves) continue;
      for (Index t = 0; t < model.host_count(); ++t) {
        if (t == from || state.check_unit(u, t) != Code::none) continue;
        state.move_unit(u, t);
        const Score score = score_of(objective, state);
        if (compare(score, best) < 0 && spares_others(objective, state)) {
          best = score;
          best_unit = u;
          best_target = t;
        }
        state.move_unit(u, from);
      }
    }
    if (best_unit == kNone) break;
    state.move_unit(best_unit, best_target);
    now = best;
  }
  return order_moves(model, state.assignment(), max_moves);
}

}  // namespace pcb::planning
