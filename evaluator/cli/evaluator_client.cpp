#include "evaluator/cli/evaluator_client.h"

#include <cstdio>
#include <utility>

#include <CLI/CLI.hpp>
#include <unistd.h>

#include "common/http/web_config.h"
#include "common/os/file.h"
#include "common/os/terminal.h"
#include "common/text.h"

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

Result<std::string> password_of(const EvaluatorOptions& options) {
  if (!options.password_file.empty()) {
    auto password = os::read_secret_file(options.password_file);
    return password ? std::move(password) : password.error().in("--password-file");
  }
  if (::isatty(STDIN_FILENO) != 1)
    return Error{"there is no terminal to ask for the password of " + text::printable(options.user) +
                 ": name a file that holds it with --password-file"};
  // Not on stdout, which is for data.
  std::fprintf(stderr, "Password of %s: ", text::printable(options.user).c_str());
  std::string password = os::read_hidden_line(STDIN_FILENO);
  std::fputc('\n', stderr);
  if (password.empty()) return Error{"no password was given"};
  return password;
}

}  // namespace

void add_address_options(CLI::App& command, EvaluatorOptions& options) {
  command.add_option("--url", options.url, "Where the evaluator runs (default: as config.yaml says)");
  auto* user = command.add_option("--user", options.user, "Login, where evaluator.web_config asks for one");
  command
      .add_option("--password-file", options.password_file,
                  "File with the password (default: asked for at the terminal)")
      ->needs(user);
  command.add_option("--ca-file", options.ca_file,
                     "Certificates that sign the evaluator's own (default: the system's)");
}

Result<EvaluatorAddress> evaluator_address(const EvaluatorOptions& options, const Config& config) {
  EvaluatorAddress address;
  address.base = options.url.empty() ? own_address(config.evaluator) : options.url;
  while (address.base.ends_with('/')) address.base.pop_back();
  address.settings.ca_file = options.ca_file;
  if (!options.user.empty()) {
    const auto password = password_of(options);
    if (!password) return password.error();
    address.settings.basic_user = options.user;
    address.settings.basic_password = *password;
  }
  return address;
}

}  // namespace pcb
