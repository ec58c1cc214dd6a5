#include "evaluator/planner/score.h"

#include <algorithm>
#include <cmath>

#include "evaluator/planner/figures.h"

namespace pcb::planning {
namespace {

double peak_of(const State& state) {
  const Model& model = state.model();
  double peak = 0;
  for (Index h = 0; h < model.host_count(); ++h)
    if (model.hosts[h].online) peak = std::max(peak, host_peak(model.hosts[h], state.use(h)));
  return peak;
}

double counted_peak(const Objective& objective, const State& state) {
  const Model& model = state.model();
  double peak = 0;
  for (Index h = 0; h < model.host_count(); ++h) {
    const HostData& host = model.hosts[h];
    if (!host.online || objective.in_scope[h] == 0) continue;
    for (int r = 0; r < kResources; ++r) {
      const double use = state.use(h)[r];
      if (objective.liftable[h] == 0 && use <= host.before[r] + kTolerance * host.capacity[r]) continue;
      peak = std::max(peak, ratio(use, host.limit[r]));
    }
  }
  return peak;
}

// Hosts on which the rule is broken: where two meet, where a scattered group has members, where one must not
// be.
std::vector<Index> broken_hosts(const State& state, Index index) {
  const RuleData& rule = state.model().rules[index];
  std::vector<Index> hosts;
  if (state.rule_degree(index) == 0) return hosts;
  for (const Index g : rule.guests) {
    const Index host = state.host_of(g);
    if (rule.doc->kind == RuleKind::only_on && rule.on_list[host] != 0) continue;
    if (rule.doc->kind == RuleKind::avoid && rule.on_list[host] == 0) continue;
    hosts.push_back(host);
  }
  std::sort(hosts.begin(), hosts.end());
  const auto last = std::unique(hosts.begin(), hosts.end());
  if (rule.doc->kind != RuleKind::apart) {
    hosts.erase(last, hosts.end());
    return hosts;
  }
  std::vector<Index> all, crowded;
  for (const Index g : rule.guests) all.push_back(state.host_of(g));
  for (auto h = hosts.begin(); h != last; ++h)
    if (std::count(all.begin(), all.end(), *h) > 1) crowded.push_back(*h);
  return crowded;
}

std::vector<int> broken_per_host(const State& state) {
  std::vector<int> result(state.model().hosts.size(), 0);
  for (std::size_t r = 0; r < state.model().rules.size(); ++r)
    for (const Index h : broken_hosts(state, static_cast<Index>(r))) ++result[h];
  return result;
}

int remaining_on(const Objective& objective, const State& state, bool running) {
  const Model& model = state.model();
  int count = 0;
  for (Index h = 0; h < model.host_count(); ++h) {
    if (objective.in_scope[h] == 0) continue;
    for (const Index u : state.units_on(h))
      for (const Index g : model.units[u].guests) count += model.guests[g].running == running ? 1 : 0;
  }
  for (const auto& unit : model.units)
    if (unit.home == kNone)
      for (const Index g : unit.guests)
        count += objective.in_scope[state.host_of(g)] != 0 && model.guests[g].running == running &&
                 state.unit_host(model.guests[g].unit) == kNone;
  return count;
}

}  // namespace

int compare(const Score& a, const Score& b, int terms) {
  for (int t = 0; t < terms; ++t) {
    const double difference = a.terms[t] - b.terms[t];
    if (std::fabs(difference) <= kTolerance * std::max({1.0, std::fabs(a.terms[t]), std::fabs(b.terms[t])}))
      continue;
    return difference < 0 ? -1 : 1;
  }
  return 0;
}

double host_overload(const Model& model, Index host, const Load& use) {
  return above_low_water(model, 1, host, use);
}

double above_low_water(const Model& model, double low_water, Index host, const Load& use) {
  const HostData& data = model.hosts[host];
  double sum = 0;
  for (int r = 0; r < kResources; ++r) {
    const double above = use[r] - low_water * data.limit[r];
    if (above > kTolerance * data.capacity[r]) sum += ratio(above, model.total_capacity[r]);
  }
  return sum;
}

BrokenRules broken_rules(const Objective& objective, const State& state) {
  const Model& model = state.model();
  BrokenRules broken;
  for (std::size_t r = 0; r < model.rules.size(); ++r) {
    if (state.rule_degree(static_cast<Index>(r)) == 0) continue;
    const RuleData& rule = model.rules[r];
    if (objective.goal != GoalKind::balance) {
      const auto hosts = broken_hosts(state, static_cast<Index>(r));
      if (std::none_of(hosts.begin(), hosts.end(), [&](Index h) { return objective.in_scope[h] != 0; }))
        continue;
    }
    ++(rule.doc->strict ? broken.strict : broken.preferred);
  }
  return broken;
}

Objective make_objective(const Model& model, const State& start, const Goal& goal) {
  Objective objective;
  objective.goal = goal.kind;
  objective.low_water = model.policy.low_water;
  objective.min_gain = model.policy.min_gain;
  objective.include_stopped = goal.include_stopped;
  objective.scope_given = !goal.scope.empty();
  const auto count = model.hosts.size();
  objective.in_scope.assign(count, 0);
  objective.was_over.assign(count, 0);
  objective.liftable.assign(count, 1);
  for (const auto& name : goal.scope) objective.in_scope[model.host_named(name)] = 1;
  for (Index h = 0; h < model.host_count(); ++h) {
    const bool over = model.hosts[h].online && over_limit(model.hosts[h], start.use(h));
    if (goal.scope.empty())
      objective.in_scope[h] = goal.kind == GoalKind::relieve ? over : model.hosts[h].online;
    objective.was_over[h] = over && objective.in_scope[h] != 0;
    objective.overload_before.push_back(host_overload(model, h, start.use(h)));
  }
  if (goal.kind == GoalKind::relieve) objective.broken_before = broken_per_host(start);
  if (goal.kind != GoalKind::balance) return objective;
  for (Index h = 0; h < model.host_count(); ++h) {
    const auto& units = start.units_on(h);
    objective.liftable[h] = std::any_of(units.begin(), units.end(), [&](Index u) {
      if (model.units[u].use[cpu] <= 0 && model.units[u].use[memory] <= 0) return false;
      for (Index t = 0; t < model.host_count(); ++t)
        if (t != h && objective.in_scope[t] != 0 && start.check_unit(u, t) == Code::none) return true;
      return false;
    });
  }
  return objective;
}

Score score_of(const Objective& objective, const State& state, double extra_cost, int extra_moves) {
  const Model& model = state.model();
  const BrokenRules broken = broken_rules(objective, state);
  double overload = 0, excess = 0;
  for (Index h = 0; h < model.host_count(); ++h) {
    if (!model.hosts[h].online) continue;
    if (objective.goal != GoalKind::relieve || objective.in_scope[h] != 0)
      overload += host_overload(model, h, state.use(h));
    if (objective.was_over[h] != 0) excess += above_low_water(model, objective.low_water, h, state.use(h));
  }
  const double cost = state.cost() + extra_cost;
  const double strict = broken.strict, preferred = broken.preferred;
  switch (objective.goal) {
    case GoalKind::relieve:
      return {{strict, overload, preferred, excess, cost, peak_of(state), 0}};
    case GoalKind::balance:
      return {{strict, overload, preferred,
               counted_peak(objective, state) + objective.min_gain * (state.moves() + extra_moves), cost,
               imbalance_of(model, state.uses()), 0}};
    default:
      break;
  }
  const double running = remaining_on(objective, state, true);
  const double stopped = objective.include_stopped ? remaining_on(objective, state, false) : 0;
  return {{strict, running, stopped, overload, preferred, cost, peak_of(state)}};
}

bool spares_others(const Objective& objective, const State& state) {
  if (objective.goal != GoalKind::relieve) return true;
  const Model& model = state.model();
  for (Index h = 0; h < model.host_count(); ++h)
    if (objective.in_scope[h] == 0 && model.hosts[h].online &&
        host_overload(model, h, state.use(h)) > objective.overload_before[h] + kTolerance)
      return false;
  if (model.rules.empty()) return true;
  const std::vector<int> broken = broken_per_host(state);
  for (Index h = 0; h < model.host_count(); ++h)
    if (objective.in_scope[h] == 0 && broken[h] > objective.broken_before[h]) return false;
  return true;
}

}  // namespace pcb::planning
