// The one table of all metrics of both programs: name, help, type, unit, labels.
//
// docs/metrics.md is generated from it, pages are rendered from it, rules and dashboards are tested against
// it. Names shared with prometheus-pve-exporter keep its meaning. Pure data, no threads involved. Tested by
// tests/exporter/metric_catalogue_test.cpp.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "common/metrics_text.h"

namespace pcb {

// pve, probe: of the exporter, shown at /pve and /probe only.
enum class Program { exporter, pve, probe, evaluator };

struct MetricDescription {
  MetricFamily family;
  std::string_view labels;     // "id,resource,kind"; empty for none
  std::string_view collector;  // families that are switched together by exporter.collectors and ?collect[]=
  Program program = Program::exporter;
};

std::span<const MetricDescription> metric_catalogue();

// Aborts on a name that is not in the table: a programming error.
const MetricDescription& metric(std::string_view name);

// What /probe shows, by node_exporter's names; a "*" at the end stands for what a host's files name.
std::span<const MetricDescription> probe_catalogue();
const MetricDescription& probe_metric(std::string_view name);

// What exporter.collectors and ?collect[]= may name.
std::vector<std::string> metric_collectors();

// docs/metrics.md, whole.
std::string metrics_document();

}  // namespace pcb
