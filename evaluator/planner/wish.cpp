// What a goal wants of each host, as the searches see it.
#include <limits>

#include "evaluator/planner/search.h"

namespace pcb::planning {

Wish wish_of(const Model& model, const Objective& objective, int max_moves) {
  constexpr double kInfinity = std::numeric_limits<double>::infinity();
  Wish wish;
  wish.level.assign(model.hosts.size(), Load{kInfinity, kInfinity});
  wish.must_leave.assign(model.hosts.size(), 0);
  wish.takes_part.assign(model.hosts.size(), 1);
  wish.max_moves = max_moves;
  wish.stopped_leave = objective.include_stopped;
  wish.only_wished_give = objective.goal == GoalKind::survive;
  for (Index h = 0; h < model.host_count(); ++h) {
    switch (objective.goal) {
      case GoalKind::relieve:
        if (objective.was_over[h] != 0)
          for (int r = 0; r < kResources; ++r)
            wish.level[h][r] = objective.low_water * model.hosts[h].limit[r];
        break;
      case GoalKind::balance:
        // A host in maintenance may give, where the scope does not say otherwise.
        wish.takes_part[h] = objective.scope_given ? objective.in_scope[h] : model.hosts[h].gives;
        break;
      default:
        wish.must_leave[h] = objective.in_scope[h];
        break;
    }
  }
  return wish;
}

}  // namespace pcb::planning
