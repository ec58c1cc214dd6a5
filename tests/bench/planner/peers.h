// How two other balancers choose, written from their sources' descriptions (rules only, no code of theirs).
#pragma once

#include <vector>

#include "cluster/document.h"

namespace pcb::bench {

struct Outcome {
  int moves = 0;
  double peak = 0;         // highest use / limit, as the planner reports it
  double overload = 0;     // use above the limits, as a share of the cluster, as the planner reports it
  double bytes_moved = 0;  // memory of the guests that moved
};

// Proxmox HA's CRS: the single migration after which (cpu + memory) / 2 varies least, repeated until none
// helps.
Outcome run_crs(const Cluster& cluster, int max_moves);
// ProxLB: smallest guests first, from the fullest node by memory to the emptiest with that much free, until
// the spread is at most 5 points.
Outcome run_proxlb(const Cluster& cluster, int max_moves);

}  // namespace pcb::bench
