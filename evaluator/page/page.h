// The evaluator's page: mode, what keeps moves from starting, hosts with their use and limits, incidents, the
// plan that stands and how to decide on it, the last messages.
//
// Rendered here, no script needed, light and dark by the browser's setting. Every string that is not ours is
// escaped; no link leads anywhere an alert names. Pure. Tested by tests/evaluator/page_test.cpp.
#pragma once

#include <string>
#include <vector>

#include "evaluator/cli/situation.h"
#include "evaluator/page/view.h"

namespace pcb {

// Also what the Content-Security-Policy header must say.
inline constexpr const char* kPagePolicy =
    "default-src 'none'; style-src 'unsafe-inline'; form-action 'none'; frame-ancestors 'none'; base-uri "
    "'none'";

// `act` is null before the actor's first round.
std::string render_page(const View* view, const ActView* act, const Standing& standing,
                        const std::vector<DeliveryRecord>& messages, const std::string& version, double now);

}  // namespace pcb
