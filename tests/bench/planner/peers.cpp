#include "peers.h"

#include <algorithm>
#include <cmath>
#include <map>
#include <numeric>

namespace pcb::bench {
namespace {

struct Table {
  std::vector<double> cores, bytes, cpu, memory, guest_cpu, guest_memory;
  std::vector<std::size_t> at;

  explicit Table(const Cluster& cluster) {
    std::map<std::string, std::size_t> index;
    for (const auto& host : cluster.hosts) {
      index[host.name] = cores.size();
      cores.push_back(host.cpu_cores);
      bytes.push_back(host.memory_bytes);
    }
    cpu.resize(cores.size());
    memory.resize(cores.size());
    for (const auto& guest : cluster.guests) {
      at.push_back(index.at(guest.host));
      guest_cpu.push_back(*guest.cpu_used_cores);
      guest_memory.push_back(*guest.memory_used_bytes);
      cpu[at.back()] += guest_cpu.back();
      memory[at.back()] += guest_memory.back();
    }
  }
  [[nodiscard]] double load(std::size_t h) const { return (cpu[h] / cores[h] + memory[h] / bytes[h]) / 2; }
  [[nodiscard]] double peak() const {
    double result = 0;
    for (std::size_t h = 0; h < cores.size(); ++h)
      result = std::max({result, cpu[h] / (0.80 * cores[h]), memory[h] / (0.85 * bytes[h])});
    return result;
  }
  [[nodiscard]] double overload() const {
    double above_cpu = 0, above_memory = 0;
    for (std::size_t h = 0; h < cores.size(); ++h) {
      above_cpu += std::max(0.0, cpu[h] - 0.80 * cores[h]);
      above_memory += std::max(0.0, memory[h] - 0.85 * bytes[h]);
    }
    return above_cpu / std::accumulate(cores.begin(), cores.end(), 0.0) +
           above_memory / std::accumulate(bytes.begin(), bytes.end(), 0.0);
  }
  void move(std::size_t guest, std::size_t to) {
    cpu[at[guest]] -= guest_cpu[guest];
    memory[at[guest]] -= guest_memory[guest];
    cpu[to] += guest_cpu[guest];
    memory[to] += guest_memory[guest];
    at[guest] = to;
  }
};

}  // namespace

Outcome run_crs(const Cluster& cluster, int max_moves) {
  Table table(cluster);
  Outcome outcome;
  const std::size_t hosts = table.cores.size();
  const auto count = static_cast<double>(hosts);
  while (outcome.moves < max_moves) {
    double sum = 0, squares = 0;
    for (std::size_t h = 0; h < hosts; ++h) {
      sum += table.load(h);
      squares += table.load(h) * table.load(h);
    }
    const auto variation = [&](double s, double q) {
      return std::sqrt(std::max(0.0, q / count - s * s / count / count)) / (s / count);
    };
    double best = variation(sum, squares) - 1e-9;
    std::size_t guest = table.at.size(), target = 0;
    for (std::size_t g = 0; g < table.at.size(); ++g) {
      const std::size_t from = table.at[g];
      const double from_after =
          table.load(from) -
          (table.guest_cpu[g] / table.cores[from] + table.guest_memory[g] / table.bytes[from]) / 2;
      for (std::size_t t = 0; t < hosts; ++t) {
        if (t == from) continue;
        const double to_after =
            table.load(t) +
            (table.guest_cpu[g] / table.cores[t] + table.guest_memory[g] / table.bytes[t]) / 2;
        const double s = sum - table.load(from) - table.load(t) + from_after + to_after;
        const double q = squares - table.load(from) * table.load(from) - table.load(t) * table.load(t) +
                         from_after * from_after + to_after * to_after;
        if (variation(s, q) >= best) continue;
        best = variation(s, q);
        guest = g;
        target = t;
      }
    }
    if (guest == table.at.size()) break;
    table.move(guest, target);
    outcome.bytes_moved += table.guest_memory[guest];
    ++outcome.moves;
  }
  outcome.peak = table.peak();
  outcome.overload = table.overload();
  return outcome;
}

Outcome run_proxlb(const Cluster& cluster, int max_moves) {
  Table table(cluster);
  Outcome outcome;
  const std::size_t hosts = table.cores.size();
  std::vector<std::size_t> order(table.at.size());
  std::iota(order.begin(), order.end(), 0);
  std::sort(order.begin(), order.end(),
            [&](auto a, auto b) { return table.guest_memory[a] < table.guest_memory[b]; });
  const auto percent = [&](std::size_t h) { return table.memory[h] / table.bytes[h]; };
  for (const std::size_t guest : order) {
    if (outcome.moves >= max_moves) break;
    std::size_t fullest = 0, emptiest = 0;
    for (std::size_t h = 0; h < hosts; ++h) {
      if (percent(h) > percent(fullest)) fullest = h;
      if (percent(h) < percent(emptiest)) emptiest = h;
    }
    if (percent(fullest) - percent(emptiest) <= 0.05) break;
    if (table.at[guest] != fullest) continue;
    if (table.guest_memory[guest] >= table.bytes[emptiest] - table.memory[emptiest]) continue;
    table.move(guest, emptiest);
    outcome.bytes_moved += table.guest_memory[guest];
    ++outcome.moves;
  }
  outcome.peak = table.peak();
  outcome.overload = table.overload();
  return outcome;
}

}  // namespace pcb::bench
