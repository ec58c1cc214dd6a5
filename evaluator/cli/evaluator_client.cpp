#include "evaluator/cli/evaluator_client.h"

#include <CLI/CLI.hpp>

#include "common/http/web_config.h"
#include "common/os/file.h"

namespace pcb {
namespace {

std::string own_address(const EvaluatorConfig& evaluator) {
  bool tls = false;
  if (!evaluator.web_config.empty()) {
    const auto web = http::load_web_config(evaluator.web_config);
    tls = web && (*web)->tls;
  }
  return (tls ? "https://" : "http://") + evaluator.listen;
}

}  // namespace

void add_address_options(CLI::App& command, EvaluatorOptions& options) {
  command.add_option("--url", options.url, "Where the evaluator runs (default: as config.yaml says)");
  auto* user = command.add_option("--user", options.user, "Login, where evaluator.web_config asks for one");
  user->needs(command.add_option("--password-file", options.password_file, "File with the password"));
  command.add_option("--ca-file", options.ca_file,
                     "Certificates that sign the evaluator's own (default: the system's)");
}

Result<EvaluatorAddress> evaluator_address(const EvaluatorOptions& options, const Config& config) {
  EvaluatorAddress address;
  address.base = options.url.empty() ? own_address(config.evaluator) : options.url;
  while (address.base.ends_with('/')) address.base.pop_back();
  address.settings.ca_file = options.ca_file;
  if (!options.user.empty()) {
    const auto password = os::read_secret_file(options.password_file);
    if (!password) return password.error().in("--password-file");
    address.settings.basic_user = options.user;
    address.settings.basic_password = *password;
  }
  return address;
}

}  // namespace pcb
