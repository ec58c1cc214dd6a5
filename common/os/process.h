// What this process costs, for the process_* series every Prometheus client library has.
//
// Read from /proc/self (proc(5)); a figure that cannot be read is absent. Safe from several threads.
// Names and meanings: prometheus.io/docs/instrumenting/writing_clientlibs, "Process metrics".
// Tested by tests/common/os_process_test.cpp.
#pragma once

#include <optional>
#include <string_view>

#include "common/metrics_text.h"

namespace pcb::os {

struct ProcessFigures {
  std::optional<double> cpu_seconds;  // user and system, since the start
  std::optional<double> resident_memory_bytes;
  std::optional<double> virtual_memory_bytes;
  std::optional<double> start_time_seconds;  // since the epoch
  std::optional<double> threads;
  std::optional<double> open_fds;
  std::optional<double> max_fds;  // the soft limit
};

ProcessFigures read_process_figures();

// Pure: the figures from the texts of /proc/self/stat and of /proc/stat (for the time of boot).
ProcessFigures parse_process_stat(std::string_view self_stat, std::string_view kernel_stat,
                                  double ticks_per_second, double page_bytes);

// Adds process_cpu_seconds_total, process_resident_memory_bytes, …: one family per figure that is known.
void append_process_metrics(MetricsText& page, const ProcessFigures& figures);

}  // namespace pcb::os
