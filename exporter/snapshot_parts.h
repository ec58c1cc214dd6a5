// The steps of build_snapshot(), and what they share.
//
// Pure. Internal to the exporter's snapshot. Tested through tests/exporter/snapshot_test.cpp.
#pragma once

#include <map>
#include <set>
#include <string>
#include <vector>

#include "exporter/host_report.h"
#include "exporter/movability.h"
#include "exporter/parse/ha_config.h"
#include "exporter/snapshot.h"

namespace pcb {

// Rows of .rrd live 5 minutes; older than this they are history.
inline constexpr double kRrdFreshSeconds = 60;
// Clocks beyond it are none.
inline constexpr double kLatestTime = 4e9;

// What one moment's reports say together. Pointers point into the reports.
struct Merged {
  Merged(const SnapshotSettings& the_settings, double the_time) : settings(the_settings), now(the_time) {}

  const SnapshotSettings& settings;
  double now = 0;
  std::map<std::string, const HostReport*> reports;  // by the name the host has in the cluster
  std::set<std::string> other_names;  // in the configuration, of hosts that call themselves otherwise
  const ClusterView* view = nullptr;  // fresh; null: no host told about the cluster
  const ClusterSettings* cluster_settings = nullptr;
  const Rrd* rrd = nullptr;
  HaConfig ha;
  std::map<std::string, double> moved_at;  // guest number → end of its last move
  std::map<std::string, double> host_moved_at;
  std::map<std::string, std::string> running_tasks;   // guest number → type
  std::map<std::string, std::string> guest_hosts;     // "lxc/101" → host
  std::map<std::string, const GuestConfig*> configs;  // "lxc/101" → config
  std::map<std::string, Neighbours> neighbours;       // of each host; filled once the hosts are built
  std::map<std::string, const SnapshotSettings::HostSettings*> host_settings;  // by configured name
  std::vector<std::string> warnings;

  [[nodiscard]] bool is_fresh(double received_at) const;
  [[nodiscard]] const HostReport* report_of(const std::string& host) const;
  [[nodiscard]] const HostSample* sample_of(const std::string& host) const;  // null unless fresh
  // null: not configured.
  [[nodiscard]] const SnapshotSettings::HostSettings* settings_of(const std::string& host) const;
  // The time on that host's own clock, for what it has stamped itself.
  [[nodiscard]] double host_time(const std::string& host) const;
  [[nodiscard]] const RrdNode* rrd_node(const std::string& host) const;  // null unless fresh
  [[nodiscard]] const RrdGuest* rrd_guest(const std::string& number, const std::string& host) const;
  [[nodiscard]] const RrdStorage* rrd_storage(const std::string& host, const std::string& storage) const;
};

Merged merge_reports(const std::vector<const HostReport*>& reports, const SnapshotSettings& settings,
                     double now);

// Backup jobs, what they cover, when hosts run them next; and the tasks that run.
void add_backups(const Merged& merged, Snapshot& snapshot);
void add_tasks(const Merged& merged, Snapshot& snapshot);
// Takes the other shards' hosts, guests and storages out (exporter/shard.h).
void keep_own(const Shard& shard, Snapshot& snapshot);

void find_neighbours(const std::vector<SnapshotHost>& hosts, Merged& merged);

SnapshotHost build_host(const Merged& merged, const std::string& name);
std::vector<SnapshotStorage> build_storages(const Merged& merged, const std::string& host);

// `hosts`: as build_host() made them, in the order of their names. Allowed blockers are told in `warnings`.
SnapshotGuest build_guest(const Merged& merged, const std::string& id, const std::vector<SnapshotHost>& hosts,
                          std::vector<std::string>& warnings);

}  // namespace pcb
