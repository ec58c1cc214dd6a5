#include "exporter/poller/options.h"

#include <map>
#include <sstream>

#include <CLI/CLI.hpp>

#include "cluster/json_tree.h"
#include "common/http/versions.h"
#include "common/ssh/algorithms.h"

namespace pcb {
namespace {

constexpr const char* kExamples = R"(
Examples:
  balancer-exporter --config config.yaml
        serves http://127.0.0.1:9722/metrics and /cluster
  balancer-exporter --config config.yaml --check --connect
        logs in to every host and says what is wrong and what mends it
  balancer-exporter --config config.yaml --once
        prints the load of every host and guest as a table
  balancer-exporter --config config.yaml --once --output cluster > cluster.json
        saves the cluster document, for balancer-evaluator plan --cluster cluster.json
  balancer-exporter --config config.yaml accept-host-key pve2
        accepts the new host key of a host that was installed again

Exit codes: 0 good, 1 failed, 2 wrong command line, 3 some hosts failed, 78 bad configuration.)";

}  // namespace

std::string version_text() {
  return std::string("balancer-exporter ") + PCB_VERSION + "\nlibssh2 " + ssh::library_version() + "\n" +
         http::library_versions() + json_library_version() + "\n";
}

std::variant<ExporterOptions, EarlyExit> read_options(int argc, const char* const* argv) {
  ExporterOptions options;
  bool once = false;
  bool check = false;
  CLI::App app{"Reads Proxmox hosts over SSH and serves what it finds to Prometheus."};
  app.name("balancer-exporter");
  app.footer(kExamples);
  app.set_version_flag("--version", version_text);
  app.add_option("--config", options.config_path, "The configuration file")->capture_default_str();
  auto* once_flag = app.add_flag("--once", once, "Take two samples of every host, print them, and leave");
  const std::map<std::string, OnceOutput> outputs{
      {"metrics", OnceOutput::metrics}, {"cluster", OnceOutput::cluster}, {"text", OnceOutput::text}};
  app.add_option("--output", options.output, "What --once prints: metrics, cluster or text")
      ->needs(once_flag)
      ->transform(CLI::CheckedTransformer(outputs).description(""));
  auto* check_flag =
      app.add_flag("--check", check, "Read the configuration and the files it names, and leave");
  check_flag->excludes(once_flag);
  app.add_flag("--connect", options.connect, "With --check: log in to every host, too")->needs(check_flag);
  const std::map<std::string, log::Level> levels{{"debug", log::Level::debug},
                                                 {"info", log::Level::info},
                                                 {"warning", log::Level::warning},
                                                 {"warn", log::Level::warning},
                                                 {"error", log::Level::error}};
  app.add_option("--log-level", options.log_level, "debug, info, warning or error")
      ->transform(CLI::CheckedTransformer(levels).description(""));
  const std::map<std::string, log::Format> formats{{"text", log::Format::text}, {"json", log::Format::json}};
  app.add_option("--log-format", options.log_format, "text or json")
      ->transform(CLI::CheckedTransformer(formats).description(""));
  auto* accept = app.add_subcommand("accept-host-key", "Accept the host key that a host shows now");
  accept->fallthrough();
  accept->add_option("HOST", options.host, "Its name in proxmox_hosts")->required();
  accept->add_option("--fingerprint", options.fingerprint,
                     "Accept only the key with this fingerprint, SHA256:…");
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& fault) {
    std::ostringstream out;
    std::ostringstream error;
    const bool good = app.exit(fault, out, error) == 0;
    return EarlyExit{good ? kExitGood : kExitUsage, out.str(), error.str()};
  }
  if (once) options.action = ExporterAction::once;
  if (check) options.action = ExporterAction::check;
  if (accept->parsed()) {
    if (once || check) {
      return EarlyExit{kExitUsage, "", "accept-host-key stands alone: leave --once and --check away\n"};
    }
    options.action = ExporterAction::accept_host_key;
  }
  return options;
}

}  // namespace pcb
