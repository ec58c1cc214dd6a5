// How the commands reach the running evaluator: where, over TLS or not, and with which login.
//
// Without --url the address is evaluator.listen, over https when evaluator.web_config has TLS. A password
// comes from a file, or from the terminal, where it is asked for and not shown; never from the command line,
// which others can see. Tested by tests/evaluator/serve_test.cpp and serve_users_test.cpp.
#pragma once

#include <string>

#include "cluster/config.h"
#include "common/http/client.h"
#include "common/result.h"
#include "evaluator/cli/options.h"

namespace CLI {
class App;
}

namespace pcb {

struct EvaluatorAddress {
  std::string base;  // "http://127.0.0.1:9723"
  http::ClientSettings settings;
};

void add_address_options(CLI::App& command, EvaluatorOptions& options);
Result<EvaluatorAddress> evaluator_address(const EvaluatorOptions& options, const Config& config);

}  // namespace pcb
