// The load of hosts and guests over a window, asked of Prometheus.
//
// Pure: the texts of the queries, and the reading of their answers. Each query gives one number per series id
// ("node/pve1", "lxc/101"). CPU is the mean and the 0.9 quantile of what the exporter has measured from
// cycle to cycle (a subquery), so a guest that is younger than the window is measured over its own life and
// not diluted; `points` says over how many. No text of others enters a query: the cluster's name is quoted,
// the matchers come from config.yaml. Formulas: docs/decisions/load-window.md. Tested by
// tests/evaluator/load_window_test.cpp.
#pragma once

#include <array>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "common/result.h"

namespace pcb {

enum class LoadQuery { cpu_mean, cpu_high, cpu_points, memory_mean, memory_high, memory_points, age };
inline constexpr std::array kLoadQueries{
    LoadQuery::cpu_mean,    LoadQuery::cpu_high,      LoadQuery::cpu_points, LoadQuery::memory_mean,
    LoadQuery::memory_high, LoadQuery::memory_points, LoadQuery::age};

struct LoadWindow {
  std::string cluster;   // the value of the label
  std::string matchers;  // more matchers, as config.yaml has them: job="pve"
  double window_seconds = 900;
  double interval_seconds = 15;  // of the exporter: the step of the subqueries
};

std::string load_query_text(LoadQuery query, const LoadWindow& window);
std::vector<std::string> load_query_texts(const LoadWindow& window);  // of all, in the order of kLoadQueries
const char* name_of(LoadQuery query);

// Values by id. NaN and infinity are kept: the caller counts what it rejects.
using LoadSamples = std::map<std::string, double>;

// Reads the answer of /api/v1/query. Fails on anything but a successful instant vector of one sample per id.
Result<LoadSamples> read_load_samples(std::string_view json_text);

using LoadAnswers = std::map<LoadQuery, LoadSamples>;

}  // namespace pcb
