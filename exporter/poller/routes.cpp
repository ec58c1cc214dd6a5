#include "exporter/poller/routes.h"

#include <algorithm>
#include <chrono>
#include <utility>
#include <variant>

#include "cluster/metric_catalogue.h"
#include "common/negotiate.h"
#include "common/text.h"
#include "exporter/poller/landing.h"

namespace pcb {
namespace {

double unix_now() {
  return std::chrono::duration<double>(std::chrono::system_clock::now().time_since_epoch()).count();
}

std::string header(const http::Request& request, const std::string& name) {
  const auto found = request.headers.find(name);
  return found == request.headers.end() ? "" : found->second;
}

http::Response plain(int status, std::string text) {
  http::Response response;
  response.status = status;
  response.body = std::move(text);
  return response;
}

http::Response not_read_yet() {
  auto response = plain(503, "The hosts are being read for the first time; ask again in a few seconds.\n");
  response.headers.emplace_back("Retry-After", "5");
  return response;
}

http::Response page_response(const Pages& pages, const PageKey& key, const http::Request& request,
                             std::string type) {
  http::Response response;
  bool compressed = false;
  response.shared_body = pages.get(key, accepts_gzip(header(request, "accept-encoding")), compressed);
  response.content_type = std::move(type);
  response.headers.emplace_back("Vary", "Accept, Accept-Encoding");
  if (compressed) response.headers.emplace_back("Content-Encoding", "gzip");
  return response;
}

http::Response metrics(const Publisher& publisher, const http::Request& request) {
  const auto pages = publisher.current();
  if (!pages) return not_read_yet();
  const Exposition exposition = choose_exposition(header(request, "accept"));
  const std::string type(content_type(exposition));
  std::vector<std::string> wanted;
  const auto [first, last] = request.query.equal_range("collect[]");
  for (auto it = first; it != last; ++it) wanted.push_back(it->second);
  if (wanted.empty()) {
    const Page page = exposition == Exposition::openmetrics ? Page::openmetrics : Page::metrics;
    return page_response(*pages, {page}, request, type);
  }
  const auto known = metric_collectors();
  for (const std::string& name : wanted) {
    if (std::find(known.begin(), known.end(), name) == known.end()) {
      return plain(400, "There is no collector of that name; there are: " + text::join(known, ", ") + "\n");
    }
  }
  http::Response response;  // a choice of the caller's own: rendered for this one request
  response.content_type = type;
  response.body = render_metrics(pages->collected().snapshot, pages->collected().self, {exposition, wanted});
  return response;
}

std::string query(const http::Request& request, const std::string& name, const std::string& otherwise = {}) {
  const auto found = request.query.find(name);
  return found == request.query.end() ? otherwise : found->second;
}

// The host that ?target= names, or the answer that tells why there is none.
std::variant<const SnapshotHost*, http::Response> target_of(const Snapshot& snapshot,
                                                            const std::string& target) {
  if (target.empty()) return plain(400, "The parameter target is missing: ?target=HOST\n");
  if (const auto* host = find_target(snapshot, target); host != nullptr) return host;
  std::vector<std::string> names;
  for (const auto& host : snapshot.hosts) {
    if (host.configured) names.push_back(host.document.name);
  }
  return plain(404, "No host of that name or address is read; there are: " + text::join(names, ", ") + "\n");
}

// As with a node_exporter that is down, `up` is 0 while the host cannot be read.
http::Response probe(const Publisher& publisher, const http::Request& request) {
  const auto pages = publisher.current();
  if (!pages) return not_read_yet();
  const auto found = target_of(pages->collected().snapshot, query(request, "target"));
  if (const auto* refused = std::get_if<http::Response>(&found)) return *refused;
  const auto& host = *std::get<const SnapshotHost*>(found);
  if (!host.read) {
    return plain(
        503, host.document.name + " is not read: " +
                 text::printable(host.failure_detail.empty() ? "no answer yet" : host.failure_detail) + "\n");
  }
  const Exposition exposition = choose_exposition(header(request, "accept"));
  const Page page = exposition == Exposition::openmetrics ? Page::probe_openmetrics : Page::probe;
  return page_response(*pages, {page, host.document.name}, request, std::string(content_type(exposition)));
}

// Without a target: the whole cluster, the parts of its nodes too. A host that cannot be read has pve_up 0.
http::Response pve(const Publisher& publisher, const http::Request& request) {
  const auto pages = publisher.current();
  if (!pages) return not_read_yet();
  if (query(request, "module", "default") != "default")
    return plain(400, "There is no module but default: logins stand in config.yaml\n");
  PageKey key;
  if (const auto target = query(request, "target"); !target.empty()) {
    const auto found = target_of(pages->collected().snapshot, target);
    if (const auto* refused = std::get_if<http::Response>(&found)) return *refused;
    key.host = std::get<const SnapshotHost*>(found)->document.name;
  }
  const auto wanted = [&](const std::string& name) {
    const auto value = text::to_lower(query(request, name, "1"));
    return !value.empty() && value != "0" && value != "false";
  };
  key.parts = {wanted("cluster"), wanted("node")};
  const Exposition exposition = choose_exposition(header(request, "accept"));
  key.page = exposition == Exposition::openmetrics ? Page::pve_openmetrics : Page::pve;
  return page_response(*pages, key, request, std::string(content_type(exposition)));
}

// Prometheus keeps the targets it has while this is refused.
http::Response discovery(const Publisher& publisher) {
  const auto pages = publisher.current();
  if (!pages) return not_read_yet();
  http::Response response;
  response.content_type = "application/json";
  response.body = render_discovery(pages->collected().snapshot);
  return response;
}

http::Response cluster(const Publisher& publisher, const http::Request& request) {
  const auto pages = publisher.current();
  if (!pages) return not_read_yet();
  const auto wanted = request.query.find("anonymize");
  const bool anonymized = wanted != request.query.end() && wanted->second != "0";
  return page_response(*pages, {anonymized ? Page::cluster_anonymized : Page::cluster}, request,
                       "application/json");
}

http::Response landing(const Publisher& publisher, const std::string& version) {
  const auto pages = publisher.current();
  http::Response response;
  response.content_type = "text/html; charset=utf-8";
  response.body = render_landing(pages ? &pages->collected().snapshot : nullptr, version, unix_now());
  response.headers.emplace_back("Content-Security-Policy", "default-src 'none'; style-src 'unsafe-inline'");
  response.headers.emplace_back("X-Content-Type-Options", "nosniff");
  return response;
}

}  // namespace

std::vector<http::Route> exporter_routes(const Publisher& publisher, std::function<Status()> reload,
                                         std::string version) {
  std::vector<http::Route> routes;
  const auto get = [&](const char* path, http::Handler handler) {
    routes.push_back({"GET", path, std::move(handler), 0});
  };
  get("/metrics", [&publisher](const http::Request& request) { return metrics(publisher, request); });
  get("/cluster", [&publisher](const http::Request& request) { return cluster(publisher, request); });
  get("/probe", [&publisher](const http::Request& request) { return probe(publisher, request); });
  get("/pve", [&publisher](const http::Request& request) { return pve(publisher, request); });
  get("/sd", [&publisher](const http::Request&) { return discovery(publisher); });
  get("/-/healthy", [](const http::Request&) { return plain(200, "healthy\n"); });
  get("/-/ready", [&publisher](const http::Request&) {
    return publisher.current() ? plain(200, "ready\n") : not_read_yet();
  });
  get("/", [&publisher, version = std::move(version)](const http::Request&) {
    return landing(publisher, version);
  });
  routes.push_back({"POST", "/-/reload",
                    [reload = std::move(reload)](const http::Request&) {
                      const Status done = reload();
                      return done.ok() ? plain(200, "reloaded\n") : plain(500, done.error().message + "\n");
                    },
                    0});
  return routes;
}

}  // namespace pcb
