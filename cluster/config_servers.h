// The sections of config.yaml about the servers that the evaluator asks, and how they let it in. Values
// with their defaults; ratios 0..1, sizes in bytes. Each option is described in
// cluster/config_fields_servers.h. Tested by tests/cluster/config_read_test.cpp.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "cluster/seconds.h"
#include "cluster/secret.h"

namespace pcb {

struct HttpAuth {
  Secret bearer_token;
  std::string basic_user;
  Secret basic_password;
};

// How another server of ours lets the evaluator in.
struct ServerLogin {
  HttpAuth auth;
  std::string ca_file;
};

struct PrometheusConfig {
  std::string url = "http://127.0.0.1:9090";
  std::string matchers;  // label matchers added to every query: job="pve"
  std::vector<std::pair<std::string, std::string>> headers;
  HttpAuth auth;
  std::string ca_file;
  Seconds window{15 * 60};
};

struct AlertmanagerConfig {
  std::vector<std::string> urls{"http://127.0.0.1:9093"};
  std::string receiver = "balancer";
  HttpAuth auth;
  std::string ca_file;
};

}  // namespace pcb
