// Every option of config.yaml, once: key, kind, range, whether it takes effect without a restart,
// consequence.
//
// Reading, docs/configuration.md, the test of /config.yaml, and the comparison of two configurations at a
// reload are all made from these tables. describe_options(visitor, section) calls visitor(OptionNote, member)
// for each option; defaults are those of the members. Tested by tests/cluster/config_read_test.cpp and
// tests/cluster/config_options_test.cpp.
#pragma once

#include "cluster/config.h"
#include "cluster/config_fields_hosts.h"
#include "cluster/config_fields_moves.h"
#include "cluster/config_fields_notify.h"
#include "cluster/config_fields_servers.h"

namespace pcb {

// clang-format off
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
