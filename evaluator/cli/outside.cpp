#include "evaluator/cli/outside.h"

#include <chrono>
#include <filesystem>
#include <future>
#include <system_error>
#include <utility>

#include "cluster/document_merge.h"
#include "common/os/file.h"
#include "evaluator/decide/own_guests.h"
#include "evaluator/trigger/client_settings.h"

namespace pcb {
namespace {

constexpr std::chrono::milliseconds kClusterTimeout{10'000};
constexpr std::chrono::milliseconds kQueryTimeout{30'000};
constexpr std::chrono::milliseconds kAlertsTimeout{5'000};
constexpr const char* kNeighbours = "/proc/self/net/arp";  // also where only processes are shown of /proc
constexpr const char* kCards = "/sys/class/net";
constexpr std::size_t kMaxAnswerBytes = 64U << 20U;  // 10,000 guests need a tenth of it

http::ClientSettings settings_of(const HttpAuth& auth, const std::string& ca_file,
                                 std::chrono::milliseconds timeout) {
  http::ClientSettings settings = client_settings(auth, ca_file);
  settings.timeout = timeout;
  settings.max_body_bytes = kMaxAnswerBytes;
  return settings;
}

http::ClientSettings prometheus_settings(const PrometheusConfig& config) {
  auto settings = settings_of(config.auth, config.ca_file, kQueryTimeout);
  settings.headers = config.headers;
  return settings;
}

// "http://x/" and "http://x" alike.
std::string joined(std::string url, const char* path) {
  while (!url.empty() && url.back() == '/') url.pop_back();
  return url + path;
}

Result<std::string> body_of(Result<http::ClientResponse> answer, bool bad_request_has_json = false) {
  if (!answer) return answer.error();
  const int status = answer->status;
  if (status == 200) return std::move(answer->body);
  // Prometheus explains a refused query in the JSON of a 4xx or 503.
  if (bad_request_has_json && answer->content_type.rfind("application/json", 0) == 0)
    return std::move(answer->body);
  return Error{"it answers with status " + std::to_string(status)};
}

}  // namespace

HttpOutside::HttpOutside(const Config& config)
    : cluster_urls_(cluster_urls_of(config)),
      query_url_(joined(config.prometheus.url, "/api/v1/query")),
      alertmanager_urls_(config.alertmanager.urls),
      exporter_(settings_of(config.evaluator.cluster_login.auth, config.evaluator.cluster_login.ca_file,
                            kClusterTimeout)),
      alertmanager_(settings_of(config.alertmanager.auth, config.alertmanager.ca_file, kAlertsTimeout)),
      prometheus_settings_(prometheus_settings(config.prometheus)) {}

Result<std::string> HttpOutside::cluster_document() {
  std::vector<std::string> parts;
  parts.reserve(cluster_urls_.size());
  for (const std::string& url : cluster_urls_) {
    auto body = body_of(known(url, exporter_.get(url)));
    if (!body) return cluster_urls_.size() == 1 ? body.error() : body.error().in(url);
    parts.push_back(std::move(*body));
  }
  return merge_documents(parts);
}

std::vector<Result<std::string>> Outside::queries(const std::vector<std::string>& promql) {
  std::vector<Result<std::string>> bodies;
  bodies.reserve(promql.size());
  for (const std::string& one : promql) bodies.push_back(query(one));
  return bodies;
}

Result<std::string> HttpOutside::query(const std::string& promql) { return queries({promql}).front(); }

std::vector<Result<std::string>> HttpOutside::queries(const std::vector<std::string>& promql) {
  while (prometheus_.size() < promql.size()) prometheus_.emplace_back(prometheus_settings_);
  std::vector<std::future<Result<http::ClientResponse>>> asked;
  asked.reserve(promql.size());
  for (std::size_t i = 0; i < promql.size(); ++i) {
    asked.push_back(std::async(std::launch::async, [this, &promql, i] {
      return prometheus_[i].post_form(query_url_, {{"query", promql[i]}});
    }));
  }
  std::vector<Result<std::string>> bodies;
  bodies.reserve(asked.size());
  for (auto& one : asked) bodies.push_back(body_of(known(query_url_, one.get()), true));
  return bodies;
}

Result<http::ClientResponse> HttpOutside::known(const std::string& url, Result<http::ClientResponse> answer) {
  if (answer && !answer->peer.empty()) peers_[url] = answer->peer;
  return answer;
}

std::set<std::string> HttpOutside::own_macs() {
  std::set<std::string> addresses;
  for (const auto& [url, address] : peers_) addresses.insert(address);
  const auto table = os::read_file(kNeighbours);
  // The kernel forgets a neighbour that was not spoken to for a while: known once is known.
  neighbour_macs_.merge(neighbour_macs(table ? *table : std::string(), addresses));
  std::set<std::string> macs = neighbour_macs_;
  std::error_code ignored;
  for (const auto& card : std::filesystem::directory_iterator(kCards, ignored)) {
    const auto text = os::read_file(card.path() / "address");
    if (std::string mac = card_mac(text ? *text : std::string()); !mac.empty()) macs.insert(std::move(mac));
  }
  return macs;
}

std::vector<Result<std::string>> HttpOutside::of_each_alertmanager(const char* path) {
  std::vector<Result<std::string>> lists;
  lists.reserve(alertmanager_urls_.size());
  for (const std::string& url : alertmanager_urls_)
    lists.push_back(body_of(known(url, alertmanager_.get(joined(url, path)))));
  return lists;
}

std::vector<Result<std::string>> HttpOutside::alert_lists() { return of_each_alertmanager("/api/v2/alerts"); }

std::vector<Result<std::string>> HttpOutside::silence_lists() {
  return of_each_alertmanager("/api/v2/silences");
}

double HttpOutside::now() { return unix_now(); }

std::vector<std::string> cluster_urls_of(const Config& config) {
  if (!config.evaluator.cluster_urls.empty()) return config.evaluator.cluster_urls;
  if (!config.evaluator.cluster_url.empty()) return {config.evaluator.cluster_url};
  return {"http://" + config.exporter.listen + "/cluster"};
}

double unix_now() {
  return std::chrono::duration<double>(std::chrono::system_clock::now().time_since_epoch()).count();
}

}  // namespace pcb
