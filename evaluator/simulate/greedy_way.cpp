// The greedy way, as scripts and simple balancers do it.
#include <algorithm>

#include "cluster/document_defaults.h"
#include "evaluator/simulate/ways.h"

namespace pcb::simulation {
namespace {

double load_ratio(const World& world, std::size_t host) {
  const Host& data = world.host(host);
  const Use use = world.use(host);
  return std::max(data.cpu_cores > 0 ? use.cpu_cores / data.cpu_cores : 0,
                  data.memory_bytes > 0 ? use.memory_bytes / data.memory_bytes : 0);
}

// What Proxmox itself would not refuse.
bool movable(const Guest& guest) {
  return is_running(guest) && !is_template(guest) && !guest.lock && guest.blockers.empty();
}

const Guest* largest_on(const Cluster& cluster, const std::string& host, Resource resource) {
  const Guest* largest = nullptr;
  double most = 0;
  for (const Guest& guest : cluster.guests) {
    if (guest.host != host || !movable(guest)) continue;
    const double use =
        (resource == Resource::cpu ? guest.cpu_used_cores : guest.memory_used_bytes).value_or(0);
    if (use <= most) continue;
    most = use;
    largest = &guest;
  }
  return largest;
}

}  // namespace

void GreedyWay::act(World& world, bool changed) {
  if (!changed) return;  // it looks when there is news, not every few seconds
  const Cluster& cluster = world.document();
  for (std::size_t h = 0; h < world.host_count(); ++h) {
    const Host& host = world.host(h);
    const auto from_here = [&](const SimulatedMove& move) { return move.from == host.name; };
    if (!is_online(host) || std::any_of(world.running().begin(), world.running().end(), from_here)) continue;
    const Use use = world.use(h);
    const bool over_cpu = use.cpu_cores > cpu_threshold_of(host) * host.cpu_cores;
    const bool over_memory = use.memory_bytes > memory_threshold_of(host) * host.memory_bytes;
    if (!over_cpu && !over_memory) continue;
    std::size_t least = h;
    for (std::size_t other = 0; other < world.host_count(); ++other)
      if (is_online(world.host(other)) && load_ratio(world, other) < load_ratio(world, least)) least = other;
    const Guest* guest = largest_on(cluster, host.name, over_memory ? Resource::memory : Resource::cpu);
    if (least == h || guest == nullptr) continue;
    Move move = move_between(cluster, *guest, world.host(least).name, settings_.policy);
    move.why = "the largest guest goes to the least loaded host";
    world.start(move);
  }
}

}  // namespace pcb::simulation
