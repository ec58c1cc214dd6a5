// Local search: brings hosts down to a wished level with few and cheap moves.
//
// For every host above its level the cheapest set of guests to give away is found (cover.h), the guests are
// placed, and what is left is worked on by shifts, swaps and ejections (a guest goes, and another makes room
// for it on a third host). Then moves are given back where that costs nothing. Deterministic: randomness
// comes from a seed. Effort is counted in candidate evaluations, shared by all searches of a plan. Tested by
// tests/planner/oracle_test.cpp and the oracle.
#pragma once

#include <cstdint>
#include <random>
#include <vector>

#include "evaluator/planner/score.h"

namespace pcb::planning {

struct Wish {
  std::vector<Load> level;               // per host: load above it should go; infinity where there is no wish
  std::vector<std::uint8_t> must_leave;  // per host: its guests should go whatever the load (drain)
  std::vector<std::uint8_t> takes_part;  // per host: may give and receive
  bool fewest_moves = false;             // moves count before cost
  bool reduce_cost = true;               // spend effort on cheaper choices once the level is reached
  bool stopped_leave = false;
  bool only_wished_give = false;  // guests of other hosts never move (survive)
  int max_moves = 0;
};

// Balance starts without a level: it looks for the lowest that can be reached.
Wish wish_of(const Model& model, const Objective& objective, int max_moves);

struct Effort {
  long left = 0;
  bool spend(long units = 1) { return (left -= units) > 0; }
};

// How a change moves the state in the order that counts; smaller is better.
struct Gain {
  std::array<double, 7> terms{};  // strict, staying, overload, preferred, excess, moves, cost
};
int compare(const Gain& a, const Gain& b);

class Search {
 public:
  Search(State& state, const Wish& wish, Effort& effort, std::uint64_t seed);

  // Runs to a local optimum. `noise` perturbs the choice of guests, for restarts.
  void run(double noise);
  // One move after the other, each the one that takes most off the excess: for budgets too small for all of
  // it.
  void run_greedily();
  // Gives back a random part of the moves, so that the next run starts elsewhere.
  void perturb(double share);
  [[nodiscard]] double excess() const;
  [[nodiscard]] bool reached() const;

 private:
  struct Change {
    Gain gain;
    Index unit = kNone, to = kNone;         // kNone: no change found
    Index other = kNone, other_to = kNone;  // the guest that moves as well, first
  };

  [[nodiscard]] double host_excess(Index host, const Load& use) const;
  [[nodiscard]] double above(Index host, const Load& use, const Load& level) const;
  [[nodiscard]] int more_moves(Index unit, Index target) const;
  [[nodiscard]] double staying(Index host) const;
  [[nodiscard]] bool is_hot(Index host) const;
  [[nodiscard]] bool movable(Index unit) const;
  [[nodiscard]] Code check(Index unit, Index target) const;
  [[nodiscard]] Gain gain_of(Index unit, Index target) const;
  [[nodiscard]] Gain difference(const std::vector<std::pair<Index, Index>>& moves);
  [[nodiscard]] double weight_of(Index unit) const;
  [[nodiscard]] Index best_place(Index unit);
  [[nodiscard]] std::vector<Index> receivers() const;

  void cover_host(Index host, double noise);
  bool improve_host(Index host);
  void consider_shifts(Index host, const std::vector<Index>& targets, Change& best);
  void consider_pairs(Index host, const std::vector<Index>& targets, Change& best);
  void try_pair(Index unit, Index to, Index other, Index other_to, Change& best);
  bool give_back();
  bool replace();

  State& state_;
  const Model& model_;
  const Wish& wish_;
  Effort& effort_;
  std::mt19937_64 random_;
  Load per_total_{};  // 1 / cluster capacity
  bool best_fit_ = false;
  bool loose_ = false;  // a place may rise above its level, if less than it helps: its own guests then go on
};

// Ends broken rules, the strict ones or the preferred ones, where an allowed move or gathering does it.
void mend_rules(State& state, const Objective& objective, const Wish& wish, bool strict, Effort& effort);

// All assignments of a small cluster, the best first; empty where there are too many.
std::vector<std::vector<Index>> best_assignments(const Model& model, const Objective& objective,
                                                 const Wish& wish);

}  // namespace pcb::planning
