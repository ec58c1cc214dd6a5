// GET /api/v1/events: server-sent events for pages that stay open.
//
// Events: "pulse" (mode, hold, pause, moves under way) at each tick, "running" (as /api/v1/running) when a
// move under way changed, "history" (one entry) for each new row of the journal's events. A comment line
// every 15 s shows that the way is open. The stream ends when the server stops, the peer leaves, the caller's
// login is over, or after an hour; a browser then asks again by itself. How many there may be at a time is
// ServerSettings::event_streams, so that streams never take the workers that webhooks need.
// Blocks its thread for as long as it lasts. Tested by tests/evaluator/serve_events_test.cpp.
#pragma once

#include <functional>
#include <string>

#include "common/http/server.h"
#include "evaluator/cli/situation.h"
#include "evaluator/journal/journal.h"
#include "evaluator/page/view.h"

namespace pcb {

struct EventParts {
  Journal& journal;
  const Board& board;
  const ActBoard& act_board;
};

// `still_welcome` is asked now and then: the caller may still read.
void stream_events(const EventParts& parts, http::Stream& stream, const std::function<bool()>& still_welcome);

// The moves under way and those that ended in the last minutes, as running_json() takes them.
Result<std::vector<OperationRecord>> operations_to_show(Journal& journal, double now);

}  // namespace pcb
