// The cluster document, schema balancer.cluster/1: the state of one Proxmox cluster as a value.
//
// The exporter writes it (/cluster), the planner reads it, users save and replay it. Bytes, cores, ratios
// 0..1, Unix seconds. What is not known is absent (nullopt), never 0. Pure values: no I/O, no clock, no
// threads. Defaults of absent fields are those of docs/cluster-document.md and are applied by the functions
// of cluster/document_defaults.h, not by the reader, so that writing what was read loses nothing. Tested by
// tests/cluster/document_json_test.cpp.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "cluster/document_backup.h"
#include "cluster/document_guest.h"
#include "cluster/document_host.h"

namespace pcb {

inline constexpr const char* kClusterSchema = "balancer.cluster/1";

enum class RuleKind { together, apart, only_on, avoid };

struct Rule {
  RuleKind kind = RuleKind::apart;
  bool strict = true;
  std::vector<std::string> guests;
  std::vector<std::string> hosts;
  std::string origin;
};

struct Cluster {
  std::optional<std::string> cluster;
  std::optional<double> taken_at;
  std::optional<bool> quorate;
  std::optional<bool> auto_rebalance;
  std::optional<bool> migration_apart;
  std::vector<Host> hosts;
  std::vector<Guest> guests;
  std::vector<Rule> rules;
  std::vector<BackupJob> backup_jobs;
  std::vector<RunningTask> tasks;
  std::vector<std::string> warnings;
};

}  // namespace pcb
