// The families of replication and backup jobs, which /metrics and /pve have alike.
//
// Pure. Names, labels and meanings are those of prometheus-pve-exporter; a family without series is left out.
// Tested by tests/exporter/render_pve_test.cpp.
#pragma once

#include <string>

#include "common/metrics_text.h"
#include "exporter/snapshot.h"

namespace pcb {

// host: only the jobs of its guests; empty: of all.
void append_replication(const Snapshot& snapshot, const std::string& host, MetricsText& into);
void append_backup_coverage(const Snapshot& snapshot, MetricsText& into);

}  // namespace pcb
