// The sections of config.yaml about what is read, how it is reached, and the thresholds it is held
// against. Values with their defaults; ratios 0..1, sizes in bytes. Each option is described in
// cluster/config_fields_hosts.h. Tested by tests/cluster/config_read_test.cpp.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "cluster/seconds.h"
#include "cluster/secret.h"

namespace pcb {

struct HostConfig {
  std::string name;     // the Proxmox node name
  std::string address;  // host name, IPv4 or IPv6
  int port = 22;
  std::string user = "root";
  Secret password;
  std::string key_path;
  Secret key_passphrase;
  bool use_agent = false;
  std::optional<double> cpu_threshold, memory_threshold, root_filesystem_threshold;
  std::optional<double> container_cpu_threshold, container_memory_threshold;
  std::optional<double> memory_reserved_bytes;
};

// Thresholds for guests by id ("lxc/101") or tag ("tag:database"); a guest's own id wins over its tags.
struct GuestThresholds {
  std::optional<double> cpu, memory;
};

struct DefaultParams {
  double cpu_threshold = 0.80;
  double memory_threshold = 0.85;
  double root_filesystem_threshold = 0.85;
  double container_cpu_threshold = 0.90;  // containers and VMs alike
  double container_memory_threshold = 0.90;
  std::string migration_strategy = "relieve";   // or "balance"
  std::optional<double> memory_reserved_bytes;  // default max(4 GiB, 5 %)
  double arc_credit = 0.5;
};

struct SshConfig {
  std::string jump;  // name of the proxmox_hosts entry through which the others are reached; empty: directly
  std::string known_hosts_path;  // default: <state>/known_hosts
  bool accept_new = false;
  Seconds connect_timeout{5};
  Seconds command_timeout{8};
  double max_answer_bytes = 8.0 * 1024 * 1024;
};

struct ExporterConfig {
  std::string listen = "127.0.0.1:9722";
  bool listen_without_tls = false;  // allows a bind beyond loopback without TLS and users
  std::string web_config;           // TLS and users, a file in the form of Prometheus's exporter-toolkit
  Seconds interval{15};
  std::vector<std::string> collectors;  // empty: all
  bool discover = false;
};

}  // namespace pcb
