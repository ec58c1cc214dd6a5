#include "evaluator/cli/act_commands.h"

#include <chrono>
#include <cstdlib>
#include <ostream>
#include <string>
#include <thread>

#include <CLI/CLI.hpp>

#include "cluster/json_tree.h"
#include "common/http/client.h"
#include "common/os/file.h"
#include "common/text.h"
#include "evaluator/cli/evaluator_client.h"
#include "evaluator/cli/operator_token.h"
#include "evaluator/cli/outside.h"
#include "evaluator/decide/json_view.h"
#include "evaluator/trigger/red_button.h"

namespace pcb {
namespace {

constexpr std::chrono::milliseconds kLookEvery{1'000};
constexpr std::chrono::milliseconds kTimeout{30'000};  // pausing waits for a start under way
constexpr const char* kNoTokenHint =
    "; the evaluator makes the operator's token at its first start: run this where it runs, as root or as "
    "its user, name a copy with --token-file, or log in with --user";

// Who is behind sudo, else who is logged in: what the journal shows. The token is what counts.
std::string user_name() {
  for (const char* variable : {"SUDO_USER", "LOGNAME", "USER"}) {
    const char* value = std::getenv(variable);
    if (value != nullptr && *value != '\0') return value;
  }
  return "";
}

std::string path_of(const ActOptions& act) {
  switch (act.command) {
    case ActCommand::approve:
    case ActCommand::reject: {
      const std::string verdict = act.command == ActCommand::approve ? "/approve" : "/reject";
      if (act.move) return "/api/v1/moves/" + std::to_string(*act.move) + verdict;
      return "/api/v1/plans/" + (act.plan ? std::to_string(*act.plan) : "standing") + verdict;
    }
    case ActCommand::pause:
      return "/api/v1/pause";
    case ActCommand::resume:
      return "/api/v1/resume";
    case ActCommand::breaker_reset:
      return "/api/v1/breaker/reset";
    case ActCommand::drain:
      return "/api/v1/drain";
    case ActCommand::give_back:
      return "/api/v1/return";
    case ActCommand::cancel:
      return "/api/v1/errand/cancel";
  }
  return "";
}

std::string body_of(const ActOptions& act) {
  const auto field = [](const char* name, const std::string& value) {
    return std::string("\"") + name + "\":\"" + text::json_escape(value) + "\"";
  };
  return "{" + field("user", user_name()) + "," + field("reason", act.reason) + "," +
         field("host", act.host) + "," + field("include_stopped", act.include_stopped ? "yes" : "no") + "}";
}

std::string said_in(const std::string& json, const char* key) {
  const auto tree = read_json_tree(json);
  return tree ? JsonView(*tree).text_of(key).value_or("") : "";
}

std::string token_path(const EvaluatorOptions& options, const Config& config) {
  return options.act.token_file.empty() ? operator_token_path(config.evaluator.state_directory)
                                        : options.act.token_file;
}

// Where to post, logged in as --user or by the operator's token.
Result<EvaluatorAddress> deciding_address(const EvaluatorOptions& options, const Config& config) {
  auto address = evaluator_address(options, config);
  if (!address) return address;
  address->settings.timeout = kTimeout;
  if (!options.user.empty()) return address;
  const auto token = os::read_secret_file(token_path(options, config));
  if (!token) return token.error();
  address->settings.bearer_token = *token;
  return address;
}

// Prints each new word on the errand, until it is over. 0: done; 3: something is left.
int watch(const EvaluatorAddress& address, std::ostream& out, std::ostream& err) {
  http::Client client(address.settings);
  std::string last;
  while (true) {
    const auto answer = client.get(address.base + "/api/v1/errand");
    if (!answer || answer->status != 200) {
      err << "the evaluator does not answer; it goes on by itself\n";
      return kExitFailed;
    }
    const std::string progress = said_in(answer->body, "progress");
    if (progress != last && !progress.empty()) out << text::printable(progress) << std::endl;
    last = progress;
    const std::string state = said_in(answer->body, "state");
    if (state == "done") return kExitGood;
    if (state != "active") return kExitPartial;
    std::this_thread::sleep_for(kLookEvery);
  }
}

}  // namespace

void add_act_commands(CLI::App& app, EvaluatorOptions& options) {
  const auto add = [&](CLI::App& to, const char* name, const char* help, ActCommand command) {
    CLI::App* added = to.add_subcommand(name, help);
    added->fallthrough();
    added->add_option("--config", options.config_path, "The configuration file")->capture_default_str();
    add_address_options(*added, options);
    added
        ->add_option("--token-file", options.act.token_file,
                     "The operator's token (default: operator_token in evaluator.state_directory)")
        ->excludes("--user");
    added->add_option("--reason", options.act.reason, "Why; it is recorded");
    added->callback([&options, command] {
      options.action = EvaluatorAction::act;
      options.act.command = command;
    });
    return added;
  };
  for (auto* command :
       {add(app, "approve", "Say yes to the plan that stands, or to one move of it", ActCommand::approve),
        add(app, "reject", "Say no to it", ActCommand::reject)}) {
    command->add_option("plan", options.act.plan, "The plan's number (default: the one that stands)");
    command->add_option("--move", options.act.move, "One move alone, by its number");
  }
  add(app, "pause", "Press the red button: nothing starts until resume", ActCommand::pause);
  add(app, "resume", "Release the red button", ActCommand::resume);
  for (auto* command :
       {add(app, "drain", "Empty a host, before maintenance", ActCommand::drain),
        add(app, "return", "Bring home the guests that drain took away", ActCommand::give_back)}) {
    command->add_option("host", options.act.host, "The host")->required();
    command->add_flag("--wait", options.act.wait, "Show how far it is, and leave when it is over");
    if (command->get_name() == "drain")
      command->add_flag("--include-stopped", options.act.include_stopped, "Stopped guests leave, too");
  }
  add(app, "cancel", "End a drain or return; what runs is finished", ActCommand::cancel);
  CLI::App* breaker = app.add_subcommand("breaker", "The breaker, which opens after failures");
  breaker->require_subcommand(1);
  breaker->fallthrough();
  add(*breaker, "reset", "Close it: moves may be carried out again", ActCommand::breaker_reset);
}

int run_act(const EvaluatorOptions& options, const Config& config, std::ostream& out, std::ostream& err) {
  const ActOptions& act = options.act;
  const std::string& directory = config.evaluator.state_directory;
  // The red button must not depend on a login, nor on an evaluator that answers: the file stops it as well.
  const bool may_use_file = act.command == ActCommand::pause && options.url.empty();
  const auto give_up = [&](const std::string& why, const char* hint = "") {
    if (!may_use_file) {
      err << why << hint << "\n";
      return kExitFailed;
    }
    const Status pressed = press_file(directory, user_name(), act.reason, unix_now());
    if (pressed) {
      out << "paused: " << why << ", and the evaluator will find " << directory << "/STOP\n";
      return kExitGood;
    }
    err << why << ", and " << pressed.error().message << "\n";
    return kExitFailed;
  };
  const auto address = deciding_address(options, config);
  if (!address) return give_up(address.error().message, options.user.empty() ? kNoTokenHint : "");
  const auto answer = http::Client(address->settings).post(address->base + path_of(act), body_of(act));
  if (!answer) return give_up("the evaluator does not answer: " + answer.error().message);
  if (answer->status == 200) {
    out << text::printable(said_in(answer->body, "result")) << std::endl;
    return act.wait ? watch(*address, out, err) : kExitGood;
  }
  const std::string why = said_in(answer->body, "error");
  if (answer->status == 401) {
    err << (options.user.empty() ? "the evaluator does not take the token in " + token_path(options, config) +
                                       "; it takes the one in operator_token in its own state directory"
                                 : "the evaluator does not know the user " + text::printable(options.user) +
                                       " with this password: see evaluator.web_config")
        << "\n";
  } else {
    err << text::printable(why.empty() ? "the evaluator answers with status " + std::to_string(answer->status)
                                       : why)
        << "\n";
  }
  return kExitFailed;
}

}  // namespace pcb
