// Rendering a Snapshot: the metrics page, the cluster document, and the text for a terminal.
//
// Pure, and fast: a page is appended to one buffer, with the labels of every host and guest rendered once.
// Names, helps and types come from cluster/metric_catalogue.h alone.
// Tested by tests/exporter/render_test.cpp and the golden pages.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "cluster/document.h"
#include "common/metrics_text.h"
#include "exporter/snapshot.h"

namespace pcb {

// What the exporter knows about itself; it comes from the poller and from the process.
struct SelfMetrics {
  struct HostSelf {
    std::string name;
    double ssh_connects = 0;
    std::map<FailureReason, double> ssh_failures;
  };
  std::vector<HostSelf> hosts;
  std::string version;  // of the program
  std::optional<double> process_cpu_seconds, process_resident_memory_bytes, process_virtual_memory_bytes;
  std::optional<double> process_open_fds, process_max_fds, process_start_time_seconds;
  std::optional<bool> config_last_reload_successful;
  std::optional<double> config_last_reload_success_timestamp_seconds;
};

struct MetricsOptions {
  Exposition exposition = Exposition::prometheus;
  std::vector<std::string> collectors;  // empty: all; names as in metric_collectors()
  MetricsText::Sink sink = {};          // takes the page in pieces; empty: render_metrics() gives it whole
};

std::string render_metrics(const Snapshot& snapshot, const SelfMetrics& self,
                           const MetricsOptions& options = {});

Cluster render_document(const Snapshot& snapshot);

// The same cluster with names, tags and addresses replaced, consistently, by host-1, guest-1, storage-1 …
Cluster anonymize(const Cluster& cluster);

// The seed's log: "Host metrics for pve1: …", and tables of hosts and guests with marks where a threshold is
// passed.
std::string render_text(const Snapshot& snapshot, bool colour);

}  // namespace pcb
