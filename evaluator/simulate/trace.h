// A load trace: a cluster as it stood at one moment, and what every guest used from then on.
//
// Pure values; text in, text out. The format (balancer.trace/1, docs/simulate.md) is lines: a head, the
// cluster document on one line, then one line per series. Cores and bytes; point i holds from start + i ×
// step until the next. A value that is not known is NaN here and null in the file: a guest without one is not
// running then, a host without one is offline. A guest without a series uses what the cluster document says.
// A host's series is what it uses besides its guests. Refused with the number of the line: another schema,
// series of different lengths, ids that the cluster does not have, duplicates, negative values. Tested by
// tests/evaluator/trace_test.cpp.
#pragma once

#include <cstddef>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "cluster/document.h"
#include "common/result.h"

namespace pcb {

inline constexpr const char* kTraceSchema = "balancer.trace/1";
inline constexpr std::size_t kMaxTracePoints = 200'000;  // of a series: two years of 5 minutes
inline constexpr std::size_t kMaxTraceValues = 50'000'000;

struct Series {
  std::vector<double> cpu_cores, memory_bytes;  // NaN: not known
};

struct Trace {
  Cluster cluster;
  double start = 0;  // Unix seconds
  double step_seconds = 300;
  std::size_t points = 0;
  std::map<std::string, Series> series;  // "lxc/101", "node/pve1"
  std::vector<std::string> unknown;      // what the source of the trace cannot know, a sentence each
  std::vector<std::string> warnings;     // what was ignored when it was read; not written

  [[nodiscard]] double seconds() const { return static_cast<double>(points) * step_seconds; }
};

Result<Trace> read_trace(std::string_view text);
std::string write_trace(const Trace& trace);

}  // namespace pcb
