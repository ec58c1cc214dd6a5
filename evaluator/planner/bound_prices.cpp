// The Lagrangian dual of the relaxation: any prices prove a limit, better prices prove a better one.
#include <algorithm>
#include <cmath>
#include <numeric>

#include "evaluator/planner/bound_parts.h"
#include "evaluator/planner/figures.h"

namespace pcb::planning {
namespace {

constexpr double kCloseEnough = 1.008;
constexpr long kSteps = 450, kFewestSteps = 40;
constexpr long kGuestsPerEvaluation = 3;  // a guest in a step costs less than a candidate in the search
constexpr int kMinPatience = 6, kMaxPatience = 40;  // steps without a better limit
constexpr double kBetter = 1e-4;                    // relative: less is none
constexpr long kMaxWork = 1'500'000;                // guests × steps
// Of the way to what was reached, for overload: longer after a step that helped, shorter after some that did
// not.
constexpr double kFirstStride = 0.5, kLongestStride = 2, kLonger = 1.1, kShorter = 0.66;
constexpr int kIdleStrides = 8;
constexpr double kLeastPart = 0.02;  // of the newest loads in their mean

// A place that is the cheapest for some mix of cores and bytes, and all hosts that cost the same.
struct Corner {
  Load price;
  std::size_t begin, end;  // its hosts
  Load arrived{};
};

// The cheapest places of one group, the corners by rising price of cores.
struct Places {
  std::vector<Corner> corners;
  std::vector<Index> hosts;
};

Places cheapest_places(const std::vector<Index>& targets, const Prices& prices) {
  Places places;
  std::vector<Index> sorted = targets;
  std::sort(sorted.begin(), sorted.end(),
            [&](Index a, Index b) { return prices[a] != prices[b] ? prices[a] < prices[b] : a < b; });
  // The lower left hull: for any mix of cores and bytes the cheapest place is one of its corners.
  const auto turns_left = [&](Index o, Index a, Index b) {
    return (prices[a][cpu] - prices[o][cpu]) * (prices[b][memory] - prices[o][memory]) -
               (prices[a][memory] - prices[o][memory]) * (prices[b][cpu] - prices[o][cpu]) >
           0;
  };
  std::vector<Index> corners;
  for (const Index t : sorted) {
    if (!corners.empty() && prices[t][memory] >= prices[corners.back()][memory]) continue;
    while (corners.size() > 1 && !turns_left(corners[corners.size() - 2], corners.back(), t))
      corners.pop_back();
    corners.push_back(t);
  }
  for (const Index corner : corners) {
    const auto first = std::lower_bound(sorted.begin(), sorted.end(), prices[corner],
                                        [&](Index a, const Load& price) { return prices[a] < price; });
    const std::size_t begin = places.hosts.size();
    for (auto t = first; t != sorted.end() && prices[*t] == prices[corner]; ++t) places.hosts.push_back(*t);
    places.corners.push_back({prices[corner], begin, places.hosts.size(), {}});
  }
  return places;
}

double cost_at(const Corner& corner, const Load& use) {
  return corner.price[cpu] * use[cpu] + corner.price[memory] * use[memory];
}

// Along the hull the cost falls, then rises.
std::size_t cheapest_corner(const std::vector<Corner>& corners, const Load& use) {
  std::size_t low = 0, high = corners.size() - 1;
  while (low < high) {
    const std::size_t middle = (low + high) / 2;
    if (cost_at(corners[middle + 1], use) < cost_at(corners[middle], use)) {
      low = middle + 1;
    } else {
      high = middle;
    }
  }
  return low;
}

struct Saving {
  double saved;
  Index movable;  // position in Relaxation::movable
  std::size_t corner;
};

// What came to a corner goes to all its hosts, evenly.
void spread(const Places& places, std::vector<Load>& loads) {
  for (const Corner& corner : places.corners)
    for (std::size_t i = corner.begin; i < corner.end; ++i)
      for (int r = 0; r < kResources; ++r)
        loads[places.hosts[i]][r] += corner.arrived[r] / static_cast<double>(corner.end - corner.begin);
}

}  // namespace

double priced_use(const Relaxation& relaxation, const Prices& prices, std::vector<Load>* loads) {
  const Model& model = *relaxation.model;
  double value = 0;
  for (Index h = 0; h < model.host_count(); ++h)
    for (int r = 0; r < kResources; ++r)
      if (model.hosts[h].online) value += prices[h][r] * model.hosts[h].before[r];
  std::vector<Places> places;
  places.reserve(relaxation.targets.size());
  for (const auto& targets : relaxation.targets) places.push_back(cheapest_places(targets, prices));
  std::vector<Saving> savings;
  for (std::size_t i = 0; i < relaxation.movable.size(); ++i) {
    const GuestData& guest = model.guests[relaxation.movable[i]];
    if (!model.hosts[guest.home].online) continue;  // its leaving saves nothing
    const double now =
        prices[guest.home][cpu] * guest.use[cpu] + prices[guest.home][memory] * guest.use[memory];
    if (now <= 0) continue;
    const auto& corners = places[relaxation.group_of[i]].corners;
    if (corners.empty()) continue;
    const std::size_t corner = cheapest_corner(corners, guest.use);
    const double saved = now - cost_at(corners[corner], guest.use);
    if (saved > 1e-15) savings.push_back({saved, static_cast<Index>(i), corner});
  }
  const auto budget = static_cast<std::size_t>(std::min(relaxation.max_moves, 1e9));
  if (savings.size() > budget) {
    std::nth_element(savings.begin(), savings.begin() + static_cast<std::ptrdiff_t>(budget), savings.end(),
                     [](const Saving& a, const Saving& b) {
                       return a.saved != b.saved ? a.saved > b.saved : a.movable < b.movable;
                     });
    savings.resize(budget);
    std::sort(savings.begin(), savings.end(),
              [](const Saving& a, const Saving& b) { return a.movable < b.movable; });
  }
  for (const Saving& saving : savings) {
    value -= saving.saved;
    if (loads == nullptr) continue;
    const GuestData& guest = model.guests[relaxation.movable[saving.movable]];
    Corner& corner = places[relaxation.group_of[saving.movable]].corners[saving.corner];
    for (int r = 0; r < kResources; ++r) {
      (*loads)[guest.home][r] -= guest.use[r];
      corner.arrived[r] += guest.use[r];
    }
  }
  if (loads != nullptr)
    for (const auto& group : places) spread(group, *loads);
  return value;
}

namespace {

std::vector<Load> start_loads(const Model& model) {
  std::vector<Load> loads;
  for (const auto& host : model.hosts) loads.push_back(host.before);
  return loads;
}

int steps_for(const Relaxation& relaxation) {
  const long work = static_cast<long>(relaxation.movable.size() + 4 * relaxation.on_host.size()) + 1;
  const long as_the_plan = kFewestSteps + kGuestsPerEvaluation * relaxation.evaluations / work;
  return static_cast<int>(std::min({kSteps, kMaxWork / work, as_the_plan}));
}

int patience_for(int steps) { return std::clamp(steps / 9, kMinPatience, kMaxPatience); }

double highest(const Model& model, const std::vector<Load>& loads) {
  double top = 0;
  for (Index h = 0; h < model.host_count(); ++h)
    if (model.hosts[h].online) top = std::max(top, host_peak(model.hosts[h], loads[h]));
  return top;
}

// Weighs hosts by how near they are to the highest, ever more sharply: where the highest hosts are is where
// prices must be. `loads` is the running mean of what the priced moves lead to.
void weigh_by_peak(const Model& model, const std::vector<Load>& loads, double sharpness, Prices& prices) {
  double top = 0, sum = 0;
  for (Index h = 0; h < model.host_count(); ++h)
    for (int r = 0; r < kResources; ++r)
      if (model.hosts[h].online) top = std::max(top, ratio(loads[h][r], model.hosts[h].limit[r]));
  for (Index h = 0; h < model.host_count(); ++h)
    for (int r = 0; r < kResources; ++r) {
      prices[h][r] = 0;
      if (!model.hosts[h].online || model.hosts[h].limit[r] <= 0) continue;
      const double weight = std::exp(sharpness * (ratio(loads[h][r], model.hosts[h].limit[r]) / top - 1));
      sum += weight;
      prices[h][r] = weight / model.hosts[h].limit[r];
    }
  for (auto& price : prices)
    for (double& p : price) p /= sum;  // Σ price × limit = 1
}

// Whether fractions of moves within the budget bring every host to `peak`: each giving host sends its most
// valuable guests away, and every receiver takes the same mix of them. Enough, not necessary.
bool attains(const Relaxation& relaxation, double peak) {
  const Model& model = *relaxation.model;
  std::vector<std::uint8_t> takes(model.hosts.size(), 1);
  for (const auto& targets : relaxation.targets) {
    std::vector<std::uint8_t> here(model.hosts.size(), 0);
    for (const Index t : targets) here[t] = 1;
    for (std::size_t h = 0; h < takes.size(); ++h) takes[h] = takes[h] & here[h];
  }
  Load sent{};
  double moves = 0;
  std::vector<Load> room(model.hosts.size(), Load{});
  for (Index h = 0; h < model.host_count(); ++h) {
    const HostData& host = model.hosts[h];
    if (!host.online) continue;
    Load above{};
    for (int r = 0; r < kResources; ++r) {
      above[r] = host.before[r] - peak * host.limit[r];
      room[h][r] = std::max(0.0, -above[r]);
    }
    if (above[cpu] <= 0 && above[memory] <= 0) continue;
    takes[h] = 0;
    std::vector<std::pair<double, Index>> order;
    for (const Index g : relaxation.on_host[h]) {
      double value = 0;
      for (int r = 0; r < kResources; ++r)
        if (above[r] > 0) value += model.guests[g].use[r] / above[r];
      order.emplace_back(-value, g);
    }
    std::sort(order.begin(), order.end());
    for (const auto& [value, g] : order) {
      const Load& use = model.guests[g].use;
      double part = 0;
      for (int r = 0; r < kResources; ++r)
        if (above[r] > 0 && use[r] > 0) part = std::max(part, std::min(1.0, above[r] / use[r]));
      if (part <= 0) continue;
      moves += part;
      for (int r = 0; r < kResources; ++r) {
        above[r] -= part * use[r];
        sent[r] += part * use[r];
      }
    }
    if (above[cpu] > kTolerance * host.capacity[cpu] || above[memory] > kTolerance * host.capacity[memory])
      return false;
  }
  if (moves > relaxation.max_moves) return false;
  double taken = 0;
  for (Index h = 0; h < model.host_count(); ++h) {
    if (takes[h] == 0 || !model.hosts[h].online) continue;
    double part = HUGE_VAL;
    for (int r = 0; r < kResources; ++r)
      if (sent[r] > 0) part = std::min(part, room[h][r] / sent[r]);
    taken += part;
  }
  return taken >= 1;
}

}  // namespace

double improve_peak(const Relaxation& relaxation, double known, double reached) {
  const Model& model = *relaxation.model;
  if (known * kCloseEnough >= reached || relaxation.movable.empty()) return known;
  if (attains(relaxation, known * 1.01)) return known;
  double best = known;
  Prices prices(model.hosts.size());
  const int steps = steps_for(relaxation), patience = patience_for(steps);
  for (const double sharpness : {30.0, 120.0, 500.0}) {
    std::vector<Load> mean = start_loads(model);
    int improved = 0;
    for (int k = 0; k < steps / 3; ++k) {
      reached = std::min(reached, highest(model, mean));  // fractions of moves that lead there exist
      if (best * kCloseEnough >= reached) return best;
      weigh_by_peak(model, mean, sharpness, prices);
      std::vector<Load> loads = start_loads(model);
      const double found = priced_use(relaxation, prices, &loads);
      if (found > best * (1 + kBetter)) improved = k;
      best = std::max(best, found);
      if (k - improved > patience) break;
      const double part = 2.0 / (k + 3.0);
      for (Index h = 0; h < model.host_count(); ++h)
        for (int r = 0; r < kResources; ++r) mean[h][r] += part * (loads[h][r] - mean[h][r]);
    }
  }
  return best;
}

namespace {

// Prices of overload, what the loads are after the best moves for them, and what that proves.
struct Proof {
  Prices prices;
  std::vector<Load> loads{};
  double proven = 0;  // Σ prices × (use − limit)
};

void prove(const Relaxation& relaxation, Proof& proof) {
  const Model& model = *relaxation.model;
  proof.loads = start_loads(model);
  proof.proven = priced_use(relaxation, proof.prices, &proof.loads);
  for (Index h = 0; h < model.host_count(); ++h)
    for (int r = 0; r < kResources; ++r) proof.proven -= proof.prices[h][r] * model.hosts[h].limit[r];
}

// Load above a limit counts this much per unit, so no price needs to be higher.
double highest_price(const Model& model, Index host, int resource) {
  const bool counts = model.hosts[host].online && model.total_capacity[resource] > 0;
  return counts ? 1 / model.total_capacity[resource] : 0;
}

// The highest price where a host is over its limit, none elsewhere: as if every receiver had endless room.
Proof price_of_overload(const Relaxation& relaxation) {
  const Model& model = *relaxation.model;
  Proof proof{Prices(model.hosts.size(), Load{})};
  for (Index h = 0; h < model.host_count(); ++h)
    for (int r = 0; r < kResources; ++r)
      if (model.hosts[h].before[r] > model.hosts[h].limit[r]) proof.prices[h][r] = highest_price(model, h, r);
  prove(relaxation, proof);
  return proof;
}

// How much more is proven per share of the highest price: the load above the limit, where the price can
// follow. Returns the sum of the squares.
double slopes_of(const Model& model, const Prices& prices, const std::vector<Load>& loads,
                 std::vector<Load>& slopes) {
  double square = 0;
  for (Index h = 0; h < model.host_count(); ++h)
    for (int r = 0; r < kResources; ++r) {
      const double top = highest_price(model, h, r), price = prices[h][r];
      const double slope = (loads[h][r] - model.hosts[h].limit[r]) * top;
      const bool stuck = slope < 0 ? price <= 0 : price >= top;
      slopes[h][r] = stuck ? 0 : slope;
      square += slopes[h][r] * slopes[h][r];
    }
  return square;
}

}  // namespace

double overload_by_hosts(const Relaxation& relaxation) {
  return std::max(0.0, price_of_overload(relaxation).proven);
}

double improve_overload(const Relaxation& relaxation, double known, double reached) {
  const Model& model = *relaxation.model;
  if (relaxation.movable.empty()) return known;
  Proof best = price_of_overload(relaxation), next = best;
  std::vector<Load> mean = best.loads, slope(model.hosts.size());
  double stride = kFirstStride;
  int idle = 0;
  for (int k = 0, steps = steps_for(relaxation); k < steps; ++k) {
    reached = std::min(reached, overload_of(model, mean));  // fractions of moves that lead there exist
    if (reached <= std::max(known, best.proven) * kCloseEnough + 1e-7) break;
    double square = slopes_of(model, best.prices, mean, slope);
    if (square <= 0) {  // the mean asks for nothing else: what these prices alone lead to does
      mean = best.loads;
      square = slopes_of(model, best.prices, mean, slope);
      if (square <= 0) break;
    }
    const double length = stride * (reached - best.proven) / square;
    for (Index h = 0; h < model.host_count(); ++h)
      for (int r = 0; r < kResources; ++r) {
        const double top = highest_price(model, h, r);
        next.prices[h][r] = std::clamp(best.prices[h][r] + length * slope[h][r] * top, 0.0, top);
      }
    prove(relaxation, next);
    const double part = std::max(kLeastPart, 2.0 / (k + 2.0));
    for (Index h = 0; h < model.host_count(); ++h)
      for (int r = 0; r < kResources; ++r) mean[h][r] += part * (next.loads[h][r] - mean[h][r]);
    if (next.proven > best.proven) {
      std::swap(best, next);
      stride = std::min(kLongestStride, stride * kLonger);
      idle = 0;
    } else if (++idle == kIdleStrides) {
      stride *= kShorter;
      idle = 0;
    }
  }
  return std::max(known, best.proven);
}

}  // namespace pcb::planning
