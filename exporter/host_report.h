// HostReport: everything known of one host, as values.
//
// HostTracker fills it from one answer to the next; build_snapshot() merges the reports of all hosts. Each
// part carries the time it was received at (Unix seconds of the exporter's clock), so that its user can judge
// its age. A part that was torn or missing keeps its former value and has a failed entry in `sections`.
// Tested by tests/exporter/host_state_test.cpp.
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "cluster/document.h"
#include "exporter/host_state.h"
#include "exporter/parse/backup_jobs.h"
#include "exporter/parse/cgroup.h"
#include "exporter/parse/cpu.h"
#include "exporter/parse/guest_config.h"
#include "exporter/parse/net.h"
#include "exporter/parse/proc.h"
#include "exporter/parse/pve_status.h"
#include "exporter/parse/rrd.h"
#include "exporter/parse/section_config.h"
#include "exporter/parse/tasks.h"
#include "exporter/parse/time_zone.h"
#include "exporter/probe/node_files.h"
#include "exporter/snapshot.h"

namespace pcb {

struct GuestSample {
  GuestCgroup cgroup;
  std::optional<double> started_at_uptime;  // seconds after the host's boot
};

// What one answer says about the host and its running guests.
struct HostSample {
  double received_at = 0;
  double uptime_seconds = 0;  // the sample's own clock
  std::optional<CpuTimes> cpu;
  std::optional<MemoryInfo> memory;
  std::optional<LoadAverage> load;
  std::optional<PressureFile> cpu_pressure, memory_pressure, io_pressure;
  std::optional<NetCounters> net;
  std::optional<double> oom_kills, ksm_shared_bytes;
  std::optional<ArcStats> arc;
  std::map<std::string, GuestSample> guests;  // running ones, by "lxc/101"
  bool guests_read = false;
  std::vector<Task> tasks;
  std::vector<ReplicationState> replication;
};

// From two samples of one boot; absent after a restart of what they are about.
struct HostRates {
  std::optional<double> cpu_ratio;
  Pressure pressure;
  std::map<std::string, double> guest_cpu_cores;
};

struct HostFacts {
  double read_at = 0;
  std::optional<CpuFacts> cpu;
  std::optional<PveVersion> pve;
  std::optional<std::vector<Bridge>> bridges;
  std::optional<TimeZone> zone;
  std::set<std::string> devices;               // device nodes that exist
  std::map<std::string, GuestConfig> configs;  // by "lxc/101"
};

// Settings of the whole cluster, as this host's pmxcfs has them.
struct ClusterSettings {
  double read_at = 0;
  std::optional<std::vector<StorageConfig>> storages;
  std::optional<bool> auto_rebalance, migration_apart;
  std::string ha_resources, ha_groups, ha_rules;  // read once the members are known
  std::map<std::string, Mapping> mappings;
  std::map<std::string, std::vector<ReplicationJob>> replication;
  std::optional<std::vector<BackupJobConfig>> backup_jobs;
  std::optional<std::map<std::string, std::vector<std::string>>> pools;  // absent: not told
};

// State of the whole cluster, as this host's pmxcfs has it.
struct ClusterView {
  double received_at = 0;
  Members members;
  VmList guests;
  std::string guests_text;  // what `guests` was read from
  std::optional<HaStatus> ha;
  std::map<std::string, std::string> lrm_modes;  // by node
};

struct HostReport {
  std::string name;       // as configured
  std::string node_name;  // as the host calls itself
  FailureReason failure = FailureReason::none;
  std::string failure_detail;
  int script_version = 0;
  double duration_seconds = 0;
  std::shared_ptr<const HostSample> sample;
  HostRates rates;
  std::optional<HostFacts> facts;
  std::optional<ClusterSettings> settings;
  std::optional<ClusterView> view;
  std::set<std::string> nics;  // network devices with hardware behind them; empty: not told, or none
  std::optional<Rrd> rrd;
  double rrd_received_at = 0;
  std::optional<DiskFree> root;
  double root_received_at = 0;
  std::map<std::string, SectionState> sections;
  NodeFiles node_files;
};

}  // namespace pcb
