// The options of cluster/config_moves.h, once: see cluster/config_fields.h.
#pragma once

#include "cluster/config_fields_servers.h"
#include "cluster/config_moves.h"

namespace pcb {

// clang-format off
inline constexpr const char* kDays = "mon|tue|wed|thu|fri|sat|sun";

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
  v(OptionNote{.key = "bandwidth", .kind = K::rate, .min = 1024, .absent = "Proxmox's own limit", .example = "100MiB/s", .tells = "Bytes per second that a copy of volumes may use, and the memory of a VM that moves live."}, limits.bandwidth_bytes_per_second);
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
  v(OptionNote{.key = "operators", .kind = K::text, .absent = "none", .example = "[ann]", .tells = "Users of web_config who may decide: approve, pause, drain. The others may look. Who holds the operator's token may always decide."}, evaluator.operators);
  v(OptionNote{.key = "listen_without_tls", .kind = K::boolean, .live = false, .tells = "true allows an address beyond loopback without web_config."}, evaluator.listen_without_tls);
  v(OptionNote{.key = "cluster_url", .kind = K::url, .absent = "http:// exporter.listen /cluster", .example = "http://127.0.0.1:9722/cluster", .tells = "Where the cluster document is asked for."}, evaluator.cluster_url);
  v(OptionNote{.key = "cluster_urls", .kind = K::url, .absent = "cluster_url", .example = "[http://192.0.2.21:9722/cluster, http://192.0.2.22:9722/cluster]", .tells = "In place of cluster_url where several exporters share the hosts (balancer-exporter --shard): all of them. When one does not answer, nothing is moved."}, evaluator.cluster_urls);
  v(OptionNote{.key = "cluster_login", .kind = K::section, .tells = "The evaluator's login at cluster_url, where exporter.web_config asks for one."}, evaluator.cluster_login);
  v(OptionNote{.key = "mode", .kind = K::word, .words = "suggest|approve|auto", .tells = "suggest: only tell. approve: move what a person has said yes to. auto: also move by itself where that interrupts nobody. The tags balancer_suggest and balancer_approve lower it for a guest; balancer_auto lets auto restart or copy one."}, evaluator.mode);
  v(OptionNote{.key = "interval", .kind = K::duration, .min = 1, .max = 3600, .tells = "Time between two plans while an incident is open."}, evaluator.interval);
  v(OptionNote{.key = "stale_after", .kind = K::duration, .min = 1, .max = 3600, .tells = "Age of a host's figures above which nothing is planned. At least two exporter intervals."}, evaluator.stale_after);
  v(OptionNote{.key = "approval_ttl", .kind = K::duration, .min = 60, .max = 86400, .tells = "Longest time an approval is valid while the alert fires."}, evaluator.approval_ttl);
  v(OptionNote{.key = "guest_cooldown", .kind = K::duration, .min = 0, .max = 2592000, .tells = "Time after a move in which the same guest is not moved again. 0: none."}, evaluator.guest_cooldown);
  v(OptionNote{.key = "host_cooldown", .kind = K::duration, .min = 0, .max = 2592000, .tells = "The same for a host, as source or target. 0: none."}, evaluator.host_cooldown);
  v(OptionNote{.key = "low_water", .kind = K::ratio, .min = 0.1, .max = 1, .tells = "relieve goes on until a host is below this part of its limit, so that it does not breach again at once."}, evaluator.low_water);
  v(OptionNote{.key = "min_gain", .kind = K::ratio, .max = 1, .tells = "What each move of balance must lower the peak by. Larger: fewer moves."}, evaluator.min_gain);
  v(OptionNote{.key = "max_moves", .kind = K::number, .min = 0, .max = 10000, .absent = "10 for balance, no cap for the others", .example = "10", .tells = "Most moves in one plan. 0: no cap, not even for balance."}, evaluator.max_moves);
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
  v(OptionNote{.key = "balance", .kind = K::section, .absent = "never by itself", .tells = "Times at which balance is planned while no host is over its limit; its moves are carried out as the mode says."}, evaluator.balance);
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
// clang-format on

}  // namespace pcb
