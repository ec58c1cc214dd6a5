// What a round of the actor reads of the journal. For cli/actor*.cpp alone.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "evaluator/cli/actor.h"

namespace pcb {

struct Actor::Records {
  std::vector<OperationRecord> open;     // under way, or not cleared
  std::vector<OperationRecord> history;  // of the last days
  std::vector<MoveRecord> moves;         // of the plan that stands
  std::int64_t plan_id = 0;
  std::optional<ErrandRecord> errand;
  std::string breaker;  // why it is open; empty: closed
};

Operation to_operation(const OperationRecord& record);
Move to_move(const MoveRecord& record);
LocalTime local_time(double unix_seconds);

}  // namespace pcb
