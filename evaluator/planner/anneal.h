// Simulated annealing over the choice of moves: which guests a budget is spent on, and where they go.
//
// Where the local search (search.h) is stuck, because each single change makes things worse, this one accepts
// small losses for a while: a move is given back and another made instead, two arrivals change places, a
// guest goes elsewhere. It lowers the load above the wished levels; rules that are kept stay kept, limits
// hold after every change. Deterministic: the seed and the number of samples decide, never the clock. Tested
// by tests/planner/oracle_test.cpp and the planner's bench.
#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <limits>
#include <random>
#include <vector>

#include "evaluator/planner/search.h"

namespace pcb::planning {

class Annealing {
 public:
  // The wish's levels, partners and budget; `state` is where it starts and, after run(), the best found.
  Annealing(State& state, const Wish& wish, std::uint64_t seed);

  // Draws up to `samples` changes; ends early when nothing is above its level. True when that is so. `heat`:
  // how much loss is accepted, 1 is usual.
  bool run(long samples, double heat);
  // The move that is missed least goes home: then run() looks whether fewer moves are enough.
  bool give_one_back();
  // Moves are given back until all together cost no more; run() then stays within it.
  void limit_cost(double max_cost);
  [[nodiscard]] long drawn() const { return drawn_; }

 private:
  struct Shift {
    Index unit = kNone, to = kNone;
  };

  [[nodiscard]] std::size_t below(std::size_t n) {
    return static_cast<std::size_t>((random_() >> 32U) * n >> 32U);
  }
  [[nodiscard]] double excess_of(Index host, const Load& use) const;
  [[nodiscard]] bool movable(Index unit) const;
  [[nodiscard]] int more_moves(const Shift& shift) const;
  [[nodiscard]] double more_cost(const Shift& shift) const;
  [[nodiscard]] bool affordable() const;
  [[nodiscard]] Index any_unit(Index host);
  [[nodiscard]] Index any_target() { return targets_[below(targets_.size())]; }
  [[nodiscard]] bool draw();
  void draw_from_hot();
  void draw_exchange();
  [[nodiscard]] double change() const;
  [[nodiscard]] bool allowed(const Shift& shift) const;
  [[nodiscard]] bool apply();
  void place(const Shift& shift);
  void refresh(Index host);
  void note(Index unit);
  void forget();

  State& state_;
  const Model& model_;
  const Wish& wish_;
  std::mt19937_64 random_;
  Load per_total_{};
  std::vector<double> excess_;               // per host
  std::vector<Index> hot_, hot_position_;    // hosts above their level
  std::vector<Index> away_, away_position_;  // units not at home
  std::vector<Index> targets_;
  std::vector<Index> at_best_, touched_;  // where units that moved since were when it was best
  Shift first_, second_;                  // the change that is looked at
  double sum_ = 0, best_ = 0;
  double max_cost_ = std::numeric_limits<double>::infinity();
  long drawn_ = 0;
};

inline constexpr std::array<double, 3> kHeats{1, 5, 0.2};  // in turns
long draws_per_run(const Model& model);

// Relieve: from `best` nearer to the wished levels, then as near at less cost, while `draws` last and help.
// Hands each better state to `keep`.
void improve_relief(const Objective& objective, Wish wish, State best, long& draws,
                    const std::function<void(const State&)>& keep);

}  // namespace pcb::planning
