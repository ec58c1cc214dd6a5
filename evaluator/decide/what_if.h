// A question to the planner that changes nothing: empty a host, lose one, place a guest, other thresholds.
//
// Pure: a copy of the document is changed where the question says so, and planned on. The page and the API
// ask here, so that both give the same answer. Tested by tests/evaluator/what_if_test.cpp.
#pragma once

#include <optional>
#include <string>

#include "evaluator/planner/planner.h"

namespace pcb {

struct WhatIf {
  enum class Kind { drain, lose, place, thresholds };
  Kind kind = Kind::drain;
  std::string host;                                       // drain, lose; thresholds: empty for all hosts
  bool include_stopped = false;                           // drain
  double cpu_cores = 0, memory_bytes = 0;                 // place
  std::optional<double> cpu_threshold, memory_threshold;  // thresholds: ratios; absent: as they are
  bool balance = false;                                   // thresholds: balance, else relieve
};

// `document` is what the plan was made on. Of lose, plan.survive has the one host that was asked about.
struct WhatIfAnswer {
  Cluster document;
  Plan plan;
};
Result<WhatIfAnswer> ask_what_if(Cluster document, const WhatIf& question, const Policy& policy);

}  // namespace pcb
