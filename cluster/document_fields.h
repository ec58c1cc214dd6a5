// Every field of the cluster document, once: key, meaning, unit, range, default, source.
//
// The reader, the writer, docs/cluster-document.schema.json and docs/cluster-document.md are all made from
// these tables, so they cannot differ. describe(visitor, value) calls visitor(FieldNote, member) for each
// field in the order in which it is written; `value` may be const. Tested by
// tests/cluster/document_json_test.cpp and tests/cluster/document_schema_test.cpp.
#pragma once

#include "cluster/document.h"
#include "cluster/document_fields_backup.h"
#include "cluster/document_fields_guest.h"
#include "cluster/document_fields_host.h"

namespace pcb {

// clang-format off
template <>
inline constexpr std::array<std::string_view, 4> kEnumWords<RuleKind> = {"together", "apart", "only_on",
                                                                         "avoid"};

template <class V, Like<Rule> T>
void describe(V& v, T& rule) {
  v(FieldNote{"kind", true, FieldRange::any, "", "", "together and apart: guests to guests; only_on and avoid: guests to hosts", "config.yaml, tags, ha/rules.cfg"}, rule.kind);
  v(FieldNote{"strict", false, FieldRange::any, "", "true", "must hold; false: is preferred", "config.yaml, ha/rules.cfg"}, rule.strict);
  v(FieldNote{"guests", true, FieldRange::any, "", "", "ids of the guests it binds", "config.yaml, tags, ha/rules.cfg"}, rule.guests);
  v(FieldNote{"hosts", false, FieldRange::any, "", "none", "hosts, for only_on and avoid", "config.yaml, tags, ha/rules.cfg"}, rule.hosts);
  v(FieldNote{"origin", false, FieldRange::any, "", "", "where the rule stands, for explanations", ""}, rule.origin);
}

template <class V, Like<Cluster> T>
void describe(V& v, T& cluster) {
  v(FieldNote{"cluster", false, FieldRange::any, "", "unnamed", "name of the cluster", "config.yaml"}, cluster.cluster);
  v(FieldNote{"taken_at", false, FieldRange::not_negative, "Unix seconds", "unknown: no cooldown holds", "when the state was taken", "clock of the exporter"}, cluster.taken_at);
  v(FieldNote{"quorate", false, FieldRange::any, "", "true", "the cluster has quorum; without it the planner refuses", "/etc/pve/.members"}, cluster.quorate);
  v(FieldNote{"auto_rebalance", false, FieldRange::any, "", "false", "Proxmox's own HA load balancing is on; HA guests then stay", "datacenter.cfg, crs"}, cluster.auto_rebalance);
  v(FieldNote{"migration_apart", false, FieldRange::any, "", "not known", "migrations have a network of their own, which corosync does not use", "datacenter.cfg, migration; corosync.conf"}, cluster.migration_apart);
  v(FieldNote{"hosts", true, FieldRange::any, "", "", "the hosts", ""}, cluster.hosts);
  v(FieldNote{"guests", false, FieldRange::any, "", "none", "the guests", ""}, cluster.guests);
  v(FieldNote{"rules", false, FieldRange::any, "", "none", "placement rules", ""}, cluster.rules);
  v(FieldNote{"backup_jobs", false, FieldRange::any, "", "none, or not known", "backup jobs", "/etc/pve/jobs.cfg, /etc/pve/vzdump.cron"}, cluster.backup_jobs);
  v(FieldNote{"tasks", false, FieldRange::any, "", "none, or not known", "tasks of Proxmox that run now, consoles left out", "/var/log/pve/tasks/active"}, cluster.tasks);
  v(FieldNote{"warnings", false, FieldRange::any, "", "none", "what the exporter could not read or had to leave out", ""}, cluster.warnings);
}
// clang-format on

}  // namespace pcb
