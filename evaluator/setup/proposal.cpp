#include "evaluator/setup/proposal.h"

#include <algorithm>
#include <cmath>

#include "cluster/document_defaults.h"
#include "common/text.h"

namespace pcb {
namespace {

// Of the online hosts whose use is known.
struct Use {
  double used = 0, capacity = 0, largest = 0;
  double lowest_ratio = 1, highest_ratio = 0;
  int hosts = 0;

  void add(double host_used, double host_capacity) {
    used += host_used;
    capacity += host_capacity;
    largest = std::max(largest, host_capacity);
    const double ratio = host_used / host_capacity;
    lowest_ratio = std::min(lowest_ratio, ratio);
    highest_ratio = std::max(highest_ratio, ratio);
    ++hosts;
  }
  [[nodiscard]] double mean() const { return used / capacity; }
};

std::string whole_percent(double ratio) { return std::to_string(std::lround(ratio * 100)) + " %"; }

// What the mean use asks for, in steps of 5 percent.
int raised(int threshold, double mean) {
  const int wanted = static_cast<int>(std::ceil((mean * 100 + Proposal::kMargin) / 5 - 1e-9)) * 5;
  return std::clamp(wanted, threshold, std::max(threshold, Proposal::kMost));
}

void propose_for_hosts(const Use& use, const std::string& resource, int& threshold,
                       std::vector<std::string>& reasons) {
  if (use.hosts == 0) {
    reasons.push_back("The " + resource + " of no host could be measured: the default stands.");
    return;
  }
  std::string reason = "Hosts use " + whole_percent(use.lowest_ratio) + " to " +
                       whole_percent(use.highest_ratio) + " of their " + resource + ", " +
                       whole_percent(use.mean()) + " all together.";
  const int wanted = raised(threshold, use.mean());
  if (wanted > threshold) {
    reason += " The default of " + std::to_string(threshold) +
              " would be passed however the guests are spread: raised. The cluster is full.";
  }
  threshold = wanted;
  if (use.hosts > 1 && use.used > threshold / 100.0 * (use.capacity - use.largest)) {
    reason += " Without its largest host the others would be above the threshold.";
  }
  reasons.push_back(std::move(reason));
}

void propose_for_guests(int above, int running, const std::string& resource, int& threshold,
                        std::vector<std::string>& reasons) {
  if (above == 0) return;
  std::string reason = std::to_string(above) + " of " + std::to_string(running) +
                       " running guests use more than " + std::to_string(threshold) + " % of their own " +
                       resource + " limit";
  if (above * 5 > running) {
    threshold = Proposal::kMost;
    reason += ": raised, so that the alert still tells something.";
  } else {
    reason += ": they will be named in alerts, and need a higher limit.";
  }
  reasons.push_back(std::move(reason));
}

// Whether the use is above so many percent of the limit; nothing is known: no.
bool is_above(std::optional<double> used, std::optional<double> limit, int percent) {
  return used && limit && *limit > 0 && *used > *limit * percent / 100;
}

}  // namespace

Proposal propose_thresholds(const Cluster& cluster) {
  Proposal proposal;
  Use cpu, memory;
  for (const Host& host : cluster.hosts) {
    if (!is_online(host)) continue;
    if (host.cpu_used_cores && host.cpu_cores > 0) cpu.add(*host.cpu_used_cores, host.cpu_cores);
    if (host.memory_used_bytes && host.memory_bytes > 0)
      memory.add(*host.memory_used_bytes, host.memory_bytes);
  }
  propose_for_hosts(cpu, "CPU", proposal.cpu, proposal.reasons);
  propose_for_hosts(memory, "memory", proposal.memory, proposal.reasons);

  int running = 0, above_cpu = 0, above_memory = 0;
  for (const Guest& guest : cluster.guests) {
    if (!is_running(guest)) continue;
    ++running;
    if (is_above(guest.cpu_used_cores, guest.cpu_cores, proposal.guest_cpu)) ++above_cpu;
    if (is_above(guest.memory_used_bytes, guest.memory_bytes, proposal.guest_memory)) ++above_memory;
  }
  propose_for_guests(above_cpu, running, "CPU", proposal.guest_cpu, proposal.reasons);
  propose_for_guests(above_memory, running, "memory", proposal.guest_memory, proposal.reasons);
  return proposal;
}

void apply(const Proposal& proposal, Cluster& cluster) {
  for (Host& host : cluster.hosts) {
    host.cpu_threshold = proposal.cpu / 100.0;
    host.memory_threshold = proposal.memory / 100.0;
  }
}

}  // namespace pcb
