#include "evaluator/cli/standing.h"

#include <utility>

namespace pcb {

Result<Standing> read_standing(Tables& tables) {
  Standing standing;
  auto incidents = tables.incidents_changed_since(1e300);  // only those that are not closed
  if (!incidents) return incidents.error();
  standing.incidents = std::move(incidents).value();
  auto plan = tables.standing_plan();
  if (!plan) return plan.error();
  standing.plan = std::move(plan).value();
  if (!standing.plan) return standing;
  auto moves = tables.moves_of_plan(standing.plan->id);
  if (!moves) return moves.error();
  standing.moves = std::move(moves).value();
  return standing;
}

}  // namespace pcb
