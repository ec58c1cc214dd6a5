// From what the hosts say of a move to the journal's states.
//
// Pure. The journal allows only some steps; a look that saw more than one of them at once is written down as
// all of them. Tested by tests/evaluator/move_steps_test.cpp.
#pragma once

#include <vector>

#include "evaluator/decide/migration.h"
#include "evaluator/decide/move_state.h"

namespace pcb {

// The states to go through, in order; empty: nothing new.
std::vector<MoveState> steps_to(MoveState is, const MigrationVerdict& verdict);

bool is_waiting(MoveState state);  // nobody has started it
bool is_final(MoveState state);    // done, failed, cancelled, skipped

}  // namespace pcb
