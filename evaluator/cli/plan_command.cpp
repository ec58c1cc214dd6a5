#include "evaluator/cli/plan_command.h"

#include <algorithm>
#include <cmath>
#include <fstream>
#include <iostream>
#include <iterator>

#include <CLI/CLI.hpp>

#include "cluster/config_read.h"
#include "cluster/document_json.h"
#include "cluster/document_merge.h"
#include "common/http/client.h"
#include "common/text.h"
#include "evaluator/cli/outside.h"
#include "evaluator/planner/plan_output.h"

namespace pcb {
namespace {

constexpr int kOk = 0, kFailed = 1, kUsage = 2, kBadConfig = 78;

bool is_url(const std::string& text) {
  return text.rfind("http://", 0) == 0 || text.rfind("https://", 0) == 0;
}

Result<std::string> fetch(const std::string& url) {
  http::ClientSettings settings;
  settings.timeout = std::chrono::seconds(10);
  settings.max_body_bytes = 256U << 20U;
  http::Client client(settings);
  auto response = client.get(url);
  if (!response.ok()) return response.error();
  if (response->status != 200)
    return Error{url + " answered with status " + std::to_string(response->status) +
                 "; is the exporter running?"};
  return std::move(response->body);
}

Result<std::string> fetch_all(const std::vector<std::string>& urls) {
  std::vector<std::string> parts;
  parts.reserve(urls.size());
  for (const std::string& url : urls) {
    auto part = fetch(url);
    if (!part.ok()) return part.error();
    parts.push_back(std::move(*part));
  }
  return merge_documents(parts);
}

Result<std::string> document_text(const PlanOptions& options, const Config& config, std::istream& in) {
  if (options.cluster == "-") return std::string(std::istreambuf_iterator<char>(in), {});
  if (is_url(options.cluster)) return fetch(options.cluster);
  if (options.cluster.empty()) return fetch_all(cluster_urls_of(config));
  std::ifstream file(options.cluster, std::ios::binary);
  std::string text(std::istreambuf_iterator<char>(file), {});
  if (!file.is_open() || file.bad())
    return Error{"cannot read " + options.cluster + "; name a readable cluster document"};
  return text;
}

// "8GiB", "512MiB", "1073741824".
std::optional<double> parse_bytes(std::string text) {
  double unit = 1;
  const std::pair<const char*, double> units[] = {
      {"KiB", 1024.0}, {"MiB", 1048576.0}, {"GiB", 1073741824.0}, {"TiB", 1099511627776.0}};
  for (const auto& [suffix, factor] : units)
    if (text.size() > 3 && text.compare(text.size() - 3, 3, suffix) == 0) {
      unit = factor;
      text.resize(text.size() - 3);
      break;
    }
  const auto value = text::to_double(text::trim(text));
  if (!value || *value < 0) return std::nullopt;
  return *value * unit;
}

std::string explanation(const Plan& plan, const Cluster& cluster, const PlanOptions& options,
                        const Policy& policy) {
  const Guest* guest = nullptr;
  for (const auto& candidate : cluster.guests)
    if (candidate.id == options.explain) guest = &candidate;
  std::string out = text::printable(guest->id) + " (" + text::printable(guest->name.value_or(guest->id)) +
                    ") on " + text::printable(guest->host) + "\n";
  for (const auto& move : plan.moves)
    if (move.guest == guest->id)
      out += "  step " + std::to_string(move.step) + " moves it to " + text::printable(move.to) + ": " +
             text::printable(move.why) + "\n";
  for (const auto& [target, verdict] : verdicts_of(cluster, guest->id, policy)) {
    out +=
        "  to " + text::printable(target) + ": " +
        (verdict.allowed
             ? "allowed now"
             : verdict.code + (verdict.detail.empty() ? "" : " (" + text::printable(verdict.detail) + ")")) +
        "\n";
  }
  return out;
}

int usage(std::ostream& err, const std::string& message) {
  err << "balancer-evaluator plan: " << message << "\n";
  return kUsage;
}

}  // namespace

Result<Goal> parse_goal(const std::string& text) {
  Goal goal;
  const auto colon = text.find(':');
  const std::string word = text.substr(0, colon),
                    argument = colon == std::string::npos ? "" : text.substr(colon + 1);
  if (word == "drain" && !argument.empty()) {
    goal.kind = GoalKind::drain;
    goal.scope = {argument};
    return goal;
  }
  if (word == "place") {
    const auto comma = argument.find(',');
    const auto cores = text::to_double(text::trim(argument.substr(0, comma)));
    const auto bytes = comma == std::string::npos ? std::nullopt : parse_bytes(argument.substr(comma + 1));
    if (!cores || *cores < 0 || !bytes)
      return Error{"--goal " + text + ": write place:CORES,MEMORY, such as place:4,8GiB"};
    goal.kind = GoalKind::place;
    goal.place_cores = *cores;
    goal.place_memory_bytes = *bytes;
    return goal;
  }
  if (colon == std::string::npos) {
    if (word == "relieve") return goal;
    goal.kind = word == "balance" ? GoalKind::balance : GoalKind::survive;
    if (word == "balance" || word == "survive") return goal;
  }
  return Error{"--goal " + text +
               ": known goals are relieve, balance, drain:HOST, place:CORES,MEMORY, survive"};
}

GoalKind goal_of(const DefaultParams& params) {
  return params.migration_strategy == "balance" ? GoalKind::balance : GoalKind::relieve;
}

Policy policy_of(const EvaluatorConfig& config) {
  Policy policy;
  policy.stale_after_seconds = config.stale_after.count();
  policy.guest_cooldown_seconds = config.guest_cooldown.count();
  if (config.host_cooldown.count() > 0) policy.host_cooldown_seconds = config.host_cooldown.count();
  policy.low_water = config.low_water;
  policy.min_gain = config.min_gain;
  policy.max_moves = config.max_moves;
  policy.memory_overcommit_vm = config.memory_overcommit_vm;
  policy.memory_overcommit_container = config.memory_overcommit_container;
  policy.allow_local_disks = config.allow_local_disks;
  return policy;
}

CLI::App* add_plan_command(CLI::App& app, PlanOptions& options) {
  CLI::App* plan = app.add_subcommand("plan", "Plan once and print what it would move, and why");
  plan->add_option("--config", options.config_path, "config.yaml; without it the defaults hold");
  plan->add_option("--cluster", options.cluster,
                   "cluster document: a file, - for standard input, or a URL "
                   "(default: the exporter that the configuration names)");
  plan->add_option("--goal", options.goal,
                   "relieve, balance, drain:HOST, place:CORES,MEMORY or survive "
                   "(default: default_params.migration_strategy, relieve)");
  plan->add_option("--scope", options.scope, "hosts it is about, separated by commas")->delimiter(',');
  plan->add_option("--max-moves", options.max_moves, "at most so many moves; 0: no cap")
      ->check(CLI::NonNegativeNumber);
  plan->add_option("--min-gain", options.min_gain, "balance: the peak each move must save")
      ->check(CLI::NonNegativeNumber);
  plan->add_flag("--include-stopped", options.include_stopped, "drain: stopped guests leave, too");
  plan->add_option("--explain", options.explain,
                   "one guest, by its id such as lxc/101: where it may go, and what keeps it");
  plan->add_option("--output", options.output, "text or json")
      ->check(CLI::IsMember({"text", "json"}))
      ->capture_default_str();
  plan->footer(
      "Examples:\n"
      "  balancer-evaluator plan --cluster cluster.json\n"
      "  balancer-evaluator plan --goal drain:pve2 --output json\n"
      "  curl -s http://127.0.0.1:9722/cluster | balancer-evaluator plan --cluster - --goal balance");
  return plan;
}

int run_plan(const PlanOptions& options, std::istream& in, std::ostream& out, std::ostream& err) {
  auto goal = parse_goal(options.goal.empty() ? "relieve" : options.goal);
  if (!goal.ok()) return usage(err, goal.error().message);
  if (!options.scope.empty() && goal->kind == GoalKind::drain)
    return usage(err, "--scope does not go with drain, which names its host");
  if (options.min_gain && !std::isfinite(*options.min_gain)) return usage(err, "--min-gain must be a number");
  if (!options.scope.empty()) goal->scope = options.scope;
  goal->include_stopped = options.include_stopped;

  Config config;
  if (!options.config_path.empty()) {
    std::string warnings;
    auto loaded = load_config(options.config_path, &warnings, SecretsOf::neither);
    if (!warnings.empty()) err << warnings << "\n";
    if (!loaded.ok()) {
      err << loaded.error().message << "\n";
      return kBadConfig;
    }
    config = std::move(loaded.value());
  }
  if (options.goal.empty()) goal->kind = goal_of(config.default_params);
  Policy policy = policy_of(config.evaluator);
  if (options.max_moves) policy.max_moves = options.max_moves;
  if (options.min_gain) policy.min_gain = *options.min_gain;

  const auto text = document_text(options, config, in);
  if (!text.ok()) {
    err << text.error().message << "\n";
    return kFailed;
  }
  auto document = read_cluster(text.value());
  if (!document.ok()) {
    err << document.error().message << "\n";
    return kFailed;
  }
  for (const auto& warning : document->warnings) err << "warning: " << text::printable(warning) << "\n";
  const Cluster& cluster = document->cluster;
  const bool known =
      options.explain.empty() || std::any_of(cluster.guests.begin(), cluster.guests.end(),
                                             [&](const Guest& guest) { return guest.id == options.explain; });
  if (!known)
    return usage(err, "--explain " + text::printable(options.explain) +
                          ": no such guest in the document; write its id, such as lxc/101 or qemu/101");

  const auto made = plan(cluster, goal.value(), policy);
  if (!made.ok()) return usage(err, made.error().message);
  if (options.output == "json") {
    out << plan_to_json(made.value());
    if (!options.explain.empty()) err << explanation(made.value(), cluster, options, policy);
  } else if (!options.explain.empty()) {
    out << explanation(made.value(), cluster, options, policy);
  } else {
    out << plan_to_text(made.value(), cluster, options.style);
  }
  out.flush();
  return out.good() ? kOk : kFailed;
}

}  // namespace pcb
