// The rows of the journal that the view History shows and /api/v1/plans and /api/v1/suggestions give: the
// newest that the filter lets through, below the row it begins at.
//
// A filter that seldom matches looks at kMostLookedAt rows (evaluator/journal/history.h) at a time and gives
// what it has, with where to go on. Tested by tests/evaluator/history_rows_test.cpp.
#pragma once

#include "evaluator/journal/tables.h"
#include "evaluator/page/history_page.h"

namespace pcb {

// Of history.filter.show; fills that list, and `older`.
Status read_history_rows(Tables& tables, History& history);

}  // namespace pcb
