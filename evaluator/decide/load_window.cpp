#include "evaluator/decide/load_window.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include "common/text.h"
#include "evaluator/decide/prometheus_answer.h"

namespace pcb {
namespace {

constexpr double kMinimumStepSeconds = 1;
constexpr int kMaximumPoints = 120;  // of a subquery and series: bounds what a long window costs Prometheus

std::string duration(double seconds) {
  return std::to_string(static_cast<long>(std::max(1.0, std::round(seconds)))) + "s";
}

struct Texts {
  std::string series;  // {cluster="homelab",job="pve"}
  std::string hosts;   // the same, of hosts alone
  std::string window;  // 900s
  std::string range;   // [900s:15s]
};

Texts texts_of(const LoadWindow& window) {
  const double step = std::max({kMinimumStepSeconds, std::round(window.interval_seconds),
                                std::ceil(window.window_seconds / kMaximumPoints)});
  std::string matchers = "cluster=\"" + text::json_escape(window.cluster) + "\"";
  if (!window.matchers.empty()) matchers += "," + window.matchers;
  Texts texts;
  texts.series = "{" + matchers + "}";
  texts.hosts = "{" + matchers + ",id=~\"node/.+\"}";
  texts.window = duration(window.window_seconds);
  texts.range = "[" + texts.window + ":" + duration(step) + "]";
  return texts;
}

Result<double> read_value(const JsonView& value) {
  const auto pair = value.elements();
  if (pair.size() != 2) return Error{"a sample is not a pair of time and value"};
  const std::string digits = pair[1].text().value_or("");
  if (digits == "NaN") return std::numeric_limits<double>::quiet_NaN();
  if (digits == "+Inf") return std::numeric_limits<double>::infinity();
  if (digits == "-Inf") return -std::numeric_limits<double>::infinity();
  const auto number = text::to_double(digits);
  if (!number) return Error{"a sample's value is not a number"};
  return *number;
}

}  // namespace

std::string load_query_text(LoadQuery query, const LoadWindow& window) {
  const Texts t = texts_of(window);
  // The exporter's own rate, by its own clock. The counter's, between two scrapes, is 0 and twice the truth
  // whenever a scrape comes twice within a cycle of the exporter. The counter keeps series of others out.
  // Each step of a subquery costs Prometheus as much as a query: what can do without one does.
  const std::string cpu =
      "(pve_cpu_usage_ratio" + t.series + " * pve_cpu_usage_limit" + t.series + ")" + t.range;
  const std::string own = " and pve_cpu_seconds_total" + t.series;
  // What a guest needs on arrival, and what a host has given away: two series, never the same id in both.
  const auto memory = [&t](const std::string& function) {
    return function + "pve_memory_needed_bytes" + t.series + "[" + t.window + "]) or " + function +
           "(pve_memory_size_bytes" + t.hosts + " - pve_memory_available_bytes" + t.hosts + ")" + t.range +
           ")";
  };
  switch (query) {
    case LoadQuery::cpu_mean:
      return "avg_over_time(" + cpu + ")" + own;
    case LoadQuery::cpu_high:
      return "quantile_over_time(0.9, " + cpu + ")" + own;
    case LoadQuery::cpu_points:
      return "count_over_time(pve_cpu_usage_ratio" + t.series + "[" + t.window + "])" + own;
    case LoadQuery::memory_mean:
      return memory("avg_over_time(");
    case LoadQuery::memory_high:
      return memory("quantile_over_time(0.9, ");
    case LoadQuery::memory_points:
      return memory("count_over_time(");
    case LoadQuery::age:
      return "time() - timestamp(pve_cpu_seconds_total" + t.series + ")";
  }
  return "";
}

std::vector<std::string> load_query_texts(const LoadWindow& window) {
  std::vector<std::string> texts;
  texts.reserve(kLoadQueries.size());
  for (const LoadQuery query : kLoadQueries) texts.push_back(load_query_text(query, window));
  return texts;
}

const char* name_of(LoadQuery query) {
  switch (query) {
    case LoadQuery::cpu_mean:
      return "cpu_mean";
    case LoadQuery::cpu_high:
      return "cpu_high";
    case LoadQuery::cpu_points:
      return "cpu_points";
    case LoadQuery::memory_mean:
      return "memory_mean";
    case LoadQuery::memory_high:
      return "memory_high";
    case LoadQuery::memory_points:
      return "memory_points";
    case LoadQuery::age:
      return "age";
  }
  return "";
}

Result<LoadSamples> read_load_samples(std::string_view json_text) {
  const auto answer = PrometheusAnswer::read(json_text, {"vector"});
  if (!answer) return answer.error();
  LoadSamples samples;
  for (const JsonView& series : answer->series()) {
    const auto metric = series.member("metric");
    const auto id = metric ? metric->text_of("id") : std::nullopt;
    const auto value = series.member("value");
    if (!id || !value) return Error{"a series of Prometheus's answer has no label id or no value"};
    const auto number = read_value(*value);
    if (!number) return number.error().in("Prometheus's answer");
    if (!samples.emplace(*id, *number).second) {
      return Error{"Prometheus has two series for " + text::printable(text::shortened(*id, 80)) +
                   "; name the right one in prometheus.matchers, for example job=\"balancer\""};
    }
  }
  return samples;
}

}  // namespace pcb
