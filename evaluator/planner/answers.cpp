// The goals that ask instead of moving: where a new guest fits, and which hosts the cluster could lose.
#include <algorithm>
#include <limits>
#include <tuple>

#include "common/cores.h"
#include "common/text.h"
#include "evaluator/planner/figures.h"
#include "evaluator/planner/planner_parts.h"

namespace pcb::planning {
namespace {

std::string place_reason(const HostData& host, const Load& after, const Load& wanted, bool& fits) {
  fits = false;
  if (!host.online) return "it is not online";
  if (wanted[cpu] > host.capacity[cpu] * (1 + kTolerance))
    return "it has " + text::human_cores(host.capacity[cpu]) + " in all";
  for (int r = 0; r < kResources; ++r) {
    const double lack = after[r] - host.limit[r];
    if (lack <= kTolerance * host.capacity[r]) continue;
    return (r == cpu ? "CPU" : "memory") + std::string(" would be ") +
           text::percent(ratio(after[r], host.capacity[r])) + ", at most " +
           text::percent(ratio(host.limit[r], host.capacity[r])) + ": lacks " +
           (r == cpu ? text::human_cores(lack) : text::human_bytes(lack));
  }
  fits = true;
  return "CPU would be " + text::percent(ratio(after[cpu], host.capacity[cpu])) + ", memory " +
         text::percent(ratio(after[memory], host.capacity[memory]));
}

}  // namespace

void answer_place(const Model& model, const Goal& goal, Plan& plan) {
  const Load wanted = {goal.place_cores, goal.place_memory_bytes};
  for (Index h = 0; h < model.host_count(); ++h) {
    const HostData& host = model.hosts[h];
    if (!goal.scope.empty() &&
        std::find(goal.scope.begin(), goal.scope.end(), host.doc->name) == goal.scope.end())
      continue;
    Load after = host.before;
    for (int r = 0; r < kResources; ++r) after[r] += wanted[r];
    Placement place;
    place.host = host.doc->name;
    place.peak = host_peak(host, after);
    place.reason = place_reason(host, after, wanted, place.fits);
    plan.place.push_back(std::move(place));
  }
  std::sort(plan.place.begin(), plan.place.end(), [](const Placement& a, const Placement& b) {
    return std::make_tuple(!a.fits, a.peak, a.host) < std::make_tuple(!b.fits, b.peak, b.host);
  });
  const bool any =
      std::any_of(plan.place.begin(), plan.place.end(), [](const Placement& p) { return p.fits; });
  plan.result = any ? PlanResult::nothing_to_do : PlanResult::infeasible;
  plan.reason = text::human_cores(wanted[cpu]) + " and " + text::human_bytes(wanted[memory]) +
                (any ? " fit best on " + plan.place.front().host : " fit on no host within its limits");
}

void answer_survive(const Cluster& cluster, const Policy& policy, Plan& plan) {
  std::vector<std::string> names;
  for (const auto& host : cluster.hosts)
    if (host.state.value_or(HostState::online) == HostState::online) names.push_back(host.name);
  std::sort(names.begin(), names.end());
  std::size_t lost = 0;
  for (const auto& name : names) {
    if (!plan.scope.empty() && std::find(plan.scope.begin(), plan.scope.end(), name) == plan.scope.end())
      continue;
    // The host is gone: its running guests must start on the others, from storages the others can read.
    Goal goal{GoalKind::survive, {name}, 0, 0, false};
    const Model model = make_model(cluster, goal, policy);
    const State start(model);
    const Objective objective = make_objective(model, start, goal);
    const Ordering ordering = solve(model, objective, std::numeric_limits<int>::max() / 4, 2);
    State end(model);
    for (const auto& step : ordering.steps) end.move_guest(step.guest, step.to);
    Survival survival;
    survival.host = name;
    const Index gone = model.host_named(name);
    for (Index g = 0; g < model.guest_count(); ++g)
      if (end.host_of(g) == gone && model.guests[g].running)
        survival.left_over.push_back(model.guests[g].doc->id);
    std::sort(survival.left_over.begin(), survival.left_over.end(), [](const auto& a, const auto& b) {
      return std::make_pair(a.size(), a) < std::make_pair(b.size(), b);
    });
    survival.survives = survival.left_over.empty();
    for (Index h = 0; h < model.host_count(); ++h)
      if (h != gone && model.hosts[h].online) {
        survival.room_cpu_cores += std::max(0.0, model.hosts[h].limit[cpu] - end.use(h)[cpu]);
        survival.room_memory_bytes += std::max(0.0, model.hosts[h].limit[memory] - end.use(h)[memory]);
      }
    lost += survival.survives ? 0 : 1;
    plan.survive.push_back(std::move(survival));
  }
  plan.result = lost == 0 ? PlanResult::nothing_to_do : PlanResult::infeasible;
  if (plan.survive.empty()) {
    plan.reason = "no host in question is online";
  } else if (plan.survive.size() == 1) {
    const std::string& name = plan.survive.front().host;
    plan.reason = lost == 0 ? "the cluster can lose " + name
                            : name + " cannot be lost: the others cannot carry its guests";
  } else {
    plan.reason = lost == 0 ? "the cluster can lose any one host"
                            : std::to_string(lost) + " of " + std::to_string(plan.survive.size()) +
                                  " hosts cannot be lost: the others cannot carry their guests";
  }
}

}  // namespace pcb::planning
