// The options of cluster/config_hosts.h, once: see cluster/config_fields.h.
#pragma once

#include "cluster/config_hosts.h"
#include "cluster/config_option.h"

namespace pcb {

// clang-format off
const char* collector_words();  // those of the metric catalogue

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

template <class V, Section<GuestThresholds> T>
void describe_options(V& v, T& guest) {
  using K = OptionKind;
  v(OptionNote{.key = "cpu_threshold", .kind = K::percent, .absent = "that of its host", .example = "95", .tells = "CPU use, of its own limit, at which this guest raises an alert."}, guest.cpu);
  v(OptionNote{.key = "memory_threshold", .kind = K::percent, .absent = "that of its host", .example = "97", .tells = "Memory use, of its own limit, at which this guest raises an alert."}, guest.memory);
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
  v(OptionNote{.key = "discover", .kind = K::boolean, .tells = "true: the other members of the cluster are read too, with the login of the first listed host. Guests are moved only between hosts that are listed."}, exporter.discover);
}
// clang-format on

}  // namespace pcb
