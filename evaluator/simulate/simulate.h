// Replays a load trace three ways: leaving everything where it is, the greedy way, and this program.
//
// Pure: the clock is the trace's. Every way lives in its own World with the same loads. The balancer's way is
// the live loop's own code on that clock: alerts as rules/alerts.yml fires them, incidents, cluster_state(),
// plan(), plan_stands(), and the envelope (judge_start(), mode auto) that says which steps may start. The
// greedy way: whenever a host is over a threshold, its largest movable guest goes to the least loaded host.
// What is modelled and what is not: docs/simulate.md. Tested by tests/evaluator/simulate_test.cpp.
#pragma once

#include <string>
#include <vector>

#include "evaluator/decide/envelope.h"
#include "evaluator/planner/planner.h"
#include "evaluator/simulate/outcome.h"
#include "evaluator/simulate/trace.h"

namespace pcb {

inline constexpr double kDefaultCopyBytesPerSecond = 110e6;  // 1 Gbit/s, less what protocols take

struct SimulationSettings {
  Policy policy;
  EnvelopeSettings envelope;
  GoalKind goal = GoalKind::relieve;  // or balance
  double window_seconds = 900;        // of the loads; at least three points of the trace
  double seconds = 0;                 // how much of the trace; 0: all
  double utc_offset_seconds = 0;      // of the local time that windows are written in
  double copy_bytes_per_second = kDefaultCopyBytesPerSecond;
  bool consent = true;  // as if a person had agreed to every restart and copy; else only tags and windows do
};

struct Simulation {
  double start = 0, seconds = 0;  // what was replayed
  std::size_t hosts = 0, guests = 0;
  double step_seconds = 0, window_seconds = 0;
  std::string goal;
  std::vector<Outcome> outcomes;     // nothing, greedy, balancer
  std::vector<std::string> unknown;  // of the trace
};

Simulation simulate(const Trace& trace, const SimulationSettings& settings);

}  // namespace pcb
