#include "evaluator/cli/prometheus_history.h"

#include <algorithm>
#include <cmath>

#include "common/http/client.h"
#include "common/text.h"
#include "evaluator/cli/outside.h"
#include "evaluator/simulate/history.h"

namespace pcb {
namespace {

constexpr double kSamplesAtOnce = 200'000;   // of one answer: some megabytes
constexpr double kMostPointsAtOnce = 5'000;  // Prometheus refuses more than 11,000 of a series
constexpr double kSizesEverySeconds = 3600;  // cores and memory of a guest seldom change

std::string without_slash(std::string url) {
  while (!url.empty() && url.back() == '/') url.pop_back();
  return url;
}

http::ClientSettings client_settings(const std::string& url, const PrometheusConfig& config) {
  http::ClientSettings settings;
  settings.timeout = std::chrono::seconds(60);
  settings.max_body_bytes = 64U << 20U;
  if (without_slash(config.url) != url) return settings;
  settings.ca_file = config.ca_file;
  settings.bearer_token = config.auth.bearer_token.reveal();
  settings.basic_user = config.auth.basic_user;
  settings.basic_password = config.auth.basic_password.reveal();
  settings.headers = config.headers;
  return settings;
}

class Asker {
 public:
  Asker(std::string url, const PrometheusConfig& config)
      : url_(without_slash(std::move(url))), client_(client_settings(url_, config)) {}

  Result<std::vector<HistorySeries>> ask(const char* path,
                                         const std::vector<std::pair<std::string, std::string>>& fields) {
    auto answer = client_.post_form(url_ + path, fields);
    if (!answer) return answer.error();
    const bool json = answer->content_type.rfind("application/json", 0) == 0;
    // Prometheus explains a refused query in the JSON of a 4xx or 503.
    if (answer->status != 200 && !json)
      return Error{url_ + " answers with status " + std::to_string(answer->status) +
                   "; is it the URL of a Prometheus?"};
    auto read = read_history(answer->body);
    if (!read) return read.error().in(url_);
    return read;
  }

 private:
  std::string url_;
  http::Client client_;
};

void apply_settings(const Config& config, Host& host) {
  host.cpu_threshold = config.default_params.cpu_threshold;
  host.memory_threshold = config.default_params.memory_threshold;
  if (config.default_params.memory_reserved_bytes)
    host.memory_reserved_bytes = config.default_params.memory_reserved_bytes;
  for (const HostConfig& known : config.proxmox_hosts) {
    if (known.name != host.name) continue;
    if (known.cpu_threshold) host.cpu_threshold = known.cpu_threshold;
    if (known.memory_threshold) host.memory_threshold = known.memory_threshold;
    if (known.memory_reserved_bytes) host.memory_reserved_bytes = known.memory_reserved_bytes;
  }
}

Result<double> count_series(Asker& asker, const HistoryRange& range, double now) {
  const auto counted =
      asker.ask("/api/v1/query", {{"query", history_count_text(range)}, {"time", text::number(now)}});
  if (!counted) return counted.error();
  if (counted->size() != 1 || counted->front().samples.empty())
    return Error{
        "Prometheus has no series pve_up now; it must scrape prometheus-pve-exporter or "
        "balancer-exporter (check --matchers)"};
  return counted->front().samples.front().second;
}

}  // namespace

Result<Trace> trace_from_prometheus(const HistoryRequest& request, const Config& config) {
  Asker asker(request.url, config.prometheus);
  const double now = unix_now();
  const HistoryRange range = history_range(now, request.seconds, request.matchers);
  const auto series = count_series(asker, range, now);
  if (!series) return series.error();
  if (*series * static_cast<double>(range.points) > static_cast<double>(kMaxTraceValues))
    return Error{"too much history: " + text::number(*series) + " series of " + std::to_string(range.points) +
                 " points; take a shorter --since, or choose with --matchers"};
  const auto at_once = static_cast<std::size_t>(
      std::clamp(std::floor(kSamplesAtOnce / std::max(1.0, *series)), 1.0, kMostPointsAtOnce));
  HistoryBuilder builder(range);
  for (std::size_t first = 1; first <= range.points; first += at_once) {
    const std::size_t last = std::min(range.points, first + at_once - 1);
    for (const HistoryQuery query : kHistoryQueries) {
      const bool slow = query == HistoryQuery::cores || query == HistoryQuery::memory_size ||
                        query == HistoryQuery::cluster;
      const double end = range.start + static_cast<double>(last) * range.step_seconds;
      const double step = slow ? std::max(range.step_seconds, kSizesEverySeconds) : range.step_seconds;
      // The newest sizes count, so theirs is a grid that ends with the piece.
      const double begin =
          slow ? end - std::floor((static_cast<double>(last - first) * range.step_seconds) / step) * step
               : range.start + static_cast<double>(first) * range.step_seconds;
      const auto answer = asker.ask("/api/v1/query_range", {{"query", history_query_text(query, range)},
                                                            {"start", text::number(begin)},
                                                            {"end", text::number(end)},
                                                            {"step", text::number(step)}});
      if (!answer) return answer.error();
      if (auto added = builder.add(query, *answer); !added) return added.error();
    }
  }
  return builder.build([&](Host& host) { apply_settings(config, host); });
}

}  // namespace pcb
