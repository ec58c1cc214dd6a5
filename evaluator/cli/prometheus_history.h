// A load trace out of a Prometheus's history: asks in bounded pieces, and builds it with
// evaluator/simulate/history.h.
//
// Blocks until it has all answers; each request ends after a minute at most. The credentials, headers and CA
// of the configuration's `prometheus` section go to the URL that this section names and to no other. Tested
// by tests/e2e/test_simulate.py on a real Prometheus.
#pragma once

#include <string>

#include "cluster/config.h"
#include "common/result.h"
#include "evaluator/simulate/trace.h"

namespace pcb {

struct HistoryRequest {
  std::string url;
  std::string matchers;  // label matchers added to every query
  double seconds = 14 * 86400.0;
};

Result<Trace> trace_from_prometheus(const HistoryRequest& request, const Config& config);

}  // namespace pcb
