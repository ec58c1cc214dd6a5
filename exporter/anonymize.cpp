#include <map>
#include <string_view>

#include "exporter/render.h"

namespace pcb {
namespace {

// Gives every name the same new one wherever it stands.
class Names {
 public:
  explicit Names(std::string prefix) : prefix_(std::move(prefix)) {}
  const std::string& of(const std::string& name) {
    auto& given = names_[name];
    if (given.empty()) given = prefix_ + std::to_string(names_.size());
    return given;
  }

 private:
  std::string prefix_;
  std::map<std::string, std::string> names_;
};

class Anonymizer {
 public:
  Cluster run(Cluster cluster) {
    cluster.cluster = "cluster-1";
    for (auto& host : cluster.hosts) host_of(host);
    for (auto& guest : cluster.guests) guest_of(guest);
    for (auto& rule : cluster.rules) rule_of(rule);
    for (auto& job : cluster.backup_jobs) job_of(job);
    for (auto& task : cluster.tasks) task.host = hosts_.of(task.host);
    // Warnings are sentences with names in them: their number is all that can be told.
    const auto count = cluster.warnings.size();
    cluster.warnings.clear();
    if (count > 0) cluster.warnings.push_back(std::to_string(count) + " warnings, not shown");
    return cluster;
  }

 private:
  void bridges_of(std::optional<std::vector<Bridge>>& bridges) {
    if (!bridges) return;
    for (auto& bridge : *bridges) bridge.name = bridges_.of(bridge.name);
  }

  void host_of(Host& host) {
    host.name = hosts_.of(host.name);
    bridges_of(host.bridges);
    if (!host.storages) return;
    for (auto& storage : *host.storages) storage.name = storages_.of(storage.name);
  }

  void guest_of(Guest& guest) {
    guest.host = hosts_.of(guest.host);
    if (guest.name) guest.name = guests_.of(*guest.name);
    if (guest.volumes) {
      for (auto& volume : *guest.volumes) volume.storage = storages_.of(volume.storage);
    }
    bridges_of(guest.bridges);
    guest.macs.clear();
    for (auto& tag : guest.tags) tag = tags_.of(tag);
    if (guest.ha && guest.ha->hosts) {
      for (auto& host : *guest.ha->hosts) host.name = hosts_.of(host.name);
    }
    for (auto& replication : guest.replication) replication.target = hosts_.of(replication.target);
    for (auto& blocker : guest.blockers) {  // details and cures can hold paths and names
      blocker.detail = details_.of(blocker.detail);
      blocker.cure.clear();
    }
  }

  void rule_of(Rule& rule) {
    for (auto& host : rule.hosts) host = hosts_.of(host);
    rule.origin = rule.origin.substr(0, rule.origin.find(':'));
  }

  void job_of(BackupJob& job) {
    job.id = jobs_.of(job.id);
    if (job.host) job.host = hosts_.of(*job.host);
    if (!job.pool.empty()) job.pool = pools_.of(job.pool);
    if (!job.storage.empty()) job.storage = storages_.of(job.storage);
    job.origin = job.origin.substr(0, job.origin.find(':'));
  }

  Names hosts_{"host-"}, guests_{"guest-"}, storages_{"storage-"}, bridges_{"bridge-"}, tags_{"tag-"},
      details_{"detail-"}, jobs_{"job-"}, pools_{"pool-"};
};

}  // namespace

Cluster anonymize(const Cluster& cluster) { return Anonymizer().run(cluster); }

}  // namespace pcb
