// Where every guest is, with the sums that limits need, kept up to date move by move.
//
// A State is a function of the assignment alone: moving away and back leaves it as it was (up to rounding,
// which is why figures in a plan are computed anew by figures.h). Copying a State copies the assignment and
// the sums. Tested by tests/planner/properties_test.cpp.
#pragma once

#include <span>
#include <vector>

#include "evaluator/planner/model.h"

namespace pcb::planning {

class State {
 public:
  explicit State(const Model& model);

  [[nodiscard]] const Model& model() const { return *model_; }
  [[nodiscard]] Index host_of(Index guest) const { return host_of_[guest]; }
  [[nodiscard]] const std::vector<Index>& assignment() const { return host_of_; }
  [[nodiscard]] const Load& use(Index host) const { return use_[host]; }
  [[nodiscard]] const std::vector<Load>& uses() const { return use_; }
  [[nodiscard]] const std::vector<Index>& units_on(Index host) const { return units_on_[host]; }
  [[nodiscard]] Index unit_host(Index unit) const { return unit_host_[unit]; }
  [[nodiscard]] double cost() const { return cost_; }
  [[nodiscard]] int moves() const { return moves_; }
  [[nodiscard]] int rule_degree(Index rule) const { return degree_[rule]; }
  [[nodiscard]] double pool_free(Index pool) const { return pool_free_[pool]; }
  [[nodiscard]] double configured(Index host, bool vm) const { return configured_[host][vm ? 1 : 0]; }
  [[nodiscard]] int arrivals(Index host) const { return arrivals_[host]; }  // guests that came here
  [[nodiscard]] const Load& surcharge(Index host) const { return surcharge_[host]; }

  void move_guest(Index guest, Index target);
  void move_unit(Index unit, Index target);

  // The first limit that forbids it now, or none. `unit` moves as a whole.
  [[nodiscard]] Code check_unit(Index unit, Index target) const;
  // One guest alone; rules among `with` (its group) may be broken in between.
  [[nodiscard]] Code check_guest(Index guest, Index target, std::span<const Index> with) const;
  // Only configured memory, cpu and memory of the target.
  [[nodiscard]] Code check_load(Index guest, Index target) const;
  // Room in both resources for an arrival of `high` after `leaving` went away.
  [[nodiscard]] Code check_room(Index target, const Load& high, const Load& leaving) const;

  // How much more broken rule r is when the guest goes to the target.
  [[nodiscard]] int rule_change(Index rule, Index guest, Index target) const;
  [[nodiscard]] Code check_rules(Index guest, Index target, std::span<const Index> with) const;

 private:
  void relocate(Index guest, Index target);
  void place_unit(Index unit, Index target);
  [[nodiscard]] Code check_static(Index guest, Index target) const;
  [[nodiscard]] bool has_space(std::span<const Index> guests, Index target) const;
  void account_volumes(Index guest, Index at, double sign);

  const Model* model_;
  std::vector<Index> host_of_, unit_host_, unit_position_;
  std::vector<std::vector<Index>> units_on_;
  std::vector<Load> use_, surcharge_;  // surcharge: high minus usual use of those that arrived
  std::vector<std::array<double, 2>> configured_;
  std::vector<double> pool_free_;
  std::vector<int> degree_, arrivals_;
  double cost_ = 0;
  int moves_ = 0;
};

}  // namespace pcb::planning
