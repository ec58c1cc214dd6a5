// The configuration that both programs share, as a value.
//
// read_config() (cluster/config_read.h) makes it from the text of config.yaml; every key, unit and range
// stands in one table (cluster/config_fields.h), from which docs/configuration.md is generated; the defaults
// are those of the sections. Thresholds are ratios 0..1 here (percent in the file), durations are
// std::chrono, sizes bytes. Only main reads the whole Config: each part takes the struct it needs. Tested by
// tests/cluster/config_read_test.cpp.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "cluster/config_hosts.h"
#include "cluster/config_moves.h"
#include "cluster/config_notify.h"
#include "cluster/config_servers.h"

namespace pcb {

struct Config {
  std::string cluster;
  std::vector<HostConfig> proxmox_hosts;
  DefaultParams default_params;
  std::map<std::string, GuestThresholds> guests;
  std::map<std::string, std::vector<std::string>> allow_blockers;  // "lxc/105": [raw_lxc]
  SshConfig ssh;
  ExporterConfig exporter;
  PrometheusConfig prometheus;
  AlertmanagerConfig alertmanager;
  EvaluatorConfig evaluator;
  std::vector<RuleConfig> rules;
  NotifyConfig notify;
};

}  // namespace pcb
