#include "evaluator/planner/search.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include "evaluator/planner/cover.h"
#include "evaluator/planner/figures.h"

namespace pcb::planning {
namespace {

constexpr long kCoverNodes = 2'000;
constexpr int kMaxRounds = 10'000;
constexpr double kGainTolerance = 1e-10;

}  // namespace

int compare(const Gain& a, const Gain& b) {
  for (std::size_t t = 0; t < a.terms.size(); ++t)
    if (std::fabs(a.terms[t] - b.terms[t]) > kGainTolerance) return a.terms[t] < b.terms[t] ? -1 : 1;
  return 0;
}

Search::Search(State& state, const Wish& wish, Effort& effort, std::uint64_t seed)
    : state_(state), model_(state.model()), wish_(wish), effort_(effort), random_(seed) {
  for (int r = 0; r < kResources; ++r)
    per_total_[r] = model_.total_capacity[r] > 0 ? 1 / model_.total_capacity[r] : 0;
}

double Search::host_excess(Index host, const Load& use) const { return above(host, use, wish_.level[host]); }

double Search::above(Index host, const Load& use, const Load& level) const {
  double sum = 0;
  for (int r = 0; r < kResources; ++r) {
    const double much = use[r] - level[r];
    if (much > kTolerance * model_.hosts[host].capacity[r]) sum += much * per_total_[r];
  }
  return sum;
}

double Search::staying(Index host) const {
  if (wish_.must_leave[host] == 0) return 0;
  double count = 0;
  for (const Index u : state_.units_on(host))
    for (const Index g : model_.units[u].guests)
      count += model_.guests[g].running ? 1 : (wish_.stopped_leave ? 1e-4 : 0);
  return count;
}

bool Search::is_hot(Index host) const { return host_excess(host, state_.use(host)) > 0 || staying(host) > 0; }

double Search::excess() const {
  double sum = 0;
  for (Index h = 0; h < model_.host_count(); ++h)
    if (wish_.takes_part[h] != 0) sum += host_excess(h, state_.use(h));
  return sum;
}

bool Search::reached() const {
  for (Index h = 0; h < model_.host_count(); ++h)
    if (wish_.takes_part[h] != 0 && is_hot(h)) return false;
  return true;
}

bool Search::movable(Index unit) const {
  const Unit& data = model_.units[unit];
  if (data.fixed != Code::none || data.home == kNone || wish_.takes_part[data.home] == 0) return false;
  return !wish_.only_wished_give || wish_.must_leave[data.home] != 0;
}

// Going home undoes a move: it needs room only where others have come since.
Code Search::check(Index unit, Index target) const {
  const Unit& data = model_.units[unit];
  if (target == data.home && state_.arrivals(target) == 0) {
    for (const Index g : data.guests)
      if (const Code code = state_.check_rules(g, target, data.guests); code != Code::none) return code;
    return Code::none;
  }
  if (wish_.takes_part[target] == 0) return Code::host_state;
  if (wish_.must_leave[target] != 0 && target != data.home) return Code::host_state;
  return state_.check_unit(unit, target);
}

// What shifting a unit changes, without doing it.
Gain Search::gain_of(Index unit, Index target) const {
  const Unit& data = model_.units[unit];
  const Index from = state_.unit_host(unit);
  Gain gain;
  Load from_after = state_.use(from), to_after = state_.use(target);
  for (int r = 0; r < kResources; ++r) {
    from_after[r] -= data.use[r];
    to_after[r] += data.use[r];
  }
  const auto overload_change = [&](Index host, const Load& after) {
    if (!model_.hosts[host].online) return 0.0;
    return above(host, after, model_.hosts[host].limit) -
           above(host, state_.use(host), model_.hosts[host].limit);
  };
  gain.terms[2] = overload_change(from, from_after) + overload_change(target, to_after);
  gain.terms[4] = host_excess(from, from_after) - host_excess(from, state_.use(from)) +
                  host_excess(target, to_after) - host_excess(target, state_.use(target));
  double moves = 0, cost = 0;
  for (const Index g : data.guests) {
    const GuestData& guest = model_.guests[g];
    if (wish_.must_leave[from] != 0) gain.terms[1] -= guest.running ? 1 : (wish_.stopped_leave ? 1e-4 : 0);
    if (wish_.must_leave[target] != 0) gain.terms[1] += guest.running ? 1 : (wish_.stopped_leave ? 1e-4 : 0);
    if (from != guest.home) {
      moves -= 1;
      cost -= move_cost(model_, g, from);
    }
    if (target != guest.home) {
      moves += 1;
      cost += move_cost(model_, g, target);
    }
    for (auto r = guest.rules_begin; r < guest.rules_end; ++r) {
      const Index rule = model_.guest_rules[r];
      const int degree = state_.rule_degree(rule);
      const int change = state_.rule_change(rule, g, target);
      const double broken = (degree + change > 0 ? 1 : 0) - (degree > 0 ? 1 : 0);
      const bool strict = model_.rules[rule].doc->strict;
      // Within a group that moves as one, its own rule only looks broken in between.
      if (data.guests.size() > 1 && strict && model_.rules[rule].doc->kind == RuleKind::together) continue;
      gain.terms[strict ? 0 : 3] += broken;
    }
  }
  gain.terms[5] = wish_.fewest_moves ? moves : 0;
  gain.terms[6] = cost;
  return gain;
}

double Search::weight_of(Index unit) const {
  const Unit& data = model_.units[unit];
  double cost = data.cost;
  if (data.guests.size() == 1)
    for (const Index host : model_.guests[data.guests.front()].replicas)
      cost = std::min(cost, move_cost(model_, data.guests.front(), host));
  double size = 0;  // among equals the smaller is easier to place
  for (int r = 0; r < kResources; ++r) size += ratio(data.use[r], model_.hosts[data.home].capacity[r]);
  if (wish_.fewest_moves) return static_cast<double>(data.guests.size()) + 1e-4 * cost + 1e-3 * size;
  return cost + 1e-4 * size;
}

// The place that costs least, then the one that is left least (or most, when packing) filled.
Index Search::best_place(Index unit) {
  const Unit& data = model_.units[unit];
  Index best = kNone;
  double best_cost = 0, best_fill = 0, relief = 0;
  if (loose_) {
    const Index from = state_.unit_host(unit);
    Load without = state_.use(from);
    for (int r = 0; r < kResources; ++r) without[r] -= data.use[r];
    relief = host_excess(from, state_.use(from)) - host_excess(from, without);
  }
  for (Index t = 0; t < model_.host_count(); ++t) {
    if (t == state_.unit_host(unit) || t == data.home || wish_.takes_part[t] == 0) continue;
    effort_.spend();
    Load after = state_.use(t);
    double fill = 0;
    for (int r = 0; r < kResources; ++r) {
      after[r] += data.use[r];
      fill = std::max(fill, ratio(after[r], model_.hosts[t].limit[r]));
    }
    const double added = host_excess(t, after) - host_excess(t, state_.use(t));
    if (added > kGainTolerance && (!loose_ || added > relief)) continue;
    double cost = 0;
    for (const Index g : data.guests) cost += move_cost(model_, g, t);
    if (best_fit_) fill = -fill;
    if (loose_) fill = static_cast<double>(random_() % 1024);  // any place will do
    if (best != kNone &&
        (cost > best_cost + kGainTolerance || (cost > best_cost - kGainTolerance && fill >= best_fill)))
      continue;
    if (check(unit, t) != Code::none) continue;
    const Gain gain = gain_of(unit, t);
    if (gain.terms[0] > 0 || (gain.terms[3] > 0 && gain.terms[2] >= 0 && gain.terms[1] >= 0)) continue;
    best = t;
    best_cost = cost;
    best_fill = fill;
  }
  return best;
}

void Search::cover_host(Index host, double noise) {
  Load excess{};
  for (int r = 0; r < kResources; ++r) excess[r] = std::max(0.0, state_.use(host)[r] - wish_.level[host][r]);
  std::vector<Index> units;
  for (const Index u : state_.units_on(host))
    if (movable(u) && model_.units[u].home == host) units.push_back(u);
  std::sort(units.begin(), units.end());
  std::vector<Index> chosen;
  if (wish_.must_leave[host] != 0) {
    for (const Index u : units) {
      const auto& guests = model_.units[u].guests;
      if (wish_.stopped_leave ||
          std::any_of(guests.begin(), guests.end(), [&](Index g) { return model_.guests[g].running; }))
        chosen.push_back(u);
    }
  } else {
    std::vector<CoverItem> items;
    std::vector<Index> candidates;
    std::uniform_real_distribution<double> factor(1 - noise, 1 + noise);
    for (const Index u : units) {
      const Unit& unit = model_.units[u];
      if (unit.use[cpu] <= 0 && unit.use[memory] <= 0) continue;
      if (best_place(u) == kNone) continue;
      items.push_back({unit.use, weight_of(u) * (noise > 0 ? factor(random_) : 1)});
      candidates.push_back(u);
    }
    const Cover cover = cheapest_cover(items, excess, kCoverNodes);
    effort_.spend(cover.nodes / 4);
    for (const std::size_t i : cover.chosen) chosen.push_back(candidates[i]);
  }
  const auto size = [this](Index u) {
    double sum = 0;
    for (int r = 0; r < kResources; ++r)
      sum = std::max(sum, ratio(model_.units[u].high[r], model_.total_capacity[r]));
    return sum;
  };
  std::stable_sort(chosen.begin(), chosen.end(), [&](Index a, Index b) { return size(a) > size(b); });
  for (const Index u : chosen) {
    if (!is_hot(host)) break;
    if (state_.moves() + static_cast<int>(model_.units[u].guests.size()) > wish_.max_moves) continue;
    const Index target = best_place(u);
    if (target != kNone) state_.move_unit(u, target);
  }
}

void Search::run(double noise) {
  best_fit_ = noise > 0 && random_() % 2 == 0;
  const int passes = noise > 0 ? 3 : 1;
  for (int pass = 0; pass < passes; ++pass) {
    loose_ = pass + 1 < passes && random_() % 2 == 0;
    std::vector<std::pair<double, Index>> hot;
    for (Index h = 0; h < model_.host_count(); ++h)
      if (wish_.takes_part[h] != 0 && is_hot(h)) hot.emplace_back(-host_excess(h, state_.use(h)), h);
    std::sort(hot.begin(), hot.end());
    for (const auto& [order, h] : hot) cover_host(h, noise);
    loose_ = false;
  }
  std::vector<std::uint8_t> stuck(model_.hosts.size(), 0);
  for (int round = 0; round < kMaxRounds && effort_.left > 0; ++round) {
    Index worst = kNone;
    double most = 0;
    for (Index h = 0; h < model_.host_count(); ++h) {
      if (wish_.takes_part[h] == 0 || stuck[h] != 0) continue;
      const double much = host_excess(h, state_.use(h)) + staying(h);
      if (much > most) {
        most = much;
        worst = h;
      }
    }
    if (worst == kNone) break;
    if (improve_host(worst)) {
      std::fill(stuck.begin(), stuck.end(), 0);
    } else {
      stuck[worst] = 1;
    }
  }
  while (effort_.left > 0 && (give_back() || (wish_.reduce_cost && replace()))) {
  }
}

void Search::run_greedily() {
  struct Best {
    double relief = 0;
    Index unit = kNone;
  };
  std::vector<Best> best(model_.hosts.size());
  std::vector<std::uint8_t> refused(model_.units.size(), 0);
  const auto look = [&](Index h) {
    best[h] = {};
    if (wish_.takes_part[h] == 0 || host_excess(h, state_.use(h)) <= 0) return;
    for (const Index u : state_.units_on(h)) {
      if (!movable(u) || refused[u] != 0 || model_.units[u].home != h) continue;
      effort_.spend();
      double relief = 0;
      for (int r = 0; r < kResources; ++r)
        relief += ratio(std::min(std::max(0.0, state_.use(h)[r] - wish_.level[h][r]), model_.units[u].use[r]),
                        model_.total_capacity[r]);
      relief /= static_cast<double>(model_.units[u].guests.size());
      if (relief > best[h].relief || (relief == best[h].relief && u < best[h].unit)) best[h] = {relief, u};
    }
  };
  for (Index h = 0; h < model_.host_count(); ++h) look(h);
  while (effort_.left > 0) {
    const auto top = std::max_element(best.begin(), best.end(),
                                      [](const Best& a, const Best& b) { return a.relief < b.relief; });
    if (top->unit == kNone || top->relief <= 0) return;
    const Index unit = top->unit, from = state_.unit_host(unit);
    const bool within =
        state_.moves() + static_cast<int>(model_.units[unit].guests.size()) <= wish_.max_moves;
    const Index target = within ? best_place(unit) : kNone;
    if (target != kNone) {
      state_.move_unit(unit, target);
    } else {
      refused[unit] = 1;
    }
    look(from);
  }
}

void Search::perturb(double share) {
  std::vector<Index> moved;
  for (Index u = 0; u < static_cast<Index>(model_.units.size()); ++u)
    if (movable(u) && state_.unit_host(u) != model_.units[u].home) moved.push_back(u);
  std::shuffle(moved.begin(), moved.end(), random_);
  const auto count = static_cast<std::size_t>(std::ceil(share * static_cast<double>(moved.size())));
  for (std::size_t i = 0; i < moved.size() && i < count; ++i)
    if (check(moved[i], model_.units[moved[i]].home) == Code::none)
      state_.move_unit(moved[i], model_.units[moved[i]].home);
}

}  // namespace pcb::planning
