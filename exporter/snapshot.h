// Snapshot: everything the exporter shows, merged from the reports of all hosts at one moment.
//
// Pure. Each guest stands here once, under the host that holds its config; a host whose sample is older than
// two intervals is not `read`, and its guests have no figures. Facts of the whole cluster (.vmlist, .rrd, HA)
// come from the newest quorate host that was asked for them. The value is complete: rendering it needs
// nothing else, so it can be handed to other threads as shared_ptr<const Snapshot>. Units: bytes, cores,
// ratios 0..1, seconds, Unix seconds. nullopt: not known. Tested by tests/exporter/snapshot_test.cpp and the
// golden pages.
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "cluster/config.h"
#include "cluster/document.h"
#include "exporter/host_state.h"
#include "exporter/probe/node_files.h"
#include "exporter/shard.h"
#include "exporter/snapshot_figures.h"
#include "exporter/snapshot_replication.h"

namespace pcb {

// What of the configuration shapes a snapshot.
struct SnapshotSettings {
  struct HostSettings {
    std::string name;
    std::optional<double> cpu_threshold, memory_threshold, root_filesystem_threshold;
    std::optional<double> container_cpu_threshold, container_memory_threshold;
    std::optional<double> memory_reserved_bytes;
    std::string address = {};
  };
  std::string cluster;  // empty: the name Proxmox gives it
  Seconds interval{15};
  std::vector<HostSettings> hosts;
  DefaultParams defaults;
  std::map<std::string, GuestThresholds> guests;
  std::map<std::string, std::vector<std::string>> allow_blockers;
  std::vector<RuleConfig> rules;
  Shard shard;
};
SnapshotSettings snapshot_settings(const Config& config);

struct SectionState {
  bool ok = true;
  std::string detail;  // why not
};

struct SnapshotHost {
  Host document;           // as it stands in the cluster document
  bool configured = true;  // false: only a member of the cluster, never asked
  bool read = false;
  bool up = false;
  FailureReason failure = FailureReason::none;
  std::string failure_detail;
  Figures figures;
  std::optional<double> load5, load15, memory_available_bytes, memory_swap_size_bytes;
  std::optional<double> clock_offset_seconds;  // ahead of the exporter's clock; good to about a second
  std::optional<double> arc_size_bytes, arc_min_bytes, arc_max_bytes, ksm_shared_bytes;
  std::optional<double> root_filesystem_threshold;
  std::optional<int> node_id, script_version;
  std::string subscription_level, pve_release, pve_repoid;
  std::optional<std::string> ha_state;
  std::map<std::string, SectionState> sections;
  std::optional<double> last_success_at, collect_duration_seconds;
  std::string configured_name, address;  // as in proxmox_hosts, or as discovered
  NodeFiles node_files;                  // none unless `read`
};

struct SnapshotGuest {
  Guest document;
  bool read = false;  // its host is, and so is its config
  Figures figures;
  bool onboot = false;
  std::vector<SnapshotReplication> replication;
  std::optional<double> cpu_throttled_seconds_total;
};

struct SnapshotStorage {
  std::string host;
  HostStorage document;
};

struct Snapshot {
  std::string cluster;
  double taken_at = 0;
  std::optional<bool> quorate, auto_rebalance, migration_apart;
  std::optional<double> cluster_version;
  std::size_t members = 0;            // of the cluster, also those that other shards show
  bool shows_cluster = true;          // the series of the whole cluster: of several shards the first one does
  std::vector<SnapshotHost> hosts;    // by name
  std::vector<SnapshotGuest> guests;  // by type and number
  std::vector<SnapshotStorage> storages;
  std::vector<Rule> rules;
  std::vector<BackupJob> backup_jobs;
  std::vector<RunningTask> tasks;
  std::optional<std::vector<std::string>> not_backed_up;  // guests that no job covers
  std::vector<std::string> warnings;
};

// The host that ?target= names: by its name in the cluster or in proxmox_hosts, or by its address; a port
// behind it is no matter, so that targets of other exporters need no change. Null: no such host is read.
const SnapshotHost* find_target(const Snapshot& snapshot, std::string_view target);

Snapshot build_snapshot(const std::vector<const HostReport*>& reports, const SnapshotSettings& settings,
                        double now_unix_seconds);

}  // namespace pcb
