// A proven lower limit for each figure: no plan of at most K moves can do better (docs/planner.md "Bound").
//
// The relaxation lets a fraction of a guest move, keeps which guest may ever run on which host, and forgets
// rooms, order and rules between guests. It is solved in its Lagrangian dual: any prices give a valid limit,
// so the number is a proof even where the search for the best prices stops early. Tested by
// tests/planner/properties_test.cpp against an exact linear program.
#pragma once

#include "evaluator/planner/model.h"

namespace pcb::planning {

// `reached` is what the plan attains: a bound that meets it needs no further work. `evaluations` is what the
// plan took: better prices are looked for at no more than that.
Bound bound_of(const Model& model, int max_moves, const Figures& reached, long evaluations);

}  // namespace pcb::planning
