// The state the planner works on: the cluster document for facts and places, Prometheus for load.
//
// Pure. Each running guest's use becomes its mean over the window, put where the guest is now; `high` is the
// 0.9 quantile. A host's use is its own mean; where a guest moved within the window that mean belongs to
// another placement, so it becomes the host's rest (the document's host use minus its guests, both of one
// instant) plus the means of the guests it has now. A guest with fewer than three points is unknown and never
// moves. Anything doubtful is a Hold with a sentence, never a plan: no quorum, a host online but unread, no
// answer, empty, stale, rejected samples (> 10 %), fewer than 90 % of the hosts. Missing hosts within the 10
// % become state unknown, so nothing moves from or to them. Tested by tests/evaluator/cluster_state_test.cpp.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "cluster/document.h"
#include "evaluator/decide/hold.h"
#include "evaluator/decide/load_window.h"

namespace pcb {

struct StateSettings {
  std::string cluster;              // the name config.yaml gives
  double stale_after_seconds = 60;  // of a host's sample and of a series
  double window_seconds = 900;
  std::optional<double> now;  // Unix seconds; absent: the document is not held against the clock
};

struct ClusterState {
  std::optional<Cluster> cluster;  // absent exactly when hold is set
  Hold hold;
  std::vector<std::string> notes;  // what was left out, one sentence each
};

// The checks that need no Prometheus: whose document it is, quorum, readable hosts.
Hold check_document(const Cluster& document, const StateSettings& settings);

ClusterState cluster_state(const Cluster& document, const LoadAnswers& answers,
                           const StateSettings& settings);

}  // namespace pcb
