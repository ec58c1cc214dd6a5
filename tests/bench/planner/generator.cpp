#include "generator.h"

#include <cmath>
#include <random>
#include <string>

namespace pcb::bench {
namespace {

constexpr double kGiB = 1073741824.0;
constexpr double kMostCpu = 0.97, kMostMemory = 0.97;  // nobody starts beyond what the hardware has

}  // namespace

Cluster make_cluster(int hosts, int guests, std::uint64_t seed, double fill) {
  std::mt19937_64 random(seed * 1'000'003 + static_cast<std::uint64_t>(hosts));
  Cluster cluster;
  cluster.cluster = "bench";
  std::vector<double> pull;
  std::normal_distribution<double> factor(0, 0.35);
  double cores = 0, bytes = 0;
  for (int h = 0; h < hosts; ++h) {
    Host host;
    host.name = "host" + std::to_string(h + 1);
    host.cpu_cores = 16 << (random() % 3);
    host.memory_bytes = host.cpu_cores * (random() % 2 == 0 ? 4 : 8) * kGiB;
    cores += host.cpu_cores;
    bytes += host.memory_bytes;
    pull.push_back(host.cpu_cores * std::exp(factor(random)));
    cluster.hosts.push_back(host);
  }
  std::lognormal_distribution<double> size(0, 1);
  double cpu_sum = 0, memory_sum = 0;
  for (int g = 0; g < guests; ++g) {
    Guest guest;
    guest.id = (random() % 5 < 3 ? "lxc/" : "qemu/") + std::to_string(100 + g);
    guest.cpu_used_cores = size(random);
    guest.memory_used_bytes = size(random);
    cpu_sum += *guest.cpu_used_cores;
    memory_sum += *guest.memory_used_bytes;
    cluster.guests.push_back(guest);
  }
  std::vector<double> cpu(static_cast<std::size_t>(hosts)), memory(cpu);
  for (auto& guest : cluster.guests) {
    *guest.cpu_used_cores *= fill * 0.80 * cores / cpu_sum;
    *guest.memory_used_bytes *= fill * 0.85 * bytes / memory_sum;
    std::discrete_distribution<std::size_t> draw(pull.begin(), pull.end());
    std::size_t h = draw(random);
    for (int attempt = 0; attempt < 200; ++attempt, h = draw(random))
      if (cpu[h] + *guest.cpu_used_cores <= kMostCpu * cluster.hosts[h].cpu_cores &&
          memory[h] + *guest.memory_used_bytes <= kMostMemory * cluster.hosts[h].memory_bytes)
        break;
    cpu[h] += *guest.cpu_used_cores;
    memory[h] += *guest.memory_used_bytes;
    guest.host = cluster.hosts[h].name;
  }
  return cluster;
}

}  // namespace pcb::bench
