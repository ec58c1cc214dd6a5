// The page at /probe?target=HOST: what a node_exporter on that host would tell, without one.
//
// Pure. Names, labels and meanings are node_exporter's (release 1.5 and later), so that its dashboards and
// alerts work; which of its collectors there are, and what differs, stands in docs/replacing-agents.md.
// Figures are those of the host's last cycle, those of file systems and settings of network devices up to ten
// cycles older. Tested by tests/exporter/probe_test.cpp, and against a real node_exporter by
// tests/e2e/test_compatibility.py.
#pragma once

#include <string>

#include "common/metrics_text.h"
#include "exporter/probe/node_files.h"

namespace pcb {

std::string render_probe(const NodeFiles& files, Exposition exposition);

}  // namespace pcb
