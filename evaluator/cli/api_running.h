// GET /api/v1/running and the events of GET /api/v1/events: the moves under way, as JSON. Pure.
// Tested by tests/evaluator/api_test.cpp.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "evaluator/cli/situation.h"
#include "evaluator/journal/act_records.h"
#include "evaluator/page/view.h"

namespace pcb {

// `operations` are those that are open or ended lately; `act` is null before the actor's first round.
std::string running_json(const ActView* act, const std::vector<OperationRecord>& operations, double now);

// What a page shows in one line: mode, hold, pause, how many moves are under way.
std::string pulse_json(const View* view, const ActView* act);

// One server-sent event: `data` is a line of JSON.
std::string server_event(std::string_view name, std::string_view data);

}  // namespace pcb
