// A load trace out of what a Prometheus remembers of a cluster: the texts of the queries, and the trace that
// their answers make.
//
// Pure. The names are those of prometheus-pve-exporter, which balancer-exporter serves as well. Answers are
// taken in piece by piece (add()); nothing but the points of the trace is kept. A guest runs where
// pve_guest_info had it; what a host used beyond its guests then is its own. A guest starts in the replay
// where it was first seen, and later moves of the history are left out, but counted. Refused with a sentence:
// two clusters in one answer, a guest on two hosts at once, no host. The trace's `unknown` says what such
// data never tell. Tested by tests/evaluator/history_test.cpp.
#pragma once

#include <array>
#include <cstddef>
#include <functional>
#include <map>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "common/result.h"
#include "evaluator/simulate/trace.h"

namespace pcb {

enum class HistoryQuery { cpu, memory, placement, cores, memory_size, cluster };
inline constexpr std::array kHistoryQueries{HistoryQuery::cpu,         HistoryQuery::memory,
                                            HistoryQuery::placement,   HistoryQuery::cores,
                                            HistoryQuery::memory_size, HistoryQuery::cluster};

struct HistoryRange {
  double start = 0, step_seconds = 300;  // point i is the mean from start + i × step until the next
  std::size_t points = 0;
  std::string matchers;  // job="pve"
};

// The step and the points for the last `seconds` before `now`: five minutes, more where that would be more
// than Prometheus gives for one series.
HistoryRange history_range(double now, double seconds, const std::string& matchers);

std::string history_query_text(HistoryQuery query, const HistoryRange& range);
std::string history_count_text(const HistoryRange& range);  // instant: how many series there are

struct HistorySeries {
  std::map<std::string, std::string> labels;
  std::vector<std::pair<double, double>> samples;  // Unix seconds, value; no NaN, no infinity
};
// Reads the answer of /api/v1/query_range, or of /api/v1/query with a vector.
Result<std::vector<HistorySeries>> read_history(std::string_view json_text);

// What config.yaml says of a host that the metrics name: thresholds and reserve.
using HostSettings = std::function<void(Host&)>;

class HistoryBuilder {
 public:
  explicit HistoryBuilder(HistoryRange range) : range_(std::move(range)) {}

  // The answer of one query for some part of the range; parts may come in any order.
  Status add(HistoryQuery query, const std::vector<HistorySeries>& answer);
  Result<Trace> build(const HostSettings& host_settings);

 private:
  struct Entity {
    std::vector<double> cpu_cores, memory_bytes;  // NaN: not known
    std::vector<int> places;                      // index into hosts_, kNowhere
    double cores = 0, bytes = 0, sized_at = -1;   // sizes as last seen
    std::string name, tags;
    bool is_template = false;
    int conflicts = 0;  // points at which it was on two hosts
    std::string conflict;
  };

  Entity& entity(const std::string& id);
  [[nodiscard]] std::ptrdiff_t index_of(double time) const;  // -1: outside
  Status add_placement(const HistorySeries& series);
  void add_hosts(Trace& trace, const HostSettings& host_settings);
  void add_guests(Trace& trace);
  void add_own_loads(Trace& trace) const;

  HistoryRange range_;
  std::map<std::string, Entity> entities_;
  std::vector<std::string> hosts_;  // by first mention in placements or loads
  std::map<std::string, int> host_index_;
  std::set<std::string> clusters_;
  int left_out_ = 0, moved_ = 0;
};

}  // namespace pcb
