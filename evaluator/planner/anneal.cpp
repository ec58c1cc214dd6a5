#include "evaluator/planner/anneal.h"

#include <algorithm>
#include <array>
#include <cmath>

namespace pcb::planning {
namespace {

constexpr double kStartTemperature = 0.5, kEndTemperature = 0.01;  // of the excess at the start
constexpr long kSteps = 64;                                        // of cooling

// -ln of evenly spaced numbers: what a loss may be, in temperatures, to be accepted by chance.
struct Chances {
  std::array<double, 256> values{};
  Chances() {
    for (std::size_t i = 0; i < values.size(); ++i)
      values[i] = -std::log((static_cast<double>(i) + 0.5) / static_cast<double>(values.size()));
  }
};

void put(std::vector<Index>& list, std::vector<Index>& position, Index what) {
  if (position[what] != kNone) return;
  position[what] = static_cast<Index>(list.size());
  list.push_back(what);
}

void take(std::vector<Index>& list, std::vector<Index>& position, Index what) {
  if (position[what] == kNone) return;
  const Index last = list.back();
  list[position[what]] = last;
  position[last] = position[what];
  position[what] = kNone;
  list.pop_back();
}

}  // namespace

Annealing::Annealing(State& state, const Wish& wish, std::uint64_t seed)
    : state_(state),
      model_(state.model()),
      wish_(wish),
      random_(seed),
      excess_(model_.hosts.size(), 0),
      hot_position_(model_.hosts.size(), kNone),
      away_position_(model_.units.size(), kNone),
      at_best_(model_.units.size(), kNone) {
  for (int r = 0; r < kResources; ++r)
    per_total_[r] = model_.total_capacity[r] > 0 ? 1 / model_.total_capacity[r] : 0;
  for (Index h = 0; h < model_.host_count(); ++h) {
    if (wish.takes_part[h] != 0 && model_.hosts[h].online) targets_.push_back(h);
    refresh(h);
  }
  for (Index u = 0; u < static_cast<Index>(model_.units.size()); ++u) note(u);
}

double Annealing::excess_of(Index host, const Load& use) const {
  double sum = 0;
  for (int r = 0; r < kResources; ++r) {
    const double much = use[r] - wish_.level[host][r];
    if (much > kTolerance * model_.hosts[host].capacity[r]) sum += much * per_total_[r];
  }
  return sum;
}

void Annealing::refresh(Index host) {
  if (wish_.takes_part[host] == 0) return;
  const double now = excess_of(host, state_.use(host));
  sum_ += now - excess_[host];
  excess_[host] = now;
  if (now > 0) {
    put(hot_, hot_position_, host);
  } else {
    take(hot_, hot_position_, host);
  }
}

void Annealing::note(Index unit) {
  if (movable(unit) && state_.unit_host(unit) != model_.units[unit].home) {
    put(away_, away_position_, unit);
  } else {
    take(away_, away_position_, unit);
  }
}

bool Annealing::movable(Index unit) const {
  const Unit& data = model_.units[unit];
  return data.fixed == Code::none && data.home != kNone && wish_.takes_part[data.home] != 0;
}

int Annealing::more_moves(const Shift& shift) const {
  if (shift.unit == kNone) return 0;
  const Unit& data = model_.units[shift.unit];
  const int size = static_cast<int>(data.guests.size());
  return (shift.to != data.home ? size : 0) - (state_.unit_host(shift.unit) != data.home ? size : 0);
}

double Annealing::more_cost(const Shift& shift) const {
  if (shift.unit == kNone) return 0;
  double more = 0;
  for (const Index g : model_.units[shift.unit].guests) {
    const Index home = model_.guests[g].home, from = state_.host_of(g);
    if (shift.to != home) more += move_cost(model_, g, shift.to);
    if (from != home) more -= move_cost(model_, g, from);
  }
  return more;
}

// Both shifts within the budgets of moves and cost.
bool Annealing::affordable() const {
  if (state_.moves() + more_moves(first_) + more_moves(second_) > wish_.max_moves) return false;
  return std::isinf(max_cost_) || state_.cost() + more_cost(first_) + more_cost(second_) <= max_cost_;
}

Index Annealing::any_unit(Index host) {
  const auto& units = state_.units_on(host);
  if (units.empty()) return kNone;
  const Index unit = units[below(units.size())];
  return movable(unit) ? unit : kNone;
}

// A guest of a host above its level goes; where the budget is spent, another move is given back for it.
void Annealing::draw_from_hot() {
  const Index host = hot_[below(hot_.size())];
  const Index unit = any_unit(host);
  if (unit == kNone) return;
  const bool at_home = model_.units[unit].home == host;
  first_ = {unit, !at_home && below(4) == 0 ? model_.units[unit].home : any_target()};
  if (!at_home || affordable() || away_.empty()) return;
  const Index back = away_[below(away_.size())];
  if (below(2) == 0) first_.to = state_.unit_host(back);
  second_ = {back, model_.units[back].home};
}

// A guest that moved: elsewhere, in exchange with another that moved, or home while another goes instead.
void Annealing::draw_exchange() {
  const Index unit = away_[below(away_.size())];
  const Index home = model_.units[unit].home, at = state_.unit_host(unit);
  switch (below(4)) {
    case 0:
      first_ = {unit, any_target()};
      break;
    case 1: {
      const Index other = away_[below(away_.size())];
      first_ = {unit, state_.unit_host(other)};
      second_ = {other, at};
      break;
    }
    default: {
      const Index other = any_unit(home);
      if (other == kNone) return;
      first_ = {other, below(3) == 0 ? any_target() : at};
      second_ = {unit, home};
      break;
    }
  }
}

bool Annealing::draw() {
  first_ = second_ = {};
  if (away_.empty() || below(2) == 0) {
    draw_from_hot();
  } else {
    draw_exchange();
  }
  if (first_.unit == kNone || first_.unit == second_.unit) return false;
  if (first_.to == state_.unit_host(first_.unit)) return false;
  if (second_.unit != kNone && second_.to == state_.unit_host(second_.unit)) return false;
  return affordable();
}

// How much more load is above its level after both shifts.
double Annealing::change() const {
  std::array<Index, 4> hosts{};
  std::array<Load, 4> loads{};
  std::size_t count = 0;
  const auto add = [&](Index host, const Load& use, double sign) {
    std::size_t i = 0;
    while (i < count && hosts[i] != host) ++i;
    if (i == count) {
      hosts[i] = host;
      loads[i] = state_.use(host);
      ++count;
    }
    for (int r = 0; r < kResources; ++r) loads[i][r] += sign * use[r];
  };
  for (const Shift& shift : {first_, second_}) {
    if (shift.unit == kNone) continue;
    const Load& use = model_.units[shift.unit].use;
    add(state_.unit_host(shift.unit), use, -1);
    add(shift.to, use, 1);
  }
  double sum = 0;
  for (std::size_t i = 0; i < count; ++i)
    if (wish_.takes_part[hosts[i]] != 0) sum += excess_of(hosts[i], loads[i]) - excess_[hosts[i]];
  return sum;
}

// Going home undoes a move: it needs room only where others have come since.
bool Annealing::allowed(const Shift& shift) const {
  const Unit& data = model_.units[shift.unit];
  for (const Index g : data.guests) {
    const GuestData& guest = model_.guests[g];
    for (auto r = guest.rules_begin; r < guest.rules_end; ++r) {
      const Index rule = model_.guest_rules[r];
      if (!model_.rules[rule].doc->strict && state_.rule_change(rule, g, shift.to) > 0) return false;
    }
  }
  if (shift.to == data.home && state_.arrivals(shift.to) == 0)
    return std::all_of(data.guests.begin(), data.guests.end(),
                       [&](Index g) { return state_.check_rules(g, shift.to, data.guests) == Code::none; });
  return state_.check_unit(shift.unit, shift.to) == Code::none;
}

void Annealing::place(const Shift& shift) {
  if (at_best_[shift.unit] == kNone) {
    at_best_[shift.unit] = state_.unit_host(shift.unit);
    touched_.push_back(shift.unit);
  }
  state_.move_unit(shift.unit, shift.to);
}

// Both shifts, in the order that limits allow.
bool Annealing::apply() {
  for (const bool swapped : {false, true}) {
    const Shift& one = swapped ? first_ : second_;
    const Shift& other = swapped ? second_ : first_;
    const Index from = one.unit == kNone ? kNone : state_.unit_host(one.unit);
    if (one.unit != kNone) {
      if (!allowed(one)) continue;
      place(one);
    }
    if (other.unit == kNone || allowed(other)) {
      if (other.unit != kNone) place(other);
      return true;
    }
    if (second_.unit == kNone) return false;
    if (one.unit != kNone) state_.move_unit(one.unit, from);
  }
  return false;
}

void Annealing::forget() {
  for (const Index unit : touched_) at_best_[unit] = kNone;
  touched_.clear();
}

// The move whose return adds least, so that fewer are enough.
bool Annealing::give_one_back() {
  Shift best;
  double least = 0;
  for (const Index unit : away_) {
    first_ = {unit, model_.units[unit].home};
    second_ = {};
    const double more = change();
    if ((best.unit != kNone && (more > least || (more == least && unit > best.unit))) || !allowed(first_))
      continue;
    best = first_;
    least = more;
  }
  if (best.unit == kNone) return false;
  const Index from = state_.unit_host(best.unit);
  state_.move_unit(best.unit, best.to);
  refresh(from);
  refresh(best.to);
  note(best.unit);
  return true;
}

void Annealing::limit_cost(double max_cost) {
  max_cost_ = max_cost;
  while (state_.cost() > max_cost && give_one_back()) {
  }
}

bool Annealing::run(long samples, double heat) {
  static const Chances chances;
  best_ = sum_;
  const double cooling = std::pow(kEndTemperature / kStartTemperature, 1.0 / static_cast<double>(kSteps));
  double temperature = kStartTemperature * heat * sum_;
  const long per_step = std::max<long>(1, samples / kSteps);
  for (drawn_ = 0; drawn_ < samples && !hot_.empty() && !targets_.empty(); ++drawn_) {
    if (drawn_ % per_step == per_step - 1) temperature *= cooling;
    if (!draw()) continue;
    const double loss = change();
    if (loss > temperature * chances.values[below(chances.values.size())]) continue;
    const Shift first = first_, second = second_;
    const Index first_from = state_.unit_host(first.unit);
    const Index second_from = second.unit == kNone ? kNone : state_.unit_host(second.unit);
    if (!apply()) continue;
    for (const Index host : {first_from, first.to, second_from, second.to})
      if (host != kNone) refresh(host);
    note(first.unit);
    if (second.unit != kNone) note(second.unit);
    if (sum_ < best_ - 1e-12 || hot_.empty()) {
      best_ = sum_;
      forget();
    }
  }
  const bool reached = hot_.empty();
  for (const Index unit : touched_) state_.move_unit(unit, at_best_[unit]);
  forget();
  return reached;
}

}  // namespace pcb::planning
