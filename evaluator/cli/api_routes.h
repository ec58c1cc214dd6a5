// The routes that read: history, the moves under way, events, what-if, what the API is.
//
// Handlers run on the server's threads; what is handed in must outlive the server. What only shows the
// journal's newest rows is in routes.h. Tested by tests/evaluator/api_test.cpp and serve_events_test.cpp.
#pragma once

#include <vector>

#include "common/http/server.h"
#include "evaluator/access/access.h"
#include "evaluator/cli/event_stream.h"
#include "evaluator/cli/routes.h"

namespace pcb {

extern const char* const kOpenApiDocument;  // docs/openapi.json

std::vector<http::Route> api_routes(const EventParts& parts, Access& access, const Current& current);

}  // namespace pcb
