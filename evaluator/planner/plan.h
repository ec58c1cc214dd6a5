// A plan as a value, schema balancer.plan/1; written as JSON and as text by evaluator/planner/plan_output.h.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

namespace pcb {

inline constexpr const char* kPlanSchema = "balancer.plan/1";

enum class PlanResult { moves, nothing_to_do, infeasible, refused };

struct Move {
  int step = 0;
  std::vector<int> after;  // steps that must be finished before
  std::string guest, name, from, to;
  std::string method;  // live, restart, offline, ha
  double downtime_seconds = 0;
  double copy_bytes = 0;
  std::string why;
};

struct HostFigures {
  double cpu = 0;  // use / capacity
  double memory = 0;
};

struct Figures {
  double overload = 0, peak = 0, imbalance = 0, cost = 0;
  std::map<std::string, HostFigures> hosts;
};

struct Bound {
  double overload = 0, peak = 0;
};

struct Rejection {
  std::string guest;
  std::optional<std::string> to;  // absent where no target matters
  std::string code, detail;
};

// A blocked guest whose cure is known, and the room its leaving would give.
struct Fix {
  std::string guest, code, detail, cure;
  double cpu_cores = 0, memory_bytes = 0;
};

struct Placement {
  std::string host;
  bool fits = false;
  double peak = 0;
  std::string reason;
};

struct Survival {
  std::string host;
  bool survives = false;
  std::vector<std::string> left_over;
  double room_cpu_cores = 0, room_memory_bytes = 0;
};

struct Plan {
  std::string cluster;
  std::string goal;
  std::vector<std::string> scope;
  PlanResult result = PlanResult::nothing_to_do;
  std::string reason;
  std::vector<Move> moves;
  Figures before, after;
  Bound bound;
  std::vector<Rejection> rejected;
  std::vector<Fix> fixes;          // most room first
  std::vector<std::string> needs;  // infeasible: the smallest changes that would help
  std::vector<Placement> place;
  std::vector<Survival> survive;
};

}  // namespace pcb
