// The configuration that both programs share, as a value.
//
// read_config() (cluster/config_read.h) makes it from the text of config.yaml; every key, unit and range
// stands in one table (cluster/config_fields.h), from which docs/configuration.md is generated; the defaults
// are these. Thresholds are ratios 0..1 here (percent in the file), durations are std::chrono, sizes bytes.
// Only main reads the whole Config: each part takes the struct it needs. Data: exempt from the line limit.
#pragma once

#include <chrono>
#include <map>
#include <optional>
#include <string>
#include <vector>

namespace pcb {

using Seconds = std::chrono::duration<double>;

// A password, token or passphrase. It has no output operator and no conversion to string on purpose.
class Secret {
 public:
  Secret() = default;
  explicit Secret(std::string value) : value_(std::move(value)) {}
  [[nodiscard]] bool empty() const { return value_.empty(); }
  [[nodiscard]] const std::string& reveal() const { return value_; }

 private:
  std::string value_;
};

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
  ServerLogin cluster_login;
  bool listen_without_tls = false;
  std::string web_config;
  std::string mode = "suggest";  // suggest, approve, auto
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
