// Seeded clusters for the benches: mixed host sizes, log-normal guests, 60 % mean fill, a skewed start.
#pragma once

#include <cstdint>

#include "cluster/document.h"

namespace pcb::bench {

// `fill` of the limits is used on average; hosts draw guests by size times a random factor, so some start far
// above.
inline constexpr double kFill = 0.6;
Cluster make_cluster(int hosts, int guests, std::uint64_t seed, double fill = kFill);

}  // namespace pcb::bench
