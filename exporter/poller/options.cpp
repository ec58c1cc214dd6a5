#include "exporter/poller/options.h"

#include <map>

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

Exit codes: 0 good, 1 failed, 2 wrong command line, 3 some hosts failed (of --check --connect also: parts of
them are missing), 78 bad configuration.)";

constexpr const char* kAcceptExample = R"(
Example:
  balancer-exporter --config config.yaml accept-host-key pve2
        shows the fingerprint that it accepts, and the command that shows it on the host)";

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
  app.set_version_flag("--version", version_text);
  app.add_option("--config", options.config_path, "The configuration file")->capture_default_str();
  auto* once_flag = app.add_flag("--once", once, "Take two samples of every host, print them, and leave");
  const std::map<std::string, OnceOutput> outputs{{"metrics", OnceOutput::metrics},
                                                  {"cluster", OnceOutput::cluster},
                                                  {"sd", OnceOutput::sd},
                                                  {"text", OnceOutput::text}};
  std::string output = "text";
  app.add_option("--output", output, "What --once prints: metrics, cluster, sd or text")
      ->needs(once_flag)
      ->check(CLI::IsMember(outputs).description(""))
      ->type_name("ENUM");
  auto* check_flag =
      app.add_flag("--check", check, "Read the configuration and the files it names, and leave");
  check_flag->excludes(once_flag);
  app.add_flag("--connect", options.connect, "With --check: log in to every host, too")->needs(check_flag);
  std::string shard = "1/1";
  app.add_option("--shard", shard,
                 "Of several exporters this one: 2/3 reads the hosts of the second of three");
  add_log_options(app, options.log_level, options.log_format);
  auto* accept = app.add_subcommand("accept-host-key", "Accept the host key that a host shows now");
  accept->fallthrough();
  accept->add_option("HOST", options.host, "Its name in proxmox_hosts")->required();
  accept->add_option("--fingerprint", options.fingerprint,
                     "Accept only the key with this fingerprint, SHA256:…");
  accept->footer(kAcceptExample);
  app.footer(kExamples);  // last: commands made after it would take it over
  if (auto leave = parse_words(app, argc, argv)) return *std::move(leave);
  options.output = outputs.at(output);
  const auto read = read_shard(shard);
  if (!read.ok()) return EarlyExit{kExitUsage, "", read.error().message + "\n"};
  options.shard = *read;
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
