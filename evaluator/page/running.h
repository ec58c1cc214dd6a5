// What is under way: each move with its phases, the time it has taken and may take, and what its host says;
// below, what ended last and what came of the plans.
//
// Pure. Tested by tests/evaluator/page_running_test.cpp.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "evaluator/cli/situation.h"
#include "evaluator/journal/act_records.h"
#include "evaluator/page/frame.h"

namespace pcb {

struct Running {
  std::vector<OperationRecord> operations;  // under way, and those of the last day; any order
  std::vector<OperationRecord> history;     // that expectations are drawn from
  std::vector<WatchedMove> watched;
  std::vector<OutcomeRecord> outcomes;
  std::optional<ErrandRecord> errand;  // a drain or return that is under way
};

std::string running_html(const Running& running, const Frame& frame);

// How long a move may take: the median of the same guest's moves that were done in the same way, else of all
// that were; absent where there was none.
std::optional<double> expected_seconds(const MoveRecord& move, const std::vector<OperationRecord>& history);

}  // namespace pcb
