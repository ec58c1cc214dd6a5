// The `simulate` subcommand: replays a load trace and prints what would have happened.
//
// The trace comes from a file, from the demo's generator, or from the history of a Prometheus. Exit codes: 0
// with every replay, 1 for a trace that cannot be read or made (the reason on stderr, nothing on stdout), 2
// for usage, 78 for a bad configuration. Tested by tests/evaluator/simulate_command_test.cpp.
#pragma once

#include <cstdint>
#include <iosfwd>
#include <optional>
#include <string>

namespace CLI {
class App;
}

namespace pcb {

struct SimulateOptions {
  std::string config_path;  // empty: the defaults hold
  std::string trace;        // a file, or "-"
  std::optional<std::uint64_t> demo;
  std::string prometheus;  // a URL
  std::string since = "14d";
  std::string matchers;
  std::optional<double> days;
  std::string goal;  // empty: the configuration's migration_strategy
  std::string consent = "all";
  std::string write_trace;
  std::string output = "text";
  bool colour = false;
};

// "90m", "36h", "14d", "2w" in seconds.
std::optional<double> parse_since(const std::string& since);

// Adds `simulate` with its options, writing into `options`, which must outlive the app.
CLI::App* add_simulate_command(CLI::App& app, SimulateOptions& options);

int run_simulate(const SimulateOptions& options, std::istream& in, std::ostream& out, std::ostream& err);

}  // namespace pcb
