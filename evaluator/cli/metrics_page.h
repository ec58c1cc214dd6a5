// The evaluator's /metrics: counters since the start, and what the loop saw at its last tick.
//
// Families come from the metric catalogue. Pure but for the figures of the process it is given.
// Tested by tests/evaluator/page_test.cpp.
#pragma once

#include <string>

#include "common/metrics_text.h"
#include "evaluator/page/view.h"
#include "evaluator/trigger/counters.h"

namespace pcb {

struct ReloadState {
  bool last_good = true;
  double last_good_at = 0;
};

std::string metrics_page(Exposition exposition, const Counters& counters, const View* view,
                         const ReloadState& reload, const std::string& version);

}  // namespace pcb
