#include "evaluator/cli/simulate_command.h"

#include <cmath>
#include <ctime>
#include <iostream>
#include <iterator>

#include <CLI/CLI.hpp>

#include "cluster/config_read.h"
#include "common/os/file.h"
#include "common/text.h"
#include "evaluator/cli/plan_command.h"
#include "evaluator/cli/prometheus_history.h"
#include "evaluator/simulate/demo.h"
#include "evaluator/simulate/report.h"

namespace pcb {
namespace {

constexpr int kOk = 0, kFailed = 1, kUsage = 2, kBadConfig = 78;
constexpr double kDaySeconds = 86400, kDemoDays = 7, kMostDays = 400;
constexpr std::size_t kMostTraceBytes = std::size_t{1} << 30U;

int usage(std::ostream& err, const std::string& message) {
  err << "balancer-evaluator simulate: " << message << "\n";
  return kUsage;
}

// Windows of the configuration are in local time.
double local_utc_offset(double unix_seconds) {
  const auto at = static_cast<std::time_t>(unix_seconds);
  std::tm local{};
  return ::localtime_r(&at, &local) == nullptr ? 0 : static_cast<double>(local.tm_gmtoff);
}

Result<Trace> trace_of(const SimulateOptions& options, const Config& config, double since_seconds,
                       std::istream& in) {
  if (options.demo) return demo_trace(*options.demo, options.days.value_or(kDemoDays));
  if (!options.prometheus.empty())
    return trace_from_prometheus({options.prometheus, options.matchers, since_seconds}, config);
  if (options.trace == "-") return read_trace(std::string(std::istreambuf_iterator<char>(in), {}));
  const auto text = os::read_file(options.trace, kMostTraceBytes);
  if (!text) return text.error();
  auto trace = read_trace(*text);
  if (!trace) return trace.error().in(options.trace);
  return trace;
}

SimulationSettings settings_of(const SimulateOptions& options, const Config& config, const Trace& trace) {
  SimulationSettings settings;
  settings.policy = policy_of(config.evaluator);
  settings.envelope = envelope_settings(config.evaluator);
  settings.goal = goal_of(config.default_params);
  if (!options.goal.empty())
    settings.goal = options.goal == "balance" ? GoalKind::balance : GoalKind::relieve;
  settings.window_seconds = config.prometheus.window.count();
  settings.seconds = options.days.value_or(0) * kDaySeconds;
  settings.utc_offset_seconds = local_utc_offset(trace.start);
  settings.consent = options.consent == "all";
  if (const auto rate = config.evaluator.limits.bandwidth_bytes_per_second)
    settings.copy_bytes_per_second = *rate;
  return settings;
}

}  // namespace

std::optional<double> parse_since(const std::string& since) {
  if (since.empty()) return std::nullopt;
  const std::pair<char, double> units[] = {
      {'m', 60}, {'h', 3600}, {'d', kDaySeconds}, {'w', 7 * kDaySeconds}};
  const auto number = text::to_double(since.substr(0, since.size() - 1));
  for (const auto& [unit, seconds] : units)
    if (since.back() == unit && number && *number > 0) return *number * seconds;
  return std::nullopt;
}

CLI::App* add_simulate_command(CLI::App& app, SimulateOptions& options) {
  CLI::App* simulate = app.add_subcommand(
      "simulate",
      "Replay loads and print what this program would have done, beside nothing and a greedy way");
  simulate->add_option("--config", options.config_path, "config.yaml; without it the defaults hold");
  simulate->add_option("--trace", options.trace,
                       "a load trace (docs/simulate.md): a file, or - for standard input");
  simulate->add_option("--demo", options.demo,
                       "a made-up trace of four hosts; the same seed is the same trace");
  simulate->add_option("--from-prometheus", options.prometheus,
                       "URL of a Prometheus that scrapes prometheus-pve-exporter or balancer-exporter");
  simulate->add_option("--since", options.since, "how far back in Prometheus: 36h, 14d, 2w")
      ->capture_default_str();
  simulate->add_option("--matchers", options.matchers,
                       "label matchers for every query, such as 'cluster=\"home\",job=\"pve\"'");
  simulate->add_option("--days", options.days, "replay only the first so many days")
      ->check(CLI::Range(0.01, kMostDays));
  simulate
      ->add_option("--goal", options.goal,
                   "relieve or balance (default: default_params.migration_strategy, relieve)")
      ->check(CLI::IsMember({"relieve", "balance"}));
  simulate
      ->add_option(
          "--consent", options.consent,
          "all: as if every restart and copy were agreed to; config: only tags and windows allow them")
      ->check(CLI::IsMember({"all", "config"}))
      ->capture_default_str();
  simulate->add_option("--write-trace", options.write_trace, "write the trace to a file, to replay it again");
  simulate->add_option("--output", options.output, "text or json")
      ->check(CLI::IsMember({"text", "json"}))
      ->capture_default_str();
  simulate->footer(
      "Examples:\n"
      "  balancer-evaluator simulate --demo 1\n"
      "  balancer-evaluator simulate --from-prometheus http://127.0.0.1:9090 --since 14d --write-trace "
      "two-weeks.trace\n"
      "  balancer-evaluator simulate --config config.yaml --trace two-weeks.trace --goal balance --days 7");
  return simulate;
}

int run_simulate(const SimulateOptions& options, std::istream& in, std::ostream& out, std::ostream& err) {
  const int sources =
      (options.trace.empty() ? 0 : 1) + (options.demo ? 1 : 0) + (options.prometheus.empty() ? 0 : 1);
  if (sources != 1) return usage(err, "name one of --trace FILE, --demo SEED and --from-prometheus URL");
  const auto since = parse_since(options.since);
  if (!since || *since < 3600 || *since > kMostDays * kDaySeconds)
    return usage(err,
                 "--since " + text::printable(options.since) + ": write 1h to 400d, such as 36h, 14d or 2w");
  Config config;
  if (!options.config_path.empty()) {
    std::string warnings;
    auto loaded = load_config(options.config_path, &warnings);
    if (!warnings.empty()) err << warnings << "\n";
    if (!loaded.ok()) {
      err << loaded.error().message << "\n";
      return kBadConfig;
    }
    config = std::move(loaded.value());
  }
  auto trace = trace_of(options, config, *since, in);
  if (!trace) {
    err << trace.error().message << "\n";
    return kFailed;
  }
  for (const auto& warning : trace->warnings) err << "warning: " << text::printable(warning) << "\n";
  if (options.days && *options.days * kDaySeconds > trace->seconds() + 1)
    err << "warning: the trace ends after " << text::human_duration(trace->seconds()) << "\n";
  if (!options.write_trace.empty()) {
    const auto written = os::write_file_atomically(options.write_trace, write_trace(*trace));
    if (!written) {
      err << written.error().message << "\n";
      return kFailed;
    }
  }
  const Simulation simulation = simulate(*trace, settings_of(options, config, *trace));
  out << (options.output == "json" ? simulation_to_json(simulation)
                                   : simulation_to_text(simulation, options.colour));
  out.flush();
  return out.good() ? kOk : kFailed;
}

}  // namespace pcb
