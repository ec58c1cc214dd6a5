#include "fuzz_input.h"

#include <algorithm>
#include <cmath>
#include <map>
#include <vector>

#include "cluster/document_json.h"
#include "evaluator/planner/plan_output.h"
#include "evaluator/planner/planner.h"

namespace pcb::reference {
namespace {

// Beyond these the work is real and long, and no fault.
constexpr std::size_t kMostHosts = 40, kMostGuests = 150;

// Where the fault is: a JSON path, or line and column of what is no JSON.
bool names_a_place(const std::string& message) {
  return message.find('$') != std::string::npos || message.find("line ") != std::string::npos ||
         message.find("bytes") != std::string::npos || message.find("empty") != std::string::npos;
}

std::vector<Goal> goals_of(const Cluster& cluster) {
  std::vector<Goal> goals(4);
  goals[1].kind = GoalKind::balance;
  goals[2].kind = GoalKind::survive;
  goals[3].kind = GoalKind::place;
  goals[3].place_cores = 2;
  goals[3].place_memory_bytes = 4e9;
  if (cluster.hosts.empty()) return goals;
  Goal drain;
  drain.kind = GoalKind::drain;
  drain.scope = {cluster.hosts.front().name};
  drain.include_stopped = true;
  goals.push_back(drain);
  Goal scoped;
  scoped.scope = {cluster.hosts.back().name};
  goals.push_back(scoped);
  return goals;
}

bool sound(const Figures& figures) {
  return std::isfinite(figures.overload) && std::isfinite(figures.imbalance) && std::isfinite(figures.cost) &&
         !std::isnan(figures.peak) && figures.overload >= 0 && figures.cost >= 0;
}

std::string fault_of(const Cluster& cluster, const Plan& plan) {
  std::map<std::string, std::string> places;
  for (const auto& guest : cluster.guests) places[guest.id] = guest.host;
  for (std::size_t m = 0; m < plan.moves.size(); ++m) {
    const Move& move = plan.moves[m];
    if (move.step != static_cast<int>(m) + 1) return "step " + std::to_string(move.step) + " out of order";
    const auto place = places.find(move.guest);
    if (place == places.end()) return move.guest + " moves and is not in the document";
    if (place->second != move.from || move.from == move.to) return move.guest + " moves from elsewhere";
    place->second = move.to;
    for (const int after : move.after)
      if (after < 1 || after >= move.step) return "a step waits for step " + std::to_string(after);
    if (!(move.copy_bytes >= 0) || !(move.downtime_seconds >= 0)) return "a move of odd cost";
  }
  if (!plan.moves.empty() != (plan.result == PlanResult::moves)) return "moves and result disagree";
  if (!sound(plan.before) || !sound(plan.after)) return "a figure is no number";
  if (std::isnan(plan.bound.peak) || std::isnan(plan.bound.overload)) return "the bound is no number";
  if (plan.reason.empty()) return "no reason";
  const std::string json = plan_to_json(plan);
  const auto again = plan_from_json(json);
  if (!again.ok()) return "its JSON cannot be read: " + again.error().message;
  if (plan_to_json(again.value()) != json) return "its JSON reads back otherwise";
  const std::string text = plan_to_text(plan, cluster, {false, 60});
  if (text.find('\x1b') != std::string::npos) return "its text has an escape";
  return "";
}

}  // namespace

std::string fuzz_planner(std::string_view bytes) {
  const auto read = read_cluster(bytes);
  if (!read.ok())
    return names_a_place(read.error().message) ? "" : "refused without a place: " + read.error().message;
  const Cluster& cluster = read->cluster;
  if (cluster.hosts.size() > kMostHosts || cluster.guests.size() > kMostGuests) return "";
  Policy policy;
  policy.max_evaluations = 3000;
  for (const Goal& goal : goals_of(cluster)) {
    const auto made = plan(cluster, goal, policy);
    if (!made.ok()) return "not planned: " + made.error().message;
    if (std::string fault = fault_of(cluster, made.value()); !fault.empty()) return made->goal + ": " + fault;
  }
  return "";
}

}  // namespace pcb::reference
