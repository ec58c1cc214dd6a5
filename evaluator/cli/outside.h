// What the loop asks of the world, behind one small interface: the exporter, Prometheus, Alertmanager, the
// clock.
//
// HttpOutside asks over HTTP, each request bounded by a timeout; an answer with a status other than 200 is an
// error. Used by the loop's thread alone. Tested by tests/evaluator/serve_test.cpp on real servers.
#pragma once

#include <map>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "cluster/config.h"
#include "common/http/client.h"
#include "common/result.h"

namespace pcb {

class Outside {
 public:
  virtual ~Outside() = default;
  virtual Result<std::string> cluster_document() = 0;
  virtual Result<std::string> query(const std::string& promql) = 0;  // the body of /api/v1/query
  // The bodies of several, in their order; HttpOutside asks for all at once.
  virtual std::vector<Result<std::string>> queries(const std::vector<std::string>& promql);
  virtual std::vector<Result<std::string>> alert_lists() = 0;    // of every Alertmanager
  virtual std::vector<Result<std::string>> silence_lists() = 0;  // the same, of /api/v2/silences
  // MAC addresses of this machine, and of the neighbours that answered as exporter, Prometheus, Alertmanager.
  virtual std::set<std::string> own_macs() = 0;
  virtual double now() = 0;  // Unix seconds
};

class HttpOutside : public Outside {
 public:
  explicit HttpOutside(const Config& config);
  Result<std::string> cluster_document() override;
  Result<std::string> query(const std::string& promql) override;
  std::vector<Result<std::string>> queries(const std::vector<std::string>& promql) override;
  std::vector<Result<std::string>> alert_lists() override;
  std::vector<Result<std::string>> silence_lists() override;
  std::set<std::string> own_macs() override;
  double now() override;

 private:
  std::vector<Result<std::string>> of_each_alertmanager(const char* path);
  Result<http::ClientResponse> known(const std::string& url, Result<http::ClientResponse> answer);

  std::vector<std::string> cluster_urls_;
  std::string query_url_;
  std::vector<std::string> alertmanager_urls_;
  http::Client exporter_, alertmanager_;
  http::ClientSettings prometheus_settings_;
  std::vector<http::Client> prometheus_;  // one for each query at a time
  std::set<std::string> neighbour_macs_;
  std::map<std::string, std::string> peers_;  // the address behind each URL, as of its last answer
};

// http://<exporter.listen>/cluster, unless the configuration names another place, or several.
std::vector<std::string> cluster_urls_of(const Config& config);

double unix_now();

}  // namespace pcb
