#include "evaluator/planner/figures.h"

#include <algorithm>
#include <cmath>

namespace pcb::planning {

double ratio(double use, double capacity) {
  if (capacity > 0) return use / capacity;
  return use > 0 ? 1e9 : 0;  // JSON knows no infinity
}

std::vector<Load> uses_of(const Model& model, const std::vector<Index>& assignment) {
  std::vector<Load> uses;
  uses.reserve(model.hosts.size());
  for (const auto& host : model.hosts) uses.push_back(host.before);
  for (Index g = 0; g < model.guest_count(); ++g) {
    const GuestData& guest = model.guests[g];
    if (assignment[g] == guest.home) continue;
    for (int r = 0; r < kResources; ++r) {
      uses[guest.home][r] -= guest.use[r];
      uses[assignment[g]][r] += guest.use[r];
    }
  }
  for (auto& use : uses)
    for (int r = 0; r < kResources; ++r) use[r] = std::max(use[r], 0.0);
  return uses;
}

double overload_of(const Model& model, const std::vector<Load>& uses) {
  Load sum{};
  for (Index h = 0; h < model.host_count(); ++h)
    for (int r = 0; r < kResources; ++r)
      if (model.hosts[h].online) {
        const double over = uses[h][r] - model.hosts[h].limit[r];
        if (over > kTolerance * model.hosts[h].capacity[r]) sum[r] += over;
      }
  return ratio(sum[cpu], model.total_capacity[cpu]) + ratio(sum[memory], model.total_capacity[memory]);
}

double host_peak(const HostData& host, const Load& use) {
  return std::max(ratio(use[cpu], host.limit[cpu]), ratio(use[memory], host.limit[memory]));
}

double imbalance_of(const Model& model, const std::vector<Load>& uses) {
  double result = 0;
  for (int r = 0; r < kResources; ++r) {
    double sum = 0, count = 0;
    for (Index h = 0; h < model.host_count(); ++h)
      if (model.hosts[h].online) {
        sum += ratio(uses[h][r], model.hosts[h].capacity[r]);
        count += 1;
      }
    if (count == 0) continue;
    double squares = 0;
    for (Index h = 0; h < model.host_count(); ++h)
      if (model.hosts[h].online)
        squares += std::pow(ratio(uses[h][r], model.hosts[h].capacity[r]) - sum / count, 2);
    result += std::sqrt(squares / count);
  }
  return result;
}

Figures figures_of(const Model& model, const std::vector<Index>& assignment, double cost) {
  const std::vector<Load> uses = uses_of(model, assignment);
  Figures figures;
  figures.overload = overload_of(model, uses);
  figures.imbalance = imbalance_of(model, uses);
  figures.cost = cost;
  for (Index h = 0; h < model.host_count(); ++h) {
    const HostData& host = model.hosts[h];
    if (!host.online) continue;
    figures.peak = std::max(figures.peak, host_peak(host, uses[h]));
    figures.hosts[host.doc->name] = {ratio(uses[h][cpu], host.capacity[cpu]),
                                     ratio(uses[h][memory], host.capacity[memory])};
  }
  return figures;
}

bool over_limit(const HostData& host, const Load& use) {
  for (int r = 0; r < kResources; ++r)
    if (use[r] > host.limit[r] + kTolerance * host.capacity[r]) return true;
  return false;
}

}  // namespace pcb::planning
