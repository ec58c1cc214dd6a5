// Whether a silence of Alertmanager would cover an alert about a move: the labels that a relieve alert for
// its hosts or its guest would carry, held against the matchers of /api/v2/silences.
//
// Pure. It stops what no alert stands behind (evaluator.balance), and a move to a host or of a guest that
// somebody has silenced while the alert is about another host. `silences` and `alerts` are the answers of
// every Alertmanager of the group: a silence that one of them knows is believed. Which labels: those of the
// alert behind the move; where there is none those of rules/alerts.yml, with the external labels of
// Prometheus as the heartbeat among `alerts` shows them. What cannot be read or decided may cover it: that
// is no leave to start. Matchers as in prometheus/alertmanager, pkg/labels. Tested by
// tests/evaluator/silence_test.cpp.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "common/result.h"
#include "evaluator/decide/sight.h"

namespace pcb {

struct Matcher {
  std::string name, value;
  bool is_regex = false;
  bool is_equal = true;
};

struct Silence {
  std::string created_by, comment;
  std::vector<Matcher> matchers;
  std::string fault;  // why it cannot be read; then it may cover anything
};

// Those that are active now.
Result<std::vector<Silence>> read_silences(std::string_view json_text);

struct Silenceable {
  std::string cluster;
  std::vector<std::string> ids;        // "node/pve1", "lxc/101": of the hosts and the guest
  const Incident* incident = nullptr;  // the alerts behind the move; none: it is scheduled
};

// active: no silence covers it. stopped: one does. unreachable: nobody answers, or it cannot be decided.
Sight silence_over(const Silenceable& move, const std::vector<Result<std::string>>& silences,
                   const std::vector<Result<std::string>>& alerts);

}  // namespace pcb
