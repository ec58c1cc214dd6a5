// What-if questions of the page and of GET /api/v1/whatif, answered one at a time: the planner may think for
// a while, and the workers are needed for webhooks.
//
// Any thread; who comes while another question is answered is told so at once. Nothing is stored.
// Tested by tests/evaluator/api_test.cpp.
#pragma once

#include <string>
#include <variant>

#include "evaluator/decide/what_if.h"

namespace pcb {

struct WhatIfBusy {};

// The answer, what is wrong with the question, or that another one is being answered.
std::variant<WhatIfAnswer, Error, WhatIfBusy> take_what_if(const Cluster& cluster, const WhatIf& question,
                                                           const Policy& policy);
inline constexpr const char* kWhatIfBusy = "another question is being answered; ask again in a moment";

}  // namespace pcb
