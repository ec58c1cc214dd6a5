// The operator's token: who can read it may approve, pause, drain. A file in evaluator.state_directory, 0600.
// Tested by tests/evaluator/serve_act_test.cpp.
#pragma once

#include <string>

#include "common/result.h"

namespace pcb {

std::string operator_token_path(const std::string& state_directory);
// Makes one where there is none.
Result<std::string> keep_operator_token(const std::string& state_directory);

}  // namespace pcb
