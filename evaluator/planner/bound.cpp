#include "evaluator/planner/bound.h"

#include <algorithm>
#include <cmath>
#include <functional>
#include <map>
#include <tuple>

#include "evaluator/planner/bound_parts.h"
#include "evaluator/planner/figures.h"

namespace pcb::planning {
namespace {

constexpr int kPeakSteps = 24;
constexpr int kAngles = 10;
constexpr double kGoldenRatio = 0.6180339887498949;

// How many moves (fractions allowed) take a load worth `needed` away, the most valuable guests first.
double moves_for(std::vector<double>& values, double needed) {
  std::sort(values.begin(), values.end(), std::greater<>());
  double count = 0;
  for (const double value : values) {
    if (value <= 0) break;
    if (value >= needed) return count + needed / value;
    needed -= value;
    count += 1;
  }
  return needed > 1e-9 ? HUGE_VAL : count;
}

double moves_at_angle(const Relaxation& relaxation, Index host, const Load& share, double angle,
                      std::vector<double>& values) {
  // One constraint made of both: what satisfies both satisfies their sum.
  const double a = std::cos(angle), b = std::sin(angle);
  values.clear();
  for (const Index g : relaxation.on_host[host]) {
    const Load& use = relaxation.model->guests[g].use;
    values.push_back((share[cpu] > 0 ? a * use[cpu] / share[cpu] : 0) +
                     (share[memory] > 0 ? b * use[memory] / share[memory] : 0));
  }
  return moves_for(values, a + b);
}

// The fewest moves that bring one host to `peak` of its limits, receivers having endless room.
double moves_of_host(const Relaxation& relaxation, Index host, double peak, std::vector<double>& values) {
  const HostData& data = relaxation.model->hosts[host];
  Load above{};
  for (int r = 0; r < kResources; ++r) {
    above[r] = data.before[r] - peak * data.limit[r];
    if (above[r] <= kTolerance * data.capacity[r]) above[r] = 0;
  }
  if (above[cpu] <= 0 && above[memory] <= 0) return 0;
  const double quarter = std::acos(0.0);
  const double only_cpu = above[cpu] > 0 ? moves_at_angle(relaxation, host, {above[cpu], 0}, 0, values) : 0;
  const double only_memory =
      above[memory] > 0 ? moves_at_angle(relaxation, host, {0, above[memory]}, quarter, values) : 0;
  double best = std::max(only_cpu, only_memory);
  if (above[cpu] <= 0 || above[memory] <= 0 || std::isinf(best)) return best;
  double low = 0, high = quarter;
  double left = high - kGoldenRatio * (high - low), right = low + kGoldenRatio * (high - low);
  double at_left = moves_at_angle(relaxation, host, above, left, values);
  double at_right = moves_at_angle(relaxation, host, above, right, values);
  for (int k = 0; k < kAngles; ++k) {
    best = std::max({best, at_left, at_right});
    if (at_left > at_right) {
      high = right;
      right = left;
      at_right = at_left;
      left = high - kGoldenRatio * (high - low);
      at_left = moves_at_angle(relaxation, host, above, left, values);
    } else {
      low = left;
      left = right;
      at_left = at_right;
      right = low + kGoldenRatio * (high - low);
      at_right = moves_at_angle(relaxation, host, above, right, values);
    }
  }
  return std::max({best, at_left, at_right});
}

bool rules_allow(const Model& model, const GuestData& guest, Index target) {
  for (auto r = guest.rules_begin; r < guest.rules_end; ++r) {
    const RuleData& rule = model.rules[model.guest_rules[r]];
    if (!rule.doc->strict) continue;
    if (rule.doc->kind == RuleKind::only_on && rule.on_list[target] < rule.on_list[guest.home]) return false;
    if (rule.doc->kind == RuleKind::avoid && rule.on_list[target] > rule.on_list[guest.home]) return false;
  }
  return true;
}

bool may_run(const Model& model, Index guest, Index target) {
  const GuestData& data = model.guests[guest];
  const HostData& host = model.hosts[target];
  const bool cooldown_binds = model.goal == GoalKind::relieve || model.goal == GoalKind::balance;
  return model.class_code(guest, target) == Code::none && !(cooldown_binds && host.cools_down) &&
         data.cores <= host.capacity[cpu] * (1 + kTolerance) && rules_allow(model, data, target);
}

double sum_limit(const Model& model, bool overload) {
  double result = 0;
  for (int r = 0; r < kResources; ++r) {
    double use = 0, limit = 0;
    for (const auto& host : model.hosts)
      if (host.online) {
        use += host.before[r];
        limit += host.limit[r];
      }
    // Load may leave a host in maintenance, never the cluster: what is online can only grow.
    if (overload) {
      result += std::max(0.0, ratio(use - limit, model.total_capacity[r]));
    } else {
      result = std::max(result, ratio(use, limit));
    }
  }
  return result;
}

}  // namespace

Relaxation make_relaxation(const Model& model, int max_moves) {
  Relaxation relaxation;
  relaxation.model = &model;
  relaxation.max_moves = max_moves;
  relaxation.on_host.resize(model.hosts.size());
  // Guests of one class, one core count and the same rules share their targets.
  using Key = std::tuple<Index, double, std::vector<Index>, Index>;
  std::map<Key, Index> groups;
  for (Index g = 0; g < model.guest_count(); ++g) {
    const GuestData& guest = model.guests[g];
    if (guest.fixed != Code::none) continue;
    std::vector<Index> rules;
    for (auto r = guest.rules_begin; r < guest.rules_end; ++r) {
      const RuleKind kind = model.rules[model.guest_rules[r]].doc->kind;
      if (kind == RuleKind::only_on || kind == RuleKind::avoid) rules.push_back(model.guest_rules[r]);
    }
    const Index home = rules.empty() ? kNone : guest.home;
    const auto [entry, fresh] =
        groups.try_emplace({guest.klass, guest.cores, rules, home}, static_cast<Index>(groups.size()));
    if (fresh) {
      relaxation.targets.emplace_back();
      for (Index t = 0; t < model.host_count(); ++t)
        if (may_run(model, g, t)) relaxation.targets.back().push_back(t);
    }
    const auto& targets = relaxation.targets[entry->second];
    if (targets.empty() || (targets.size() == 1 && targets.front() == guest.home)) continue;
    relaxation.movable.push_back(g);
    relaxation.group_of.push_back(entry->second);
    relaxation.on_host[guest.home].push_back(g);
  }
  return relaxation;
}

double peak_by_hosts(const Relaxation& relaxation, double low, double high) {
  const Model& model = *relaxation.model;
  std::vector<double> values;
  if (relaxation.max_moves >= static_cast<double>(relaxation.movable.size())) {
    // Everything may move: what stays for good is the limit of each host.
    for (Index h = 0; h < model.host_count(); ++h) {
      if (!model.hosts[h].online) continue;
      Load stays = model.hosts[h].before;
      for (const Index g : relaxation.on_host[h])
        for (int r = 0; r < kResources; ++r) stays[r] -= model.guests[g].use[r];
      low = std::max(low, host_peak(model.hosts[h], stays) * (1 - kTolerance));
    }
    return low;
  }
  for (int step = 0; step < kPeakSteps && high - low > 1e-4 * high; ++step) {
    const double middle = (low + high) / 2;
    double moves = 0;
    for (Index h = 0; h < model.host_count() && moves <= relaxation.max_moves; ++h)
      if (model.hosts[h].online) moves += moves_of_host(relaxation, h, middle, values);
    (moves > relaxation.max_moves ? low : high) = middle;
  }
  return low;
}

Bound bound_of(const Model& model, int max_moves, const Figures& reached, long evaluations) {
  Relaxation relaxation = make_relaxation(model, max_moves);
  relaxation.evaluations = evaluations;
  Bound bound;
  bound.peak = sum_limit(model, false);
  if (bound.peak < reached.peak) bound.peak = peak_by_hosts(relaxation, bound.peak, reached.peak);
  bound.peak = std::min(improve_peak(relaxation, bound.peak, reached.peak), reached.peak);
  if (reached.overload <= 0) return bound;
  bound.overload = std::max(sum_limit(model, true), overload_by_hosts(relaxation));
  bound.overload = std::min(improve_overload(relaxation, bound.overload, reached.overload), reached.overload);
  return bound;
}

}  // namespace pcb::planning
