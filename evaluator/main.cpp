// balancer-evaluator: turns alerts into migration plans and tells people.
#include <cstdio>
#include <iostream>
#include <variant>

#include "cluster/config_read.h"
#include "evaluator/cli/act_commands.h"
#include "evaluator/cli/client_commands.h"
#include "evaluator/cli/journal_commands.h"
#include "evaluator/cli/options.h"
#include "evaluator/cli/serve.h"

int main(int argc, char** argv) {
  using namespace pcb;
  const auto read = read_options(argc, argv);
  if (const auto* leave = std::get_if<EarlyExit>(&read)) {
    std::fputs(leave->out.c_str(), stdout);
    std::fputs(leave->error.c_str(), stderr);
    return leave->code;
  }
  const auto& options = std::get<EvaluatorOptions>(read);
  log::set_up(options.log_level, options.log_format);
  if (options.action == EvaluatorAction::plan) return run_plan(options.plan, std::cin, std::cout, std::cerr);
  if (options.action == EvaluatorAction::simulate)
    return run_simulate(options.simulate, std::cin, std::cout, std::cerr);
  if (options.action == EvaluatorAction::init) return run_init(options.init, std::cin, std::cout, std::cerr);
  // An evaluator elsewhere; but check asks the servers that the file names.
  const bool needs_no_file = !options.url.empty() && options.action != EvaluatorAction::check;
  const bool talks_only =
      options.action == EvaluatorAction::status || options.action == EvaluatorAction::history ||
      options.action == EvaluatorAction::report || options.action == EvaluatorAction::backup ||
      options.action == EvaluatorAction::restore;
  std::string warnings;
  const auto config = needs_no_file ? Result<Config>(Config{})
                                    : load_config(options.config_path, &warnings,
                                                  talks_only ? SecretsOf::neither : SecretsOf::evaluator);
  if (!warnings.empty()) std::fprintf(stderr, "%s\n", warnings.c_str());
  if (!config) {
    std::fprintf(stderr, "%s\n", config.error().message.c_str());
    return kExitConfig;
  }
  switch (options.action) {
    case EvaluatorAction::serve:
      return run_serve(options.config_path, *config);
    case EvaluatorAction::status:
      return run_status(options, *config, std::cout, std::cerr);
    case EvaluatorAction::history:
      return run_history(options, *config, std::cout, std::cerr);
    case EvaluatorAction::report:
      return run_report(options, *config, std::cout, std::cerr);
    case EvaluatorAction::backup:
      return run_backup(config->evaluator.state_directory, options.file, std::cout, std::cerr);
    case EvaluatorAction::restore:
      return run_restore(config->evaluator.state_directory, options.file, std::cout, std::cerr);
    case EvaluatorAction::check:
      return run_check(options, *config, std::cout);
    case EvaluatorAction::act:
      return run_act(options, *config, std::cout, std::cerr);
    case EvaluatorAction::plan:
    case EvaluatorAction::simulate:
    case EvaluatorAction::init:
      break;
  }
  return kExitFailed;
}
