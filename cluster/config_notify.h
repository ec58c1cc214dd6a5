// The sections of config.yaml about who is told. Values with their defaults; ratios 0..1, sizes in bytes.
// Each option is described in cluster/config_fields_notify.h. Tested by
// tests/cluster/config_read_test.cpp.
#pragma once

#include <string>
#include <vector>

#include "cluster/config_servers.h"

namespace pcb {

struct NotifyConfig {
  struct Webhook {
    std::string name;
    std::string url;
    Secret secret_url;          // instead of url, where the URL itself is the secret
    std::string template_path;  // of the body; empty: schema balancer.message/1
    HttpAuth auth;
    std::string ca_file;
    std::vector<std::string> on;  // empty: every event; likewise below
    std::string severity = "info";
  };
  struct Grafana {  // annotations
    std::string name;
    std::string url;
    Secret bearer_token;
    std::string ca_file;
    std::vector<std::string> on;  // empty: moves
    std::string severity = "info";
  };
  struct Email {
    std::string name;
    std::string server;  // "host:port"; STARTTLS is required unless the port is 465 (TLS from the start)
    std::string from;
    std::vector<std::string> to;
    std::string user;
    Secret password;
    std::string ca_file;
    std::vector<std::string> on;
    std::string severity = "info";
  };
  bool log = true;
  bool alertmanager = false;  // also to alertmanager.urls, with origin="balancer"
  std::vector<Webhook> webhooks;
  std::vector<Grafana> grafana;
  std::vector<Email> emails;
  std::vector<std::string> on;  // empty: every event
};

}  // namespace pcb
