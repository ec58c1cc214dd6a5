// The `plan` subcommand: reads a cluster document, plans once, prints.
//
// The document comes from a file, from standard input ("-"), from a URL, or from the exporter that the
// configuration names. Exit codes: 0 with every plan, 1 for a document that cannot be read (the fault and its
// JSON path on stderr, nothing on stdout), 2 for usage, 78 for a bad configuration. Tested by
// tests/evaluator/plan_command_test.cpp.
#pragma once

#include <iosfwd>
#include <optional>
#include <string>
#include <vector>

#include "cluster/config.h"
#include "common/result.h"
#include "evaluator/planner/plan_output.h"
#include "evaluator/planner/planner.h"

namespace CLI {
class App;
}

namespace pcb {

struct PlanOptions {
  std::string config_path;  // empty: the defaults hold
  std::string cluster;      // FILE, "-", URL, or empty: the exporter's
  std::string goal;         // empty: the configuration's migration_strategy
  std::vector<std::string> scope;
  std::optional<int> max_moves;
  std::optional<double> min_gain;
  bool include_stopped = false;
  std::string explain;  // a guest id
  std::string output = "text";
  TextStyle style;
};

// Adds `plan` with its options, writing into `options`, which must outlive the app. run_plan() does the work.
CLI::App* add_plan_command(CLI::App& app, PlanOptions& options);

int run_plan(const PlanOptions& options, std::istream& in, std::ostream& out, std::ostream& err);

// "relieve", "drain:pve1", "place:4,8GiB"; an Error says what is allowed.
Result<Goal> parse_goal(const std::string& text);
Policy policy_of(const EvaluatorConfig& config);
GoalKind goal_of(const DefaultParams& params);  // migration_strategy

}  // namespace pcb
