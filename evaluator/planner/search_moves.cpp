// The steps of the local search: shifts, swaps, ejections, giving back, exchanging one choice for another.
#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>

#include "evaluator/planner/figures.h"
#include "evaluator/planner/search.h"

namespace pcb::planning {
namespace {

constexpr std::size_t kAllTargets = 32;   // up to here every host is tried as the other side of a pair
constexpr std::size_t kBestTargets = 16;  // beyond: those with most room
constexpr std::size_t kMadeRoom = 3;      // guests tried per host to make room by leaving

double slack_of(const Model& model, Index host, const Load& use) {
  double slack = 1;
  for (int r = 0; r < kResources; ++r) slack = std::min(slack, 1 - ratio(use[r], model.hosts[host].limit[r]));
  return slack;
}

Gain sum(const Gain& a, const Gain& b) {
  Gain result;
  for (std::size_t t = 0; t < a.terms.size(); ++t) result.terms[t] = a.terms[t] + b.terms[t];
  return result;
}

}  // namespace

// By how many the shift changes the count of moves.
int Search::more_moves(Index unit, Index target) const {
  const Unit& data = model_.units[unit];
  const int size = static_cast<int>(data.guests.size());
  return (target != data.home ? size : 0) - (state_.unit_host(unit) != data.home ? size : 0);
}

std::vector<Index> Search::receivers() const {
  std::vector<std::pair<double, Index>> slack;
  for (Index h = 0; h < model_.host_count(); ++h)
    if (wish_.takes_part[h] != 0 && model_.hosts[h].online)
      slack.emplace_back(-slack_of(model_, h, state_.use(h)), h);
  std::sort(slack.begin(), slack.end());
  std::vector<Index> result;
  result.reserve(slack.size());
  for (const auto& [order, h] : slack) result.push_back(h);
  return result;
}

bool Search::improve_host(Index host) {
  const std::vector<Index> targets = receivers();
  Change best;
  consider_shifts(host, targets, best);
  if (best.unit == kNone) consider_pairs(host, targets, best);
  if (best.unit == kNone) return false;
  if (best.other != kNone) state_.move_unit(best.other, best.other_to);
  state_.move_unit(best.unit, best.to);
  return true;
}

void Search::consider_shifts(Index host, const std::vector<Index>& targets, Change& best) {
  for (const Index u : state_.units_on(host)) {
    if (!movable(u)) continue;
    for (const Index t : targets) {
      if (t == host || state_.moves() + more_moves(u, t) > wish_.max_moves) continue;
      effort_.spend();
      const Gain gain = gain_of(u, t);
      if (compare(gain, best.gain) >= 0) continue;
      if (check(u, t) != Code::none) continue;
      best = {gain, u, t, kNone, kNone};
    }
  }
}

void Search::try_pair(Index unit, Index to, Index other, Index other_to, Change& best) {
  const Index unit_from = state_.unit_host(unit), other_from = state_.unit_host(other);
  const Gain first = gain_of(other, other_to);
  state_.move_unit(other, other_to);
  const Gain gain = sum(first, gain_of(unit, to));
  if (compare(gain, best.gain) < 0 && check(unit, to) == Code::none) {
    state_.move_unit(unit, to);
    const bool within = state_.moves() <= wish_.max_moves;
    state_.move_unit(other, other_from);
    // Both must be allowed in the state that both lead to; the order of the steps is found later.
    if (within && check(other, other_to) == Code::none) best = {gain, unit, to, other, other_to};
    state_.move_unit(unit, unit_from);
  }
  state_.move_unit(other, other_from);
}

void Search::consider_pairs(Index host, const std::vector<Index>& all_targets, Change& best) {
  std::vector<Index> targets = all_targets;
  if (targets.size() > kAllTargets) {
    std::shuffle(targets.begin() + kBestTargets, targets.end(), random_);
    targets.resize(kAllTargets);
  }
  const std::vector<Index> units = state_.units_on(host);
  const double before = host_excess(host, state_.use(host));
  for (const Index t : targets) {
    if (t == host) continue;
    const double excess_there = host_excess(t, state_.use(t));
    // Who could come here in exchange or go on to a third host, and how many moves that adds.
    struct Partner {
      Index unit;
      int swap, make_room;
    };
    std::vector<Partner> partners;
    int fewest = std::numeric_limits<int>::max();
    for (const Index v : state_.units_on(t)) {
      if (!movable(v)) continue;
      const Unit& other = model_.units[v];
      partners.push_back(
          {v, more_moves(v, host), other.home == t ? static_cast<int>(other.guests.size()) : 0});
      fewest = std::min({fewest, partners.back().swap, partners.back().make_room});
    }
    for (const Index u : units) {
      if (!movable(u) || effort_.left <= 0) continue;
      const int left = wish_.max_moves - state_.moves() - more_moves(u, t);
      if (partners.empty() || left < fewest) continue;
      const Unit& unit = model_.units[u];
      if (check(u, t) == Code::host_state) break;
      std::vector<std::pair<double, Index>> makers;
      for (const auto& [v, swap_adds, room_adds] : partners) {
        const bool may_swap = swap_adds <= left, may_make_room = room_adds <= left;
        if (!may_swap && !may_make_room) continue;
        effort_.spend();
        const Unit& other = model_.units[v];
        Load here = state_.use(host), there = state_.use(t);
        for (int r = 0; r < kResources; ++r) {
          there[r] += unit.use[r] - other.use[r];
          here[r] -= unit.use[r];
        }
        const double there_after = host_excess(t, there);
        if (there_after - excess_there + host_excess(host, here) - before > best.gain.terms[4] + 1e-10 &&
            wish_.must_leave[host] == 0)
          continue;
        double fill = 0;
        for (int r = 0; r < kResources; ++r)
          fill = std::max(fill, ratio(there[r] + state_.surcharge(t)[r], model_.hosts[t].limit[r]));
        if (may_make_room && fill <= model_.arrival_factor * (1 + 1e-6))
          makers.emplace_back(ratio(other.use[memory], model_.total_capacity[memory]) +
                                  ratio(other.use[cpu], model_.total_capacity[cpu]),
                              v);
        for (int r = 0; r < kResources; ++r) here[r] += other.use[r];
        const double swap_excess = there_after - excess_there + host_excess(host, here) - before;
        if (may_swap && wish_.must_leave[host] == 0 && swap_excess < best.gain.terms[4] + 1e-10 &&
            (swap_excess < -1e-10 || best.gain.terms[4] > -1e-10))
          try_pair(u, t, v, host, best);
      }
      std::sort(makers.begin(), makers.end());
      if (makers.size() > kMadeRoom) makers.resize(kMadeRoom);
      for (const auto& [size, v] : makers) {
        std::size_t tried = 0;
        for (const Index third : all_targets) {
          if (third == t || third == host || ++tried > kBestTargets) continue;
          effort_.spend();
          Load after = state_.use(third);
          for (int r = 0; r < kResources; ++r) after[r] += model_.units[v].use[r];
          if (host_excess(third, after) > host_excess(third, state_.use(third)) + 1e-10) continue;
          const Index found = best.unit;
          const Gain gain_before = best.gain;
          try_pair(u, t, v, third, best);
          if (best.unit != found || compare(best.gain, gain_before) < 0) break;
        }
      }
    }
  }
}

bool Search::give_back() {
  bool any = false;
  for (Index u = 0; u < static_cast<Index>(model_.units.size()); ++u) {
    const Unit& unit = model_.units[u];
    if (!movable(u) || state_.unit_host(u) == unit.home) continue;
    effort_.spend();
    if (compare(gain_of(u, unit.home), Gain{}) >= 0 || check(u, unit.home) != Code::none) continue;
    state_.move_unit(u, unit.home);
    any = true;
  }
  return any;
}

// One guest home, another of the same host away instead, where that is cheaper.
bool Search::replace() {
  for (Index u = 0; u < static_cast<Index>(model_.units.size()); ++u) {
    const Unit& unit = model_.units[u];
    if (!movable(u) || state_.unit_host(u) == unit.home) continue;
    const Index from = state_.unit_host(u), home = unit.home;
    const std::vector<Index> others = state_.units_on(home);
    Change best;
    for (const Index v : others) {
      if (!movable(v) || model_.units[v].home != home || weight_of(v) >= weight_of(u)) continue;
      effort_.spend();
      Load here = state_.use(home);
      for (int r = 0; r < kResources; ++r) here[r] += unit.use[r] - model_.units[v].use[r];
      if (host_excess(home, here) > host_excess(home, state_.use(home)) + 1e-10) continue;
      try_pair(v, from, u, home, best);
      state_.move_unit(u, home);
      const Index place = best_place(v);
      state_.move_unit(u, from);
      if (place != kNone && place != from) try_pair(v, place, u, home, best);
    }
    if (best.unit == kNone) continue;
    state_.move_unit(best.other, best.other_to);
    state_.move_unit(best.unit, best.to);
    return true;
  }
  return false;
}

}  // namespace pcb::planning
