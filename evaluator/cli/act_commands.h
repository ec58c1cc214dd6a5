// `approve`, `reject`, `pause`, `resume`, `breaker reset`: what a person tells the running evaluator.
//
// They post to /api/v1 with the operator's token, read from evaluator.state_directory or --token-file; with
// --user as that user of the evaluator's web configuration file, whose name is then recorded. pause works
// without the evaluator, too: it makes the file. Result on stdout, errors on stderr; the exit code is the
// result. Tested by tests/evaluator/serve_act_test.cpp and serve_users_test.cpp.
#pragma once

#include <iosfwd>

#include "cluster/config.h"
#include "evaluator/cli/options.h"

namespace CLI {
class App;
}

namespace pcb {

// Adds the commands, which write into `options`; `options` must outlive the app.
void add_act_commands(CLI::App& app, EvaluatorOptions& options);

int run_act(const EvaluatorOptions& options, const Config& config, std::ostream& out, std::ostream& err);

}  // namespace pcb
