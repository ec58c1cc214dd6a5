// Every option of config.yaml, once: key, kind, range, whether it takes effect without a restart,
// consequence.
//
// Reading, docs/configuration.md, the test of /config.yaml, and the comparison of two configurations at a
// reload are all made from these tables. describe_options(visitor, section) calls visitor(OptionNote, member)
// for each option; defaults are those of the members. A table of data: exempt from the line limit.
// Tested by tests/cluster/config_read_test.cpp and tests/cluster/config_options_test.cpp.
#pragma once

#include <concepts>
#include <type_traits>

#include "cluster/config.h"

namespace pcb {

enum class OptionKind {
  text,
  cluster_name,
  node_name,
  address,
  user,
  path,
  url,
  listen,
  server,
  email,
  word,
  matchers,
  headers,
  time_of_day,
  guest,
  blocker,
  percent,
  ratio,
  factor,
  number,
  port,
  duration,
  size,
  rate,
  boolean,
  secret,
  section,
};

struct OptionNote {
  const char* key = "";
  OptionKind kind = OptionKind::text;
  bool required = false;
  bool live = true;     // a reload suffices
  bool unused = false;  // read and checked, but no program of this version heeds it: setting it is warned of
  double min = 0;       // of numbers; of durations in seconds
  double max = 1e15;
  const char* words = "";    // "a|b|c": what a word may be
  const char* absent = "";   // what holds without it, where the member's own default does not say so
  const char* example = "";  // shown in /config.yaml where there is no default
  bool shown = false;        // stands in /config.yaml uncommented
  const char* tells = "";    // the consequence
};

template <class T, class U>
concept Section = std::same_as<std::remove_const_t<T>, U>;

// clang-format off
inline constexpr const char* kDays = "mon|tue|wed|thu|fri|sat|sun";
const char* collector_words();  // those of the metric catalogue
inline constexpr const char* kEvents = "breach|suggestion|approval|move_started|move_done|move_failed|hold|breaker|resolved|report";

template <class V, Section<HostConfig> T>
void describe_options(V& v, T& host) {
  using K = OptionKind;
  v(OptionNote{.key = "name", .kind = K::node_name, .required = true, .example = "pve1", .shown = true, .tells = "Proxmox node name, as `hostname` prints it. Labels, plans and commands use it."}, host.name);
  v(OptionNote{.key = "address", .kind = K::address, .absent = "the name", .example = "192.0.2.11", .shown = true, .tells = "Host name, IPv4 or IPv6 address to connect to."}, host.address);
  v(OptionNote{.key = "port", .kind = K::port, .min = 1, .max = 65535, .tells = "SSH port."}, host.port);
  v(OptionNote{.key = "user", .kind = K::user, .tells = "SSH user. deploy/ has a script that prepares one with few rights."}, host.user);
  v(OptionNote{.key = "key_path", .kind = K::path, .absent = "no key", .example = "/etc/proxmox-cluster-balancer/id_ed25519", .shown = true, .tells = "Private key, ed25519 or ecdsa, readable by the program's user alone."}, host.key_path);
  v(OptionNote{.key = "key_passphrase", .kind = K::secret, .absent = "none", .example = "/etc/proxmox-cluster-balancer/id_ed25519.passphrase", .tells = "Passphrase of the key."}, host.key_passphrase);
  v(OptionNote{.key = "password", .kind = K::secret, .absent = "none", .example = "${CREDENTIALS_DIRECTORY}/pve1.password", .tells = "Password, where there is no key. A key is better: it can be restricted to one command."}, host.password);
  v(OptionNote{.key = "use_agent", .kind = K::boolean, .tells = "Log in with the keys of the SSH agent at SSH_AUTH_SOCK."}, host.use_agent);
  v(OptionNote{.key = "cpu_threshold", .kind = K::percent, .absent = "default_params.cpu_threshold", .example = "75", .tells = "CPU use of this host above which it counts as overloaded."}, host.cpu_threshold);
  v(OptionNote{.key = "memory_threshold", .kind = K::percent, .absent = "default_params.memory_threshold", .example = "80", .tells = "Memory use of this host above which it counts as overloaded."}, host.memory_threshold);
  v(OptionNote{.key = "root_filesystem_threshold", .kind = K::percent, .absent = "default_params.root_filesystem_threshold", .example = "90", .tells = "Use of this host's root file system that raises an alert."}, host.root_filesystem_threshold);
  v(OptionNote{.key = "container_cpu_threshold", .kind = K::percent, .absent = "default_params.container_cpu_threshold", .example = "95", .tells = "CPU use, of its own limit, at which a guest on this host raises an alert."}, host.container_cpu_threshold);
  v(OptionNote{.key = "container_memory_threshold", .kind = K::percent, .absent = "default_params.container_memory_threshold", .example = "95", .tells = "Memory use, of its own limit, at which a guest on this host raises an alert."}, host.container_memory_threshold);
  v(OptionNote{.key = "memory_reserved", .kind = K::size, .absent = "default_params.memory_reserved", .example = "8GiB", .tells = "Memory of this host that guests may not fill, for Proxmox itself, ZFS and Ceph."}, host.memory_reserved_bytes);
}

template <class V, Section<DefaultParams> T>
void describe_options(V& v, T& params) {
  using K = OptionKind;
  v(OptionNote{.key = "cpu_threshold", .kind = K::percent, .shown = true, .tells = "CPU use of a host above which it counts as overloaded: it raises the relieve alert and may not receive guests."}, params.cpu_threshold);
  v(OptionNote{.key = "memory_threshold", .kind = K::percent, .shown = true, .tells = "The same for memory (without what the kernel and ZFS can give back)."}, params.memory_threshold);
  v(OptionNote{.key = "root_filesystem_threshold", .kind = K::percent, .shown = true, .tells = "Use of a host's root file system that raises an alert."}, params.root_filesystem_threshold);
  v(OptionNote{.key = "container_cpu_threshold", .kind = K::percent, .shown = true, .tells = "CPU use, of its own limit, at which a container or VM raises an alert. Guest alerts never move anything."}, params.container_cpu_threshold);
  v(OptionNote{.key = "container_memory_threshold", .kind = K::percent, .shown = true, .tells = "The same for the memory of a container or VM."}, params.container_memory_threshold);
  v(OptionNote{.key = "migration_strategy", .kind = K::word, .words = "relieve|balance", .shown = true, .tells = "relieve: move as little as brings overloaded hosts below their thresholds. balance: even out all hosts; more moves."}, params.migration_strategy);
  v(OptionNote{.key = "memory_reserved", .kind = K::size, .absent = "the larger of 4GiB and 5 % of the host's memory", .example = "4GiB", .tells = "Memory of each host that guests may not fill."}, params.memory_reserved_bytes);
  v(OptionNote{.key = "arc_credit", .kind = K::ratio, .max = 1, .shown = true, .tells = "Part of the ZFS cache (above its minimum) that counts as free memory. 0: none, careful; 1: all of it."}, params.arc_credit);
}

template <class V, Section<GuestThresholds> T>
void describe_options(V& v, T& guest) {
  using K = OptionKind;
  v(OptionNote{.key = "cpu_threshold", .kind = K::percent, .absent = "that of its host", .example = "95", .tells = "CPU use, of its own limit, at which this guest raises an alert."}, guest.cpu);
  v(OptionNote{.key = "memory_threshold", .kind = K::percent, .absent = "that of its host", .example = "97", .tells = "Memory use, of its own limit, at which this guest raises an alert."}, guest.memory);
}

template <class V, Section<SshConfig> T>
void describe_options(V& v, T& ssh) {
  using K = OptionKind;
  v(OptionNote{.key = "jump", .kind = K::node_name, .absent = "direct connections", .example = "pve1", .tells = "The entry of proxmox_hosts through which the others are reached, as ProxyJump does."}, ssh.jump);
  v(OptionNote{.key = "known_hosts", .kind = K::path, .absent = "known_hosts in evaluator.state_directory", .example = "/var/lib/proxmox-cluster-balancer/known_hosts", .tells = "File of host keys in OpenSSH's form. A host whose key is not in it, or has changed, is refused."}, ssh.known_hosts_path);
  v(OptionNote{.key = "accept_new", .kind = K::boolean, .tells = "true: the key of a host that is not in known_hosts is recorded at the first connection. A changed key is refused even so."}, ssh.accept_new);
  v(OptionNote{.key = "connect_timeout", .kind = K::duration, .min = 0.1, .max = 120, .tells = "Longest time for connection and login; then the host counts as not reachable."}, ssh.connect_timeout);
  v(OptionNote{.key = "command_timeout", .kind = K::duration, .min = 0.1, .max = 600, .tells = "Longest time for one answer. Keep it below exporter.interval."}, ssh.command_timeout);
  v(OptionNote{.key = "max_answer", .kind = K::size, .min = 65536, .max = 268435456, .tells = "Largest answer of one host; a larger one is cut off and counts as a failure."}, ssh.max_answer_bytes);
}

template <class V, Section<ExporterConfig> T>
void describe_options(V& v, T& exporter) {
  using K = OptionKind;
  v(OptionNote{.key = "listen", .kind = K::listen, .live = false, .tells = "Address of /metrics and /cluster."}, exporter.listen);
  v(OptionNote{.key = "web_config", .kind = K::path, .absent = "no TLS, no login", .example = "/etc/proxmox-cluster-balancer/web.yml", .tells = "TLS and users, a file in the form of Prometheus's exporter-toolkit. Needed beyond loopback."}, exporter.web_config);
  v(OptionNote{.key = "listen_without_tls", .kind = K::boolean, .live = false, .tells = "true allows an address beyond loopback without web_config: everyone who reaches it reads names and loads of all guests."}, exporter.listen_without_tls);
  v(OptionNote{.key = "interval", .kind = K::duration, .min = 1, .max = 3600, .tells = "Time between two readings of a host. Figures older than two intervals leave /metrics."}, exporter.interval);
  v(OptionNote{.key = "collectors", .kind = K::word, .words = collector_words(), .absent = "all", .example = "[usage, status, thresholds, blockers]", .tells = "Families of metrics to show."}, exporter.collectors);
  v(OptionNote{.key = "discover", .kind = K::boolean, .tells = "true: the other members of the cluster are read too, with the login of the first listed host."}, exporter.discover);
}

template <class V, Section<HttpAuth> T>
void describe_options(V& v, T& auth) {
  using K = OptionKind;
  v(OptionNote{.key = "bearer_token", .kind = K::secret, .absent = "none", .example = "${CREDENTIALS_DIRECTORY}/token", .tells = "Sent, or asked for, as `Authorization: Bearer`."}, auth.bearer_token);
  v(OptionNote{.key = "basic_user", .kind = K::text, .absent = "none", .example = "balancer", .tells = "User of basic authentication; needs basic_password."}, auth.basic_user);
  v(OptionNote{.key = "basic_password", .kind = K::secret, .absent = "none", .example = "${CREDENTIALS_DIRECTORY}/basic_password", .tells = "Password of basic authentication."}, auth.basic_password);
}

template <class V, Section<ServerLogin> T>
void describe_options(V& v, T& login) {
  using K = OptionKind;
  describe_options(v, login.auth);
  v(OptionNote{.key = "ca_file", .kind = K::path, .absent = "the system's certificates", .example = "/etc/ssl/certs/homelab-ca.pem", .tells = "Certificates that sign the server's own."}, login.ca_file);
}

template <class V, Section<PrometheusConfig> T>
void describe_options(V& v, T& prometheus) {
  using K = OptionKind;
  v(OptionNote{.key = "url", .kind = K::url, .tells = "Prometheus that scrapes the exporter. The evaluator asks it for loads over time; without an answer nothing is moved."}, prometheus.url);
  v(OptionNote{.key = "matchers", .kind = K::matchers, .absent = "none", .example = "job=\"pve\"", .tells = "Label matchers added to every query, such as job=\"pve\", where one Prometheus holds several clusters or exporters."}, prometheus.matchers);
  v(OptionNote{.key = "headers", .kind = K::headers, .absent = "none", .example = "{X-Scope-OrgID: homelab}", .tells = "Headers sent with every query, such as X-Scope-OrgID for Mimir."}, prometheus.headers);
  describe_options(v, prometheus.auth);
  v(OptionNote{.key = "ca_file", .kind = K::path, .absent = "the system's certificates", .example = "/etc/ssl/certs/homelab-ca.pem", .tells = "Certificates that sign Prometheus's own."}, prometheus.ca_file);
  v(OptionNote{.key = "window", .kind = K::duration, .min = 10, .max = 86400, .tells = "Time over which a guest's load is averaged before it is judged. Short: quick, nervous; long: calm, late."}, prometheus.window);
}

template <class V, Section<AlertmanagerConfig> T>
void describe_options(V& v, T& alertmanager) {
  using K = OptionKind;
  v(OptionNote{.key = "urls", .kind = K::url, .tells = "Alertmanagers, all members of one group. Before each automatic move one of them must say that the alert is active and not silenced."}, alertmanager.urls);
  v(OptionNote{.key = "receiver", .kind = K::text, .tells = "Name of the receiver whose webhook is this evaluator."}, alertmanager.receiver);
  describe_options(v, alertmanager.auth);
  v(OptionNote{.key = "ca_file", .kind = K::path, .absent = "the system's certificates", .example = "/etc/ssl/certs/homelab-ca.pem", .tells = "Certificates that sign Alertmanager's own."}, alertmanager.ca_file);
}

template <class V, Section<MoveLimits> T>
void describe_options(V& v, T& limits) {
  using K = OptionKind;
  v(OptionNote{.key = "at_once", .kind = K::number, .min = 1, .max = 20, .tells = "Moves that may run in the cluster at the same time."}, limits.at_once);
  v(OptionNote{.key = "into_host_at_once", .kind = K::number, .min = 1, .max = 20, .tells = "Moves that may run into one host at the same time."}, limits.into_host_at_once);
  v(OptionNote{.key = "per_hour", .kind = K::number, .min = 0, .max = 1000, .tells = "Automatic moves in the cluster within an hour. 0: none."}, limits.per_hour);
  v(OptionNote{.key = "per_host_and_hour", .kind = K::number, .min = 0, .max = 1000, .tells = "Automatic moves from or to one host within an hour."}, limits.per_host_and_hour);
  v(OptionNote{.key = "failures", .kind = K::number, .min = 1, .max = 100, .tells = "Failed moves in a row after which the evaluator only suggests until a person resets it."}, limits.failures);
  v(OptionNote{.key = "hold", .kind = K::duration, .min = 0, .max = 86400, .tells = "How long a breach must last before an automatic move. Suggestions are not held back."}, limits.hold);
  v(OptionNote{.key = "return_ban", .kind = K::duration, .min = 0, .max = 2592000, .tells = "Time in which a guest does not go back to a host it was moved away from."}, limits.return_ban);
  v(OptionNote{.key = "backup_distance", .kind = K::duration, .min = 0, .max = 86400, .tells = "No automatic move from or to a host whose backup starts within this time."}, limits.backup_distance);
  v(OptionNote{.key = "quorum_pause", .kind = K::duration, .min = 0, .max = 86400, .tells = "No automatic move for this time after the cluster's quorum changed."}, limits.quorum_pause);
  v(OptionNote{.key = "bandwidth", .kind = K::rate, .min = 1024, .absent = "Proxmox's own limit", .example = "100MiB/s", .tells = "Bytes per second that a copy of volumes may use."}, limits.bandwidth_bytes_per_second);
}

template <class V, Section<TimeWindow> T>
void describe_options(V& v, T& window) {
  using K = OptionKind;
  v(OptionNote{.key = "days", .kind = K::word, .words = kDays, .absent = "every day", .example = "[sat, sun]", .tells = "Days on which the window begins."}, window.days);
  v(OptionNote{.key = "from", .kind = K::time_of_day, .tells = "Begin, local time of the evaluator."}, window.from);
  v(OptionNote{.key = "to", .kind = K::time_of_day, .tells = "End; before `from`, it is on the next day."}, window.to);
  v(OptionNote{.key = "guests", .kind = K::guest, .absent = "all", .example = "[tag:batch]", .tells = "Guests that may be restarted or copied automatically in this window: ids or tag:NAME."}, window.guests);
}

template <class V, Section<BalanceSchedule> T>
void describe_options(V& v, T& schedule) {
  using K = OptionKind;
  v(OptionNote{.key = "days", .kind = K::word, .words = kDays, .absent = "every day", .example = "[sun]", .tells = "Days of the run."}, schedule.days);
  v(OptionNote{.key = "at", .kind = K::time_of_day, .required = true, .example = "\"03:00\"", .tells = "Time of the run, local time of the evaluator."}, schedule.at);
}

template <class V, Section<EvaluatorConfig> T>
void describe_options(V& v, T& evaluator) {
  using K = OptionKind;
  v(OptionNote{.key = "listen", .kind = K::listen, .live = false, .tells = "Address of the webhook, the page and the API."}, evaluator.listen);
  v(OptionNote{.key = "web_config", .kind = K::path, .absent = "no TLS, no login", .example = "/etc/proxmox-cluster-balancer/web.yml", .tells = "TLS and users, a file in the form of Prometheus's exporter-toolkit. Needed beyond loopback."}, evaluator.web_config);
  v(OptionNote{.key = "listen_without_tls", .kind = K::boolean, .live = false, .tells = "true allows an address beyond loopback without web_config."}, evaluator.listen_without_tls);
  v(OptionNote{.key = "cluster_url", .kind = K::url, .absent = "http:// exporter.listen /cluster", .example = "http://127.0.0.1:9722/cluster", .tells = "Where the cluster document is asked for."}, evaluator.cluster_url);
  v(OptionNote{.key = "cluster_login", .kind = K::section, .tells = "The evaluator's login at cluster_url, where exporter.web_config asks for one."}, evaluator.cluster_login);
  v(OptionNote{.key = "mode", .kind = K::word, .words = "suggest|approve|auto", .tells = "suggest: only tell. approve: move what a person has said yes to. auto: also move by itself where that interrupts nobody. The tags balancer_suggest and balancer_approve lower it for a guest; balancer_auto lets auto restart or copy one."}, evaluator.mode);
  v(OptionNote{.key = "interval", .kind = K::duration, .min = 1, .max = 3600, .tells = "Time between two plans while an incident is open."}, evaluator.interval);
  v(OptionNote{.key = "stale_after", .kind = K::duration, .min = 1, .max = 3600, .tells = "Age of a host's figures above which nothing is planned. At least two exporter intervals."}, evaluator.stale_after);
  v(OptionNote{.key = "approval_ttl", .kind = K::duration, .min = 60, .max = 86400, .tells = "Longest time an approval is valid while the alert fires."}, evaluator.approval_ttl);
  v(OptionNote{.key = "guest_cooldown", .kind = K::duration, .min = 0, .max = 2592000, .tells = "Time after a move in which the same guest is not moved again. 0: none."}, evaluator.guest_cooldown);
  v(OptionNote{.key = "host_cooldown", .kind = K::duration, .min = 0, .max = 2592000, .tells = "The same for a host, as source or target. 0: none."}, evaluator.host_cooldown);
  v(OptionNote{.key = "low_water", .kind = K::ratio, .min = 0.1, .max = 1, .tells = "relieve goes on until a host is below this part of its limit, so that it does not breach again at once."}, evaluator.low_water);
  v(OptionNote{.key = "min_gain", .kind = K::ratio, .max = 1, .tells = "What each move of balance must lower the peak by. Larger: fewer moves."}, evaluator.min_gain);
  v(OptionNote{.key = "max_moves", .kind = K::number, .min = 0, .max = 10000, .absent = "10 for balance, no cap for the others", .example = "10", .tells = "Most moves in one plan. 0: plans show figures only."}, evaluator.max_moves);
  v(OptionNote{.key = "memory_overcommit_vm", .kind = K::factor, .min = 0.1, .max = 100, .tells = "Configured memory of running VMs on a target, at most this times its memory."}, evaluator.memory_overcommit_vm);
  v(OptionNote{.key = "memory_overcommit_container", .kind = K::factor, .min = 0.1, .max = 100, .tells = "The same for running containers."}, evaluator.memory_overcommit_container);
  v(OptionNote{.key = "allow_local_disks", .kind = K::boolean, .tells = "true: running VMs with local disks may be moved; their disks are copied over the network."}, evaluator.allow_local_disks);
  v(OptionNote{.key = "protected", .kind = K::guest, .absent = "none", .example = "[lxc/100, tag:monitoring]", .tells = "Guests that never move automatically: ids or tag:NAME."}, evaluator.protected_guests);
  v(OptionNote{.key = "state_directory", .kind = K::path, .live = false, .tells = "Journal, inbox and known_hosts. Back it up with the configuration."}, evaluator.state_directory);
  v(OptionNote{.key = "migrate_user", .kind = K::user, .absent = "the user of each host", .example = "balancer-migrate", .tells = "SSH user for starting migrations, where the hosts know one that can do nothing else. docs/security.md tells how it is made."}, evaluator.migrate_user);
  v(OptionNote{.key = "migrate_key_path", .kind = K::path, .absent = "the key of each host", .example = "${CREDENTIALS_DIRECTORY}/evaluator_key", .tells = "Private key for starting migrations, without a passphrase. With it the exporter's key need not be able to do so."}, evaluator.migrate_key_path);
  v(OptionNote{.key = "retention", .kind = K::duration, .min = 604800, .max = 315360000, .tells = "How long the journal keeps alerts, plans, moves and messages that are over. What is open stays, however old."}, evaluator.retention);
  v(OptionNote{.key = "limits", .kind = K::section, .tells = "What binds automatic moves."}, evaluator.limits);
  v(OptionNote{.key = "windows", .kind = K::section, .absent = "none", .tells = "Times in which mode auto may restart containers and copy local disks."}, evaluator.windows);
  v(OptionNote{.key = "balance", .kind = K::section, .unused = true, .absent = "never by itself", .tells = "Times at which balance is planned."}, evaluator.balance);
  v(OptionNote{.key = "webhook", .kind = K::section, .live = false, .tells = "What Alertmanager must send to POST /webhook. Needed in the modes approve and auto."}, evaluator.webhook_auth);
}

template <class V, Section<RuleConfig> T>
void describe_options(V& v, T& rule) {
  using K = OptionKind;
  v(OptionNote{.key = "kind", .kind = K::word, .required = true, .words = "together|apart|only_on|avoid", .example = "apart", .tells = "together, apart: the guests share a host, or share none. only_on, avoid: the guests run on these hosts, or on none of them."}, rule.kind);
  v(OptionNote{.key = "strict", .kind = K::boolean, .tells = "true: never broken by a move. false: preferred."}, rule.strict);
  v(OptionNote{.key = "guests", .kind = K::guest, .required = true, .example = "[lxc/101, lxc/102]", .tells = "Guests: ids or tag:NAME."}, rule.guests);
  v(OptionNote{.key = "hosts", .kind = K::node_name, .absent = "none", .example = "[]", .tells = "Hosts, for only_on and avoid."}, rule.hosts);
}

template <class V, Section<NotifyConfig::Webhook> T>
void describe_options(V& v, T& webhook) {
  using K = OptionKind;
  v(OptionNote{.key = "name", .kind = K::text, .required = true, .example = "chat", .tells = "Name of this sink in logs and metrics."}, webhook.name);
  v(OptionNote{.key = "url", .kind = K::url, .absent = "secret_url", .example = "https://chat.example.org/hooks/balancer", .tells = "Where messages are posted as JSON."}, webhook.url);
  v(OptionNote{.key = "secret_url", .kind = K::secret, .absent = "url", .example = "${CREDENTIALS_DIRECTORY}/chat.url", .tells = "Instead of url, where the URL itself is the secret, as with Slack, Discord, Teams and Telegram. It is never shown."}, webhook.secret_url);
  v(OptionNote{.key = "template", .kind = K::path, .absent = "schema balancer.message/1", .example = "/usr/share/proxmox-cluster-balancer/notify/slack.json", .tells = "File with the body as the receiver wants it. deploy/notify has those for Slack, Discord, Teams, Telegram, ntfy and Gotify."}, webhook.template_path);
  describe_options(v, webhook.auth);
  v(OptionNote{.key = "ca_file", .kind = K::path, .absent = "the system's certificates", .example = "/etc/ssl/certs/homelab-ca.pem", .tells = "Certificates that sign the receiver's own."}, webhook.ca_file);
  v(OptionNote{.key = "on", .kind = K::word, .live = false, .words = kEvents, .absent = "every event", .example = "[breach, suggestion, move_failed]", .tells = "Events that go to this receiver, of those that notify.on lets through. What is critical goes to all."}, webhook.on);
  v(OptionNote{.key = "severity", .kind = K::word, .live = false, .words = "info|warning|critical", .tells = "Lowest severity that goes to this receiver."}, webhook.severity);
}

template <class V, Section<NotifyConfig::Email> T>
void describe_options(V& v, T& email) {
  using K = OptionKind;
  v(OptionNote{.key = "name", .kind = K::text, .required = true, .example = "mail", .tells = "Name of this sink in logs and metrics."}, email.name);
  v(OptionNote{.key = "server", .kind = K::server, .required = true, .example = "mail.example.org:587", .tells = "Mail server, host:port. STARTTLS is required; port 465 speaks TLS from the start."}, email.server);
  v(OptionNote{.key = "from", .kind = K::email, .required = true, .example = "balancer@example.org", .tells = "Sender."}, email.from);
  v(OptionNote{.key = "to", .kind = K::email, .required = true, .example = "[admin@example.org]", .tells = "Recipients."}, email.to);
  v(OptionNote{.key = "user", .kind = K::text, .absent = "no login", .example = "balancer", .tells = "User at the mail server."}, email.user);
  v(OptionNote{.key = "password", .kind = K::secret, .absent = "none", .example = "${CREDENTIALS_DIRECTORY}/mail.password", .tells = "Password at the mail server."}, email.password);
  v(OptionNote{.key = "ca_file", .kind = K::path, .absent = "the system's certificates", .example = "/etc/ssl/certs/homelab-ca.pem", .tells = "Certificates that sign the server's own."}, email.ca_file);
  v(OptionNote{.key = "on", .kind = K::word, .live = false, .words = kEvents, .absent = "every event", .example = "[breach, suggestion, move_failed]", .tells = "Events that go to this receiver, of those that notify.on lets through. What is critical goes to all."}, email.on);
  v(OptionNote{.key = "severity", .kind = K::word, .live = false, .words = "info|warning|critical", .tells = "Lowest severity that goes to this receiver."}, email.severity);
}

template <class V, Section<NotifyConfig::Grafana> T>
void describe_options(V& v, T& grafana) {
  using K = OptionKind;
  v(OptionNote{.key = "name", .kind = K::text, .required = true, .example = "grafana", .tells = "Name of this sink in logs and metrics."}, grafana.name);
  v(OptionNote{.key = "url", .kind = K::url, .required = true, .example = "https://grafana.example.org", .tells = "Grafana, without /api/annotations."}, grafana.url);
  v(OptionNote{.key = "bearer_token", .kind = K::secret, .required = true, .example = "${CREDENTIALS_DIRECTORY}/grafana.token", .tells = "Token of a service account that may write annotations."}, grafana.bearer_token);
  v(OptionNote{.key = "ca_file", .kind = K::path, .absent = "the system's certificates", .example = "/etc/ssl/certs/homelab-ca.pem", .tells = "Certificates that sign Grafana's own."}, grafana.ca_file);
  v(OptionNote{.key = "on", .kind = K::word, .live = false, .words = kEvents, .absent = "move_started, move_done, move_failed", .example = "[breach, suggestion, move_failed]", .tells = "Events that go to this receiver, of those that notify.on lets through. What is critical goes to all."}, grafana.on);
  v(OptionNote{.key = "severity", .kind = K::word, .live = false, .words = "info|warning|critical", .tells = "Lowest severity that goes to this receiver."}, grafana.severity);
}

template <class V, Section<NotifyConfig> T>
void describe_options(V& v, T& notify) {
  using K = OptionKind;
  v(OptionNote{.key = "log", .kind = K::boolean, .live = false, .tells = "Messages also go to the log."}, notify.log);
  v(OptionNote{.key = "alertmanager", .kind = K::boolean, .live = false, .tells = "Messages also go to alertmanager.urls, with origin=\"balancer\", to be routed and silenced there."}, notify.alertmanager);
  v(OptionNote{.key = "on", .kind = K::word, .words = kEvents, .absent = "every event", .example = "[breach, suggestion, move_failed]", .tells = "Events that are told."}, notify.on);
  v(OptionNote{.key = "webhooks", .kind = K::section, .live = false, .absent = "none", .tells = "Receivers of JSON messages."}, notify.webhooks);
  v(OptionNote{.key = "grafana", .kind = K::section, .live = false, .absent = "none", .tells = "Grafanas that show moves as annotations."}, notify.grafana);
  v(OptionNote{.key = "emails", .kind = K::section, .live = false, .absent = "none", .tells = "Receivers of e-mail."}, notify.emails);
}

template <class V, Section<Config> T>
void describe_options(V& v, T& config) {
  using K = OptionKind;
  v(OptionNote{.key = "cluster", .kind = K::cluster_name, .required = true, .live = false, .example = "homelab", .shown = true, .tells = "Name of the Proxmox cluster: the `cluster` label of its series, alerts and plans. One configuration is one cluster."}, config.cluster);
  v(OptionNote{.key = "proxmox_hosts", .kind = K::section, .required = true, .tells = "The hosts to read. One is enough with exporter.discover."}, config.proxmox_hosts);
  v(OptionNote{.key = "default_params", .kind = K::section, .tells = "What holds where a host or guest says nothing else."}, config.default_params);
  v(OptionNote{.key = "guests", .kind = K::section, .absent = "none", .tells = "Thresholds of single guests (lxc/101) or of all with a tag (tag:database). A guest's own entry wins over those of its tags."}, config.guests);
  v(OptionNote{.key = "allow_blockers", .kind = K::blocker, .absent = "none", .example = "{lxc/105: [raw_lxc]}", .tells = "Blockers that do not hold for a guest, by id or tag:NAME, such as lxc/105: [raw_lxc]. You vouch for it: the guest then moves."}, config.allow_blockers);
  v(OptionNote{.key = "ssh", .kind = K::section, .tells = "How hosts are reached."}, config.ssh);
  v(OptionNote{.key = "exporter", .kind = K::section, .tells = "The program that reads the hosts and serves /metrics and /cluster."}, config.exporter);
  v(OptionNote{.key = "prometheus", .kind = K::section, .tells = "Where loads over time are asked for."}, config.prometheus);
  v(OptionNote{.key = "alertmanager", .kind = K::section, .tells = "Where alerts come from and silences are asked for."}, config.alertmanager);
  v(OptionNote{.key = "evaluator", .kind = K::section, .tells = "The program that takes alerts, plans, and moves guests if it may."}, config.evaluator);
  v(OptionNote{.key = "rules", .kind = K::section, .absent = "none", .tells = "Placement rules, beside those of Proxmox's HA and of tags."}, config.rules);
  v(OptionNote{.key = "notify", .kind = K::section, .tells = "Who is told."}, config.notify);
}
// clang-format on

}  // namespace pcb
