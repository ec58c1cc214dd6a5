// The evaluator's /metrics: counters since the start, and what the loop saw at its last tick.
//
// Families come from the metric catalogue. Pure but for the figures of the process it is given.
// Tested by tests/evaluator/page_test.cpp.
#pragma once

#include <string>
#include <vector>

#include "common/metrics_text.h"
#include "evaluator/cli/situation.h"
#include "evaluator/journal/act_records.h"
#include "evaluator/page/view.h"
#include "evaluator/trigger/counters.h"

namespace pcb {

struct ReloadState {
  bool last_good = true;
  double last_good_at = 0;
};

struct MetricsSources {
  const Counters& counters;
  const View* view;                                // null before the loop's first tick
  const ActView* act;                              // null before the actor's first round
  const std::vector<OperationRecord>& operations;  // of the last 24 hours, and what is under way
  double guest_cooldown_seconds = 0;
  double since = 0;  // 24 hours ago
};

std::string metrics_page(Exposition exposition, const MetricsSources& sources, const ReloadState& reload,
                         const std::string& version);

}  // namespace pcb
