// The command line of balancer-evaluator, as a value. CLI11 stays behind this header.
// Tested by tests/evaluator/options_test.cpp and serve_test.cpp.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <variant>

#include "common/cli/command_line.h"
#include "evaluator/cli/init_command.h"
#include "evaluator/cli/plan_command.h"
#include "evaluator/cli/simulate_command.h"

namespace pcb {

enum class EvaluatorAction {
  serve,
  plan,
  simulate,
  init,
  status,
  history,
  report,
  backup,
  restore,
  check,
  act
};
enum class ActCommand { approve, reject, pause, resume, breaker_reset, drain, give_back, cancel };

// What a person tells the running evaluator to do.
struct ActOptions {
  ActCommand command = ActCommand::pause;
  std::optional<std::int64_t> plan, move;  // of approve and reject; absent: the plan that stands
  std::string token_file;                  // empty: in the state directory
  std::string reason;
  std::string host;  // of drain and return
  bool include_stopped = false, wait = false;
};

struct EvaluatorOptions {
  EvaluatorAction action = EvaluatorAction::serve;
  std::string config_path = "config.yaml";
  PlanOptions plan;
  SimulateOptions simulate;
  InitOptions init;
  ActOptions act;
  std::string url;                           // of a running evaluator; empty: as config.yaml says
  std::string user, password_file, ca_file;  // its login and certificates
  std::string output = "text";
  int limit = 50;            // lines of history
  bool chain = false;        // of check
  std::string since = "7d";  // of report
  std::string file;          // of backup and restore
  log::Level log_level = log::Level::info;
  log::Format log_format = log::Format::text;
};

std::variant<EvaluatorOptions, EarlyExit> read_options(int argc, const char* const* argv);
std::string version_text();  // the program's and its libraries' versions, one a line

}  // namespace pcb
