// The best plan there is, by looking at every state that allowed steps can reach. Slow and obvious; tests
// only.
#pragma once

#include <cstdint>
#include <vector>

#include "reference.h"

namespace pcb::reference {

struct Best {
  std::vector<double> score;  // of Reference::score
  Places places;
  int moves = 0;
  double cost = 0;
  std::size_t states = 0;
  double least_overload = 0, least_peak = 0;  // each alone, over all states that can be reached
};

// Dijkstra over assignments: fewest moves first for balance, least cost for the others, at most max_moves
// steps.
Best best_plan(const Reference& reference, const Goal& goal, const Policy& policy);

// -1, 0, 1 with a tolerance for rounding.
int compare_scores(const std::vector<double>& a, const std::vector<double>& b);

struct Shape {
  int max_hosts = 4, max_guests = 8;
  bool rules = true, limits = true, high_values = true;
};

Cluster random_cluster(std::uint64_t seed, const Shape& shape);

}  // namespace pcb::reference
