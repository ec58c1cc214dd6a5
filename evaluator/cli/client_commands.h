// `status`, `history` and `check`: what a person asks from the command line.
//
// status and history talk to the running evaluator's /api/v1; check asks what the evaluator would ask. Data
// on stdout, errors on stderr; the result is the exit code. Tested by tests/evaluator/serve_test.cpp and, for
// the tables, tests/evaluator/page_test.cpp.
#pragma once

#include <iosfwd>
#include <string>

#include "cluster/config.h"
#include "common/result.h"
#include "evaluator/cli/options.h"

namespace pcb {

int run_status(const EvaluatorOptions& options, const Config& config, std::ostream& out, std::ostream& err);
int run_history(const EvaluatorOptions& options, const Config& config, std::ostream& out, std::ostream& err);
int run_report(const EvaluatorOptions& options, const Config& config, std::ostream& out, std::ostream& err);
int run_check(const EvaluatorOptions& options, const Config& config, std::ostream& out);

// The texts made of the API's JSON. Pure.
// Of an answer that is not 200: the API's own sentence, and what to do about a login.
std::string refusal_words(int status, const std::string& body);
Result<std::string> status_text(const std::string& json, double now);
Result<std::string> history_text(const std::string& json);
Result<std::string> report_text(const std::string& json);

}  // namespace pcb
