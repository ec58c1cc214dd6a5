// What a replay came to: one outcome per way of running the cluster.
//
// Plain values. Host-hours: two hosts over their threshold for an hour are 2. `peak` is the highest use / L
// of docs/planner.md, of any host at any time; cost is that of a plan: moves + copied bytes / 8 GiB +
// downtime / 20 s. A return is a move back to the host that the guest's move before left. Tested by
// tests/evaluator/simulate_test.cpp.
#pragma once

#include <map>
#include <string>
#include <vector>

namespace pcb {

struct Tally {
  int moves = 0, returns = 0, restarts = 0, failed = 0;
  double over_cpu_host_hours = 0, over_memory_host_hours = 0;
  double over_host_hours = 0;         // over either threshold
  double full_memory_host_hours = 0;  // memory in use above what the host has: its kernel would kill
  double peak = 0, mean_peak = 0;     // mean over time of the highest
  double downtime_seconds = 0, copy_bytes = 0, cost = 0;
};

struct SimulatedMove {
  double started_at = 0, ends_at = 0;  // Unix seconds
  std::string guest, name, from, to, method;
  double downtime_seconds = 0, copy_bytes = 0;
  std::string why;
  bool failed = false;
};

struct Outcome {
  std::string way;  // "nothing", "greedy", "balancer"
  Tally tally;
  std::vector<SimulatedMove> moves;  // in the order of their start
  // Of the balancer: how long steps had to wait, by the first limit that forbade them; and how long a host
  // was over its threshold with no step to take, by the plan's result or the hold.
  std::map<std::string, double> waited_seconds, idle_seconds;
};

}  // namespace pcb
