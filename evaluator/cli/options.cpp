#include "evaluator/cli/options.h"

#include <CLI/CLI.hpp>
#include <sqlite3.h>
#include <unistd.h>

#include "cluster/json_tree.h"
#include "common/http/client.h"
#include "common/http/versions.h"
#include "common/os/terminal.h"
#include "evaluator/cli/act_commands.h"
#include "evaluator/cli/evaluator_client.h"

namespace pcb {
namespace {

constexpr const char* kExamples = R"(
Examples:
  balancer-evaluator serve --config config.yaml
        takes alerts at http://127.0.0.1:9723/webhook, plans, and tells what it suggests
  balancer-evaluator init
        from one host's address to a configuration and a first suggestion
  balancer-evaluator plan --cluster cluster.json --goal balance
        plans once for a saved cluster document and prints the plan
  balancer-evaluator simulate --from-prometheus http://127.0.0.1:9090 --since 14d
        replays the last two weeks and prints what it would have done
  balancer-evaluator status
        what the running evaluator sees, suggests, or waits for
  balancer-evaluator check --chain
        is every part there, do alerts come through, and how long do they take
  balancer-evaluator history --limit 20 --output json
        what happened last
  balancer-evaluator report --since 30d
        what it did or would have done, what lasted, and what would be safe for mode auto
  balancer-evaluator backup /root/journal.backup
        a copy of the journal; restore puts one in place
  balancer-evaluator approve
        says yes to the plan that stands; reject says no
  balancer-evaluator pause --reason "work on the switch"
        the red button: nothing starts until resume

Exit codes: 0 good, 1 failed, 2 wrong command line, 3 done in part, 78 bad configuration.)";

void add_client_options(CLI::App& command, EvaluatorOptions& options) {
  add_address_options(command, options);
  command.add_option("--output", options.output, "text or json")->check(CLI::IsMember({"text", "json"}));
}

}  // namespace

std::string version_text() {
  return std::string("balancer-evaluator ") + PCB_VERSION + "\nSQLite " + sqlite3_libversion() + "\n" +
         http::client_library_version() + "\n" + http::library_versions() + json_library_version() + "\n";
}

std::variant<EvaluatorOptions, EarlyExit> read_options(int argc, const char* const* argv) {
  EvaluatorOptions options;
  CLI::App app{
      "Turns alerts of a Proxmox cluster into migration plans, tells people, and moves guests if it may."};
  app.name("balancer-evaluator");
  app.set_version_flag("--version", version_text);
  app.require_subcommand(1);
  add_log_options(app, options.log_level, options.log_format);
  const auto with_config = [&](CLI::App* command) {
    command->fallthrough();
    command->add_option("--config", options.config_path, "The configuration file")->capture_default_str();
    return command;
  };
  auto* serve = with_config(app.add_subcommand("serve", "Serve until SIGTERM; SIGHUP reloads"));
  auto* plan = add_plan_command(app, options.plan);
  auto* simulate = add_simulate_command(app, options.simulate);
  auto* init = add_init_command(app, options.init);
  auto* status = with_config(app.add_subcommand("status", "What the running evaluator sees and suggests"));
  add_client_options(*status, options);
  auto* history = with_config(app.add_subcommand("history", "What happened, the newest first"));
  add_client_options(*history, options);
  history->add_option("--limit", options.limit, "How many events")
      ->check(CLI::Range(1, 1000))
      ->capture_default_str();
  auto* report = with_config(app.add_subcommand(
      "report", "What it did or would have done, what lasted, what would be safe for auto"));
  add_client_options(*report, options);
  report->add_option("--since", options.since, "How far back: 36h, 7d, 4w")->capture_default_str();
  auto* backup = with_config(app.add_subcommand("backup", "Copy the journal, also while the evaluator runs"));
  backup->add_option("file", options.file, "A file that is not there yet")->required();
  auto* restore = with_config(app.add_subcommand("restore", "Put a backup in place of the journal"));
  restore->add_option("file", options.file, "The backup")->required();
  auto* check =
      with_config(app.add_subcommand("check", "Ask exporter, Prometheus and Alertmanager, and leave"));
  add_address_options(*check, options);
  check->add_flag("--chain", options.chain,
                  "Also look at rules and routes, and send a synthetic alert to the running evaluator");
  add_act_commands(app, options);
  app.footer(kExamples);  // last: commands made after it would take it over
  if (auto leave = parse_words(app, argc, argv)) return *std::move(leave);
  if (serve->parsed()) options.action = EvaluatorAction::serve;
  const os::Terminal terminal = os::terminal_of(STDOUT_FILENO);
  options.plan.style = {terminal.colour, terminal.columns};
  options.simulate.colour = terminal.colour;
  options.init.style = options.plan.style;
  options.init.ask = ::isatty(STDIN_FILENO) == 1 && ::isatty(STDOUT_FILENO) == 1 && !options.init.yes;
  if (plan->parsed()) options.action = EvaluatorAction::plan;
  if (simulate->parsed()) options.action = EvaluatorAction::simulate;
  if (init->parsed()) options.action = EvaluatorAction::init;
  if (status->parsed()) options.action = EvaluatorAction::status;
  if (history->parsed()) options.action = EvaluatorAction::history;
  if (report->parsed()) options.action = EvaluatorAction::report;
  if (backup->parsed()) options.action = EvaluatorAction::backup;
  if (restore->parsed()) options.action = EvaluatorAction::restore;
  if (check->parsed()) options.action = EvaluatorAction::check;
  return options;
}

}  // namespace pcb
