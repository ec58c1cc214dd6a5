// Whether the loaded rules and Alertmanager's configuration can bring alerts to the evaluator and back out.
//
// Pure: takes what Prometheus (/api/v1/rules) and Alertmanager (config.original of /api/v2/status) answer,
// which may be hostile, and gives findings in the order of the chain. A bad finding says what to change. It
// reads the route tree by its matchers on the label `balancer` alone: whether an alert really comes through
// is what the synthetic alert of `check --chain` shows. Tested by tests/evaluator/chain_lint_test.cpp.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace pcb {

struct Finding {
  bool good = false;
  std::string what;
  std::string sentence;  // empty when good
};

std::vector<Finding> lint_rules(std::string_view rules_json);
std::vector<Finding> lint_alertmanager(std::string_view status_json, const std::string& receiver);

}  // namespace pcb
