#include <algorithm>
#include <set>

#include "exporter/render.h"

namespace pcb {

Cluster render_document(const Snapshot& snapshot) {
  Cluster cluster;
  if (!snapshot.cluster.empty()) cluster.cluster = snapshot.cluster;
  cluster.taken_at = snapshot.taken_at;
  cluster.quorate = snapshot.quorate;
  cluster.auto_rebalance = snapshot.auto_rebalance;
  cluster.migration_apart = snapshot.migration_apart;
  cluster.warnings = snapshot.warnings;
  std::set<std::string> hosts;
  for (const auto& host : snapshot.hosts) {
    // A host without a size cannot be planned with; the snapshot's warnings name it.
    if (host.document.cpu_cores <= 0 || host.document.memory_bytes <= 0) continue;
    cluster.hosts.push_back(host.document);
    hosts.insert(host.document.name);
  }
  std::set<std::string> guests;
  for (const auto& guest : snapshot.guests) {
    if (!hosts.contains(guest.document.host)) {
      cluster.warnings.push_back(guest.document.id + " is left out: " + guest.document.host +
                                 " is not among the hosts");
      continue;
    }
    cluster.guests.push_back(guest.document);
    guests.insert(guest.document.id);
  }
  for (auto rule : snapshot.rules) {
    std::erase_if(rule.guests, [&](const auto& id) { return !guests.contains(id); });
    if (!rule.guests.empty()) cluster.rules.push_back(std::move(rule));
  }
  cluster.backup_jobs = snapshot.backup_jobs;
  for (auto& job : cluster.backup_jobs) {
    if (job.guests) std::erase_if(*job.guests, [&](const auto& id) { return !guests.contains(id); });
  }
  cluster.tasks = snapshot.tasks;
  return cluster;
}

}  // namespace pcb
