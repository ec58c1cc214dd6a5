#include "exporter/render_jobs.h"

#include <string_view>
#include <unordered_set>

#include "cluster/metric_catalogue.h"

namespace pcb {
namespace {

template <class Emit>
void for_each_job(const Snapshot& snapshot, std::string_view name, const std::string& host, MetricsText& into,
                  Emit emit) {
  bool started = false;
  for (const auto& guest : snapshot.guests) {
    if (!guest.read || (!host.empty() && guest.document.host != host)) continue;
    for (const auto& job : guest.replication) {
      if (!started) into.family(metric(name).family);
      started = true;
      emit(guest.document, job);
    }
  }
}

}  // namespace

void append_replication(const Snapshot& snapshot, const std::string& host, MetricsText& into) {
  const auto figure = [&](std::string_view name, std::optional<double> SnapshotReplication::*member) {
    for_each_job(snapshot, name, host, into, [&](const Guest&, const SnapshotReplication& job) {
      if (const auto& value = job.*member) into.sample({{"id", job.id}}, *value);
    });
  };
  figure("pve_replication_duration_seconds", &SnapshotReplication::duration_seconds);
  figure("pve_replication_last_sync_timestamp_seconds", &SnapshotReplication::last_sync_at);
  figure("pve_replication_last_try_timestamp_seconds", &SnapshotReplication::last_try_at);
  figure("pve_replication_next_sync_timestamp_seconds", &SnapshotReplication::next_sync_at);
  figure("pve_replication_failed_syncs", &SnapshotReplication::failed_syncs);
  for_each_job(snapshot, "pve_replication_info", host, into,
               [&](const Guest& guest, const SnapshotReplication& job) {
                 into.sample({{"id", job.id},
                              {"type", job.type},
                              {"source", "node/" + guest.host},
                              {"target", "node/" + job.target},
                              {"guest", guest.id}},
                             1);
               });
}

void append_backup_coverage(const Snapshot& snapshot, MetricsText& into) {
  if (!snapshot.not_backed_up || snapshot.cluster.empty()) return;
  const auto& ids = *snapshot.not_backed_up;
  const std::unordered_set<std::string_view> uncovered(ids.begin(), ids.end());
  if (snapshot.shows_cluster) {
    into.family(metric("pve_not_backed_up_total").family);
    into.sample({{"id", "cluster/" + snapshot.cluster}}, static_cast<double>(ids.size()));
  }
  bool started = false;
  for (const auto& guest : snapshot.guests) {
    if (!guest.read || !uncovered.contains(guest.document.id)) continue;
    if (!started) into.family(metric("pve_not_backed_up_info").family);
    started = true;
    into.sample({{"id", guest.document.id}}, 1);
  }
}

}  // namespace pcb
