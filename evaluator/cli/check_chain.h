// `check --chain`: is every link there, and how long does an alert take through each?
//
// Looks at the loaded rules, at Alertmanager's route and receiver, and sends one synthetic alert (a heartbeat
// that names its check, so that it reaches no person and plans nothing; it ends by itself) through
// Alertmanager to the running evaluator. Waits at most kLongestWait for it. Tested by
// tests/e2e/test_chain.py.
#pragma once

#include <chrono>
#include <iosfwd>

#include "cluster/config.h"
#include "evaluator/cli/evaluator_client.h"

namespace pcb {

// The longest group_wait and group_interval that the lint lets pass, and room.
inline constexpr std::chrono::seconds kLongestWait{400};

// Whether all is good.
bool check_chain(const Config& config, const EvaluatorAddress& evaluator, std::ostream& out);

// One line of a check: "good    what" or "failed  what: why".
void print_finding(std::ostream& out, bool good, const std::string& what, const std::string& why);

}  // namespace pcb
