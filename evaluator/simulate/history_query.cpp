// What Prometheus is asked, and how its answers read.
#include <algorithm>
#include <cmath>

#include "common/text.h"
#include "evaluator/decide/prometheus_answer.h"
#include "evaluator/simulate/history.h"

namespace pcb {
namespace {

constexpr double kStepSeconds = 300;
constexpr double kMostPoints = 4032;  // 14 days of 5 minutes
constexpr double kMinuteSeconds = 60;

}  // namespace

HistoryRange history_range(double now, double seconds, const std::string& matchers) {
  HistoryRange range;
  range.matchers = matchers;
  range.step_seconds =
      std::max(kStepSeconds, std::ceil(seconds / kMostPoints / kMinuteSeconds) * kMinuteSeconds);
  range.points = static_cast<std::size_t>(std::max(1.0, std::floor(seconds / range.step_seconds)));
  const double end = std::floor(now / range.step_seconds) * range.step_seconds;
  range.start = end - static_cast<double>(range.points) * range.step_seconds;
  return range;
}

std::string history_query_text(HistoryQuery query, const HistoryRange& range) {
  const std::string more = range.matchers.empty() ? "" : "," + range.matchers;
  const std::string all = "{id=~\"(node|qemu|lxc)/.+\"" + more + "}";
  const std::string over = "[" + text::number(range.step_seconds) + "s]";
  // Several scrapers may see the same guest: one series per id. What is off has no load.
  const std::string running = " and on (id) (max by (id) (pve_up" + all + ") == 1)";
  switch (query) {
    case HistoryQuery::cpu:
      return "(max by (id) (avg_over_time(pve_cpu_usage_ratio" + all + over +
             ")) * on (id) max by (id) (last_over_time(pve_cpu_usage_limit" + all + over + ")))" + running;
    case HistoryQuery::memory:
      return "max by (id) (avg_over_time(pve_memory_usage_bytes" + all + over + "))" + running;
    case HistoryQuery::placement:
      return "max by (id, node, name, template, tags) (pve_guest_info{id=~\"(qemu|lxc)/.+\"" + more + "})";
    case HistoryQuery::cores:
      return "max by (id) (pve_cpu_usage_limit" + all + ")";
    case HistoryQuery::memory_size:
      return "max by (id) (pve_memory_size_bytes" + all + ")";
    case HistoryQuery::cluster:
      return "max by (id) (pve_cluster_info{id=~\"cluster/.+\"" + more + "})";
  }
  return "";
}

std::string history_count_text(const HistoryRange& range) {
  const std::string more = range.matchers.empty() ? "" : "," + range.matchers;
  return "count(max by (id) (last_over_time(pve_up{id=~\"(node|qemu|lxc)/.+\"" + more + "}[" +
         text::number(range.step_seconds) + "s])))";
}

Result<std::vector<HistorySeries>> read_history(std::string_view json_text) {
  const auto answer = PrometheusAnswer::read(json_text, {"matrix", "vector"});
  if (!answer) return answer.error();
  const bool over_time = answer->type() == "matrix";
  std::vector<HistorySeries> history;
  for (const JsonView& entry : answer->series()) {
    HistorySeries series;
    const auto metric = entry.member("metric");
    auto labels = metric ? metric->text_map() : std::nullopt;
    const auto values = entry.member(over_time ? "values" : "value");
    if (!labels || !values) return Error{"a series of Prometheus's answer has no labels or no values"};
    series.labels = std::move(*labels);
    for (const JsonView& pair : over_time ? values->elements() : std::vector<JsonView>{*values}) {
      const auto sample = pair.elements();
      const auto time = sample.size() == 2 ? sample[0].number() : std::nullopt;
      const auto digits = sample.size() == 2 ? sample[1].text() : std::nullopt;
      if (!time || !digits) return Error{"a sample of Prometheus's answer is not a pair of time and value"};
      if (const auto value = text::to_double(*digits)) series.samples.emplace_back(*time, *value);
    }
    history.push_back(std::move(series));
  }
  return history;
}

}  // namespace pcb
