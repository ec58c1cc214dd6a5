// The sections of config.yaml about when and within which limits guests are moved. Values with their
// defaults; ratios 0..1, sizes in bytes. Each option is described in cluster/config_fields_moves.h. Tested
// by tests/cluster/config_read_test.cpp.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "cluster/config_servers.h"

namespace pcb {

// Caps that bind automatic moves.
struct MoveLimits {
  int at_once = 2;
  int into_host_at_once = 1;
  int per_hour = 4;
  int per_host_and_hour = 2;
  int failures = 3;                                  // in a row; then the breaker opens
  Seconds hold{90};                                  // how long a breach must last before something is done
  Seconds return_ban{24 * 3600};                     // no A→B→A within
  Seconds backup_distance{15 * 60};                  // no move from or to a host whose backup starts within
  Seconds quorum_pause{5 * 60};                      // after a change of quorum
  std::optional<double> bandwidth_bytes_per_second;  // of copies
};

// When guests may be restarted or copied automatically; local time of the evaluator.
struct TimeWindow {
  std::vector<std::string> days;  // "mon" … "sun"; empty: every day
  std::string from = "00:00";
  std::string to = "24:00";         // before `from`: the window ends on the next day
  std::vector<std::string> guests;  // ids or "tag:NAME"; empty: all
};

// When `balance` is planned and, as the mode says, carried out.
struct BalanceSchedule {
  std::vector<std::string> days;  // empty: every day
  std::string at;                 // "03:00"
};

struct EvaluatorConfig {
  std::string listen = "127.0.0.1:9723";
  std::string cluster_url;  // where /cluster is asked for; empty: http://<exporter.listen>/cluster
  std::vector<std::string> cluster_urls;  // of several exporters that share the hosts; then not cluster_url
  ServerLogin cluster_login;
  bool listen_without_tls = false;
  std::string web_config;
  std::vector<std::string> operators;  // users of web_config who may decide
  std::string mode = "suggest";        // suggest, approve, auto
  Seconds interval{30};
  Seconds stale_after{60};
  Seconds approval_ttl{3600};
  Seconds guest_cooldown{6 * 3600};
  Seconds host_cooldown{0};  // 0: none
  double low_water = 0.9;
  double min_gain = 0.01;
  std::optional<int> max_moves;
  double memory_overcommit_vm = 1.0;
  double memory_overcommit_container = 2.0;
  bool allow_local_disks = false;
  std::vector<std::string> protected_guests;  // ids or "tag:NAME"
  MoveLimits limits;
  std::vector<TimeWindow> windows;
  std::vector<BalanceSchedule> balance;
  std::string state_directory = "/var/lib/proxmox-cluster-balancer";
  std::string migrate_user;       // empty: each host's own user, key and password
  std::string migrate_key_path;   // without a passphrase
  Seconds retention{90 * 86400};  // of what is over in the journal
  HttpAuth webhook_auth;
};

// A rule of the file; turned into a Rule of the cluster document by the exporter.
struct RuleConfig {
  std::string kind;  // together, apart, only_on, avoid
  bool strict = true;
  std::vector<std::string> guests;  // ids or "tag:NAME"
  std::vector<std::string> hosts;
  int line = 0;  // where it stands in config.yaml: the rule's origin
};

}  // namespace pcb
