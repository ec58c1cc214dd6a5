// What if: four questions to the planner that change nothing, and the answer to the one that was asked.
//
// Pure. Tested by tests/evaluator/page_what_if_test.cpp.
#pragma once

#include <map>
#include <optional>
#include <string>

#include "evaluator/decide/what_if.h"
#include "evaluator/page/frame.h"

namespace pcb {

struct WhatIfView {
  std::multimap<std::string, std::string> said;  // the fields of the form that was sent
  std::optional<WhatIf> question;                // absent: nothing was asked, or it cannot be read
  std::optional<WhatIfAnswer> answer;
  std::string problem;  // why there is no answer
};

std::string what_if_html(const WhatIfView& view, const Frame& frame);

}  // namespace pcb
