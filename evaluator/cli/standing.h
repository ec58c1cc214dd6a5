// What the journal holds of now: open incidents, the plan that stands, its moves.
//
// Inside Journal::read() or transact(). Tested by tests/evaluator/serve_test.cpp.
#pragma once

#include "evaluator/journal/tables.h"
#include "evaluator/page/view.h"

namespace pcb {

Result<Standing> read_standing(Tables& tables);

}  // namespace pcb
