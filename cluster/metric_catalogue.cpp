#include "cluster/metric_catalogue.h"

#include <algorithm>
#include <array>
#include <cstdio>
#include <cstdlib>

namespace pcb {
namespace {

constexpr auto kGauge = MetricType::gauge;
constexpr auto kCounter = MetricType::counter;
constexpr auto kUnknown = MetricType::unknown;  // a gauge whose name ends as a counter's
constexpr auto kHistogram = MetricType::histogram;
constexpr auto kEvaluator = Program::evaluator;
constexpr auto kPve = Program::pve;

// clang-format off
constexpr auto kCatalogue = std::to_array<MetricDescription>({
    // What prometheus-pve-exporter has too, with its names, labels and meanings.
    {{"pve_up", "Host: 1 if it was read. Guest: 1 if it runs. Storage: 1 if it is active.", kGauge, ""}, "id", "status"},
    {{"pve_cpu_usage_ratio", "CPU in use, as a share of pve_cpu_usage_limit.", kGauge, "ratio"}, "id", "usage"},
    {{"pve_cpu_usage_limit", "Cores of a host; cores a guest may use.", kGauge, ""}, "id", "usage"},
    {{"pve_memory_usage_bytes", "Memory in use as Proxmox counts it.", kGauge, "bytes"}, "id", "usage"},
    {{"pve_memory_size_bytes", "Memory of a host; memory configured for a guest.", kGauge, "bytes"}, "id", "usage"},
    {{"pve_disk_usage_bytes", "Used space: root file system of a host or container, a storage.", kGauge, "bytes"}, "id", "usage"},
    {{"pve_disk_size_bytes", "Size: root file system of a host or guest, a storage.", kGauge, "bytes"}, "id", "usage"},
    {{"pve_uptime_seconds", "Seconds since the start.", kGauge, "seconds"}, "id", "usage"},
    {{"pve_network_receive_bytes_total", "Bytes received, seen from the host or guest.", kCounter, "bytes"}, "id", "io"},
    {{"pve_network_transmit_bytes_total", "Bytes sent, seen from the host or guest.", kCounter, "bytes"}, "id", "io"},
    {{"pve_disk_read_bytes_total", "Bytes read by a guest since its start.", kCounter, "bytes"}, "id", "io"},
    {{"pve_disk_written_bytes_total", "Bytes written by a guest since its start.", kCounter, "bytes"}, "id", "io"},
    {{"pve_guest_info", "A guest and where it is.", kGauge, ""}, "id,node,name,type,template,tags", "status"},
    {{"pve_node_info", "A member of the cluster.", kGauge, ""}, "id,level,name,nodeid", "status"},
    {{"pve_storage_info", "A storage as one host has it.", kGauge, ""}, "id,node,storage,plugintype,content", "storage"},
    {{"pve_storage_shared", "1 if all hosts see the same storage.", kGauge, ""}, "id", "storage"},
    {{"pve_version_info", "Version of Proxmox VE.", kGauge, ""}, "release,repoid,version", "status"},
    {{"pve_cluster_info", "The cluster as its members see it.", kGauge, ""}, "id,nodes,quorate,version", "status"},
    {{"pve_ha_state", "State in Proxmox's HA, one series per state, 1 for the one it is in.", kGauge, ""}, "id,state", "ha"},
    {{"pve_lock_state", "Lock of a guest, one series per kind, 1 for the one it has.", kGauge, ""}, "id,state", "lock"},
    {{"pve_onboot_status", "1 if the guest starts with its host.", kGauge, ""}, "id,node,type", "onboot"},
    {{"pve_replication_duration_seconds", "How long the last replication took.", kGauge, "seconds"}, "id", "replication"},
    {{"pve_replication_last_sync_timestamp_seconds", "Last replication that succeeded; 0: never.", kGauge, "seconds"}, "id", "replication"},
    {{"pve_replication_last_try_timestamp_seconds", "Last replication that was tried.", kGauge, "seconds"}, "id", "replication"},
    {{"pve_replication_next_sync_timestamp_seconds", "Replication that Proxmox plans next.", kGauge, "seconds"}, "id", "replication"},
    {{"pve_replication_failed_syncs", "Replications that failed since the last that succeeded.", kGauge, ""}, "id", "replication"},
    {{"pve_replication_info", "A replication job that is not disabled.", kGauge, ""}, "id,type,source,target,guest", "replication"},
    {{"pve_not_backed_up_total", "Guests that no backup job covers, whether it is switched on or not.", kUnknown, ""}, "id", "backup"},
    {{"pve_not_backed_up_info", "A guest that no backup job covers.", kGauge, ""}, "id", "backup"},

    // What it has given up for the counters above, but still shows.
    {{"pve_network_receive_bytes", "Given up: pve_network_receive_bytes_total.", kGauge, "bytes"}, "id", "", kPve},
    {{"pve_network_transmit_bytes", "Given up: pve_network_transmit_bytes_total.", kGauge, "bytes"}, "id", "", kPve},
    {{"pve_disk_read_bytes", "Given up: pve_disk_read_bytes_total.", kGauge, "bytes"}, "id", "", kPve},
    {{"pve_disk_write_bytes", "Given up: pve_disk_written_bytes_total.", kGauge, "bytes"}, "id", "", kPve},

    // Beyond it.
    {{"pve_cpu_seconds_total", "CPU time used: of a host since its boot, of a guest since its start.", kCounter, "seconds"}, "id", "usage"},
    {{"pve_cpu_throttled_seconds_total", "Time in which a guest was held back by its cpulimit.", kCounter, "seconds"}, "id", "usage"},
    {{"pve_load1", "Load average over 1 minute.", kGauge, ""}, "id", "usage"},
    {{"pve_load5", "Load average over 5 minutes.", kGauge, ""}, "id", "usage"},
    {{"pve_load15", "Load average over 15 minutes.", kGauge, ""}, "id", "usage"},
    {{"pve_clock_offset_seconds", "How far the clock of a host is ahead of the exporter's; good to about a second.", kGauge, "seconds"}, "id", "usage"},
    {{"pve_memory_available_bytes", "Memory of a host that guests can still get, part of the ZFS cache (arc_credit) counted in.", kGauge, "bytes"}, "id", "usage"},
    {{"pve_memory_needed_bytes", "Memory a guest needs on arrival at another host: without cache that can be dropped, swap counted in.", kGauge, "bytes"}, "id", "usage"},
    {{"pve_memory_cache_bytes", "Page cache.", kGauge, "bytes"}, "id", "usage"},
    {{"pve_memory_swap_bytes", "Swap in use.", kGauge, "bytes"}, "id", "usage"},
    {{"pve_memory_swap_size_bytes", "Swap space of a host.", kGauge, "bytes"}, "id", "usage"},
    {{"pve_memory_ksm_shared_bytes", "Memory of a host saved by merging equal pages (KSM).", kGauge, "bytes"}, "id", "usage"},
    {{"pve_zfs_arc_size_bytes", "Cache of ZFS.", kGauge, "bytes"}, "id", "usage"},
    {{"pve_zfs_arc_min_size_bytes", "Size below which ZFS does not shrink its cache.", kGauge, "bytes"}, "id", "usage"},
    {{"pve_zfs_arc_max_size_bytes", "Size up to which the cache of ZFS may grow.", kGauge, "bytes"}, "id", "usage"},
    {{"pve_oom_kills_total", "Processes killed for lack of memory.", kCounter, ""}, "id", "usage"},
    {{"pve_pressure_seconds_total", "Time in which some or all (full) tasks waited for cpu, io or memory.", kCounter, "seconds"}, "id,resource,kind", "pressure"},
    {{"pve_threshold_ratio", "Thresholds from config.yaml: cpu, memory, root_filesystem.", kGauge, "ratio"}, "id,resource", "thresholds"},
    {{"pve_guest_movable", "1 if nothing keeps the guest on its host.", kGauge, ""}, "id", "blockers"},
    {{"pve_guest_blocker", "What keeps a guest on its host; only where there is one.", kGauge, ""}, "id,code", "blockers"},
    {{"pve_volume_size_bytes", "Configured size of a guest's volume.", kGauge, "bytes"}, "id,volume,storage", "volumes"},

    // The exporter about itself.
    {{"balancer_collect_success", "1 if this part of a host's answer could be read.", kGauge, ""}, "id,section", "self"},
    {{"balancer_collect_duration_seconds", "Time the last answer of a host took.", kGauge, "seconds"}, "id", "self"},
    {{"balancer_collect_last_success_timestamp_seconds", "When a host answered last.", kGauge, "seconds"}, "id", "self"},
    {{"balancer_snapshot_timestamp_seconds", "When this page was put together.", kGauge, "seconds"}, "", "self"},
    {{"balancer_ssh_connects_total", "Connections made to a host.", kCounter, ""}, "id", "self"},
    {{"balancer_ssh_failures_total", "Attempts to read a host that failed, by reason.", kCounter, ""}, "id,reason", "self"},
    {{"balancer_node_script_info", "Protocol version of node-collect.sh on a host.", kGauge, ""}, "id,version", "self"},
    {{"balancer_build_info", "Version of the program.", kGauge, ""}, "program,version", "self"},
    {{"balancer_config_last_reload_successful", "1 if config.yaml could be used when it was last read.", kGauge, ""}, "", "self"},
    {{"balancer_config_last_reload_success_timestamp_seconds", "When config.yaml was last read with success.", kGauge, "seconds"}, "", "self"},
    {{"process_cpu_seconds_total", "CPU time used by the program.", kCounter, "seconds"}, "", "self"},
    {{"process_resident_memory_bytes", "Memory of the program.", kGauge, "bytes"}, "", "self"},
    {{"process_virtual_memory_bytes", "Address space of the program.", kGauge, "bytes"}, "", "self"},
    {{"process_open_fds", "Open file descriptors.", kGauge, ""}, "", "self"},
    {{"process_max_fds", "Limit of open file descriptors.", kGauge, ""}, "", "self"},
    {{"process_start_time_seconds", "When the program started.", kGauge, "seconds"}, "", "self"},

    // The evaluator. Its page also has balancer_build_info, balancer_config_… and process_….
    {{"balancer_webhooks_total", "Webhooks received, by what became of them.", kCounter, ""}, "result", "evaluator", kEvaluator},
    {{"balancer_plans_total", "Plans made.", kCounter, ""}, "goal,result", "evaluator", kEvaluator},
    {{"balancer_moves_total", "Moves carried out, by result.", kCounter, ""}, "result", "evaluator", kEvaluator},
    {{"balancer_move_info", "Moves of the last 24 hours.", kGauge, ""}, "id,from,to,operation", "evaluator", kEvaluator},
    {{"balancer_move_duration_seconds", "How long moves took.", kHistogram, "seconds"}, "", "evaluator", kEvaluator},
    {{"balancer_move_downtime_seconds", "How long guests were down during their moves.", kHistogram, "seconds"}, "", "evaluator", kEvaluator},
    {{"balancer_rejected_total", "Moves that plans rejected, by code.", kCounter, ""}, "code", "evaluator", kEvaluator},
    {{"balancer_hold", "1 for every reason that holds automatic moves back now.", kGauge, ""}, "reason", "evaluator", kEvaluator},
    {{"balancer_imbalance", "Imbalance of the cluster: now, predicted by the last plan, achieved by it.", kGauge, ""}, "state", "evaluator", kEvaluator},
    {{"balancer_peak", "Highest use as a share of its limit: now, predicted by the last plan, achieved by it.", kGauge, ""}, "state", "evaluator", kEvaluator},
    {{"balancer_notifications_total", "Messages to people and programs.", kCounter, ""}, "sink,result", "evaluator", kEvaluator},
    {{"balancer_mode", "Mode of the evaluator, 1 for the one it is in.", kGauge, ""}, "mode", "evaluator", kEvaluator},
    {{"balancer_cooldown_until_timestamp_seconds", "Until when a guest rests after a move.", kGauge, "seconds"}, "id", "evaluator", kEvaluator},
    {{"balancer_last_heartbeat_timestamp_seconds", "When the heartbeat alert reached the evaluator last; 0: not yet.", kGauge, "seconds"}, "", "evaluator", kEvaluator},
});
// clang-format on

std::string_view type_name(MetricType type) {
  switch (type) {
    case MetricType::counter:
      return "counter";
    case MetricType::histogram:
      return "histogram";
    case MetricType::summary:
      return "summary";
    case MetricType::info:
      return "info";
    case MetricType::gauge:
      return "gauge";
    case MetricType::unknown:
      break;
  }
  return "unknown";
}

void append_rows(std::string& page, std::span<const MetricDescription> catalogue, Program program) {
  page += "\n| name | labels | type | collector | meaning |\n|---|---|---|---|---|\n";
  for (const auto& entry : catalogue) {
    if (entry.program != program) continue;
    page.append("| `").append(entry.family.name).append("` | ").append(entry.labels).append(" | ");
    page.append(type_name(entry.family.type)).append(" | ").append(entry.collector).append(" | ");
    page.append(entry.family.help).append(" |\n");
  }
}

const MetricDescription& look_up(std::span<const MetricDescription> catalogue, std::string_view name) {
  const auto found = std::find_if(catalogue.begin(), catalogue.end(),
                                  [&](const MetricDescription& entry) { return entry.family.name == name; });
  if (found == catalogue.end()) {
    std::fprintf(stderr, "the metric catalogue has no %.*s\n", static_cast<int>(name.size()), name.data());
    std::abort();
  }
  return *found;
}

}  // namespace

std::span<const MetricDescription> metric_catalogue() { return kCatalogue; }

const MetricDescription& metric(std::string_view name) { return look_up(kCatalogue, name); }
const MetricDescription& probe_metric(std::string_view name) { return look_up(probe_catalogue(), name); }

std::vector<std::string> metric_collectors() {
  std::vector<std::string> names;
  for (const auto& entry : kCatalogue) {
    if (entry.program != Program::exporter) continue;
    if (std::find(names.begin(), names.end(), entry.collector) == names.end())
      names.emplace_back(entry.collector);
  }
  return names;
}

std::string metrics_document() {
  std::string page =
      "# Metrics\n\n"
      "Made from the table in `cluster/metric_catalogue.cpp`; do not edit by hand.\n\n"
      "`id` is `node/<name>`, `lxc/<number>`, `qemu/<number>`, `storage/<host>/<storage>` or "
      "`cluster/<name>`. What "
      "is not known has no series. A host's series leave the page when its last answer is older than two "
      "intervals; "
      "`pve_up{id=\"node/…\"} 0` stays. A guest stands there once, under the host that holds its config. "
      "Counters "
      "begin again when the host boots or the guest starts. `cluster` is a label that the scrape "
      "configuration adds: "
      "join on `cluster` and `id`.\n\n"
      "Families are switched off together by collector (`exporter.collectors`, `?collect[]=`); without "
      "either all "
      "are shown.\n\n## Exporter\n";
  append_rows(page, kCatalogue, Program::exporter);
  page +=
      "\n## Exporter, `/pve?target=HOST`\n\nWhat prometheus-pve-exporter shows "
      "([replacing-agents.md](replacing-agents.md)): the families of `/metrics` that it has too, and\n";
  append_rows(page, kCatalogue, Program::pve);
  page +=
      "\n## Exporter, `/probe?target=HOST`\n\nWhat a node_exporter on the host would show, by its names "
      "([replacing-agents.md](replacing-agents.md)). `*` stands for what the host's own files name.\n";
  append_rows(page, probe_catalogue(), Program::probe);
  page += "\n## Evaluator\n";
  append_rows(page, kCatalogue, Program::evaluator);
  return page;
}

}  // namespace pcb
