// `balancer-evaluator serve`: takes alerts in, plans, tells; until SIGTERM or SIGINT, reloads on SIGHUP.
// Tested by tests/evaluator/serve_test.cpp, which runs the program.
#pragma once

#include <string>

#include "cluster/config.h"

namespace pcb {

// Blocks until the program shall end. Returns its exit code.
int run_serve(const std::string& config_path, const Config& config);

}  // namespace pcb
