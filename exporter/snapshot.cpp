#include "exporter/snapshot.h"

#include <algorithm>

#include "common/text.h"
#include "exporter/placement_rules.h"
#include "exporter/snapshot_parts.h"

namespace pcb {
namespace {

constexpr double kHaStaleSeconds = 60;

// Guests by type and number: lxc/9 before lxc/101.
bool guest_before(const std::string& a, const std::string& b) {
  const auto slash_a = a.find('/'), slash_b = b.find('/');
  const auto type = a.compare(0, slash_a, b, 0, slash_b);
  if (type != 0) return type < 0;
  return a.size() != b.size() ? a.size() < b.size() : a < b;
}

std::vector<std::string> host_names(const Merged& merged) {
  std::set<std::string> names;
  for (const auto& host : merged.settings.hosts) {
    if (!merged.other_names.contains(host.name)) names.insert(host.name);
  }
  for (const auto& [name, report] : merged.reports) names.insert(name);
  if (merged.view != nullptr) {
    for (const auto& [name, node] : merged.view->members.nodes) names.insert(name);
  }
  return {names.begin(), names.end()};
}

// A host whose size is not known cannot stand in the document, nor can its guests.
bool has_size(const SnapshotHost& host) {
  return host.document.cpu_cores > 0 && host.document.memory_bytes > 0;
}

void warn_of_hosts(const Snapshot& snapshot, std::vector<std::string>& warnings) {
  for (const auto& host : snapshot.hosts) {
    const auto& name = host.document.name;
    if (!host.configured)
      warnings.push_back(name + " is a member of the cluster but not in proxmox_hosts: it is not read");
    if (host.configured && !host.read) {
      warnings.push_back(
          name + " is not read: " + (host.failure_detail.empty() ? "no answer yet" : host.failure_detail));
    }
    const auto pve = host.sections.find("pve");
    if (host.read && host.document.state == HostState::unknown && pve != host.sections.end() &&
        pve->second.ok)
      warnings.push_back(name + " is read, but the other members do not see it; run pvecm status there");
    if (!has_size(host)) warnings.push_back(name + " and its guests are left out: its size is not known");
    for (const auto& [section, state] : host.sections) {
      if (!state.ok) warnings.push_back(name + ": " + section + ": " + state.detail);
    }
  }
}

void warn_of_cluster(const Merged& merged, std::vector<std::string>& warnings) {
  if (merged.view == nullptr) {
    warnings.emplace_back("no host told about the cluster (.members, .vmlist)");
    return;
  }
  if (merged.rrd == nullptr) warnings.emplace_back("no host gave .rrd: sizes of storages are not known");
  if (!merged.view->ha || merged.ha.resources.empty()) return;
  const double age = merged.host_time(merged.view->members.node_name) - merged.view->ha->timestamp;
  if (age > kHaStaleSeconds) {
    warnings.push_back("the HA manager has written nothing for " + text::human_duration(age) +
                       "; see ha-manager status");
  }
}

std::vector<TaggedGuest> tagged(const std::vector<SnapshotGuest>& guests) {
  std::vector<TaggedGuest> result;
  result.reserve(guests.size());
  for (const auto& guest : guests) result.push_back({guest.document.id, guest.document.tags});
  return result;
}

void add_rules(const Merged& merged, Snapshot& snapshot) {
  std::vector<std::string> hosts;
  for (const auto& host : snapshot.hosts) hosts.push_back(host.document.name);
  const auto guests = tagged(snapshot.guests);
  snapshot.rules = merged.ha.rules;
  for (auto& rule : rules_from_tags(guests, hosts, snapshot.warnings))
    snapshot.rules.push_back(std::move(rule));
  for (auto& rule : rules_from_config(merged.settings.rules, guests, hosts, snapshot.warnings)) {
    snapshot.rules.push_back(std::move(rule));
  }
}

}  // namespace

SnapshotSettings snapshot_settings(const Config& config) {
  SnapshotSettings settings;
  settings.cluster = config.cluster;
  settings.interval = config.exporter.interval;
  for (const auto& host : config.proxmox_hosts) {
    settings.hosts.push_back({host.name, host.cpu_threshold, host.memory_threshold,
                              host.root_filesystem_threshold, host.container_cpu_threshold,
                              host.container_memory_threshold, host.memory_reserved_bytes, host.address});
  }
  settings.defaults = config.default_params;
  settings.guests = config.guests;
  settings.allow_blockers = config.allow_blockers;
  settings.rules = config.rules;
  return settings;
}

const SnapshotHost* find_target(const Snapshot& snapshot, std::string_view target) {
  // A name in the cluster before one in the configuration, which may be another host's; an address last.
  // Hosts behind one address (forwarded ports) are not told apart by it: then it is none's.
  const auto find = [&](std::string_view wanted) -> const SnapshotHost* {
    const auto only = [&](auto get) -> const SnapshotHost* {
      const auto is_it = [&](const SnapshotHost& host) { return host.configured && get(host) == wanted; };
      const auto& hosts = snapshot.hosts;
      const auto found = std::find_if(hosts.begin(), hosts.end(), is_it);
      if (found == hosts.end() || std::any_of(std::next(found), hosts.end(), is_it)) return nullptr;
      return &*found;
    };
    if (wanted.empty()) return nullptr;
    if (const auto* host = only([](const SnapshotHost& one) -> auto& { return one.document.name; }))
      return host;
    if (const auto* host = only([](const SnapshotHost& one) -> auto& { return one.configured_name; }))
      return host;
    return only([](const SnapshotHost& one) -> auto& { return one.address; });
  };
  if (const auto* host = find(target); host != nullptr) return host;
  // "pve1:9100", "[fd00::1]:9221"
  const auto colon = target.rfind(':');
  if (colon != std::string_view::npos && text::to_uint64(target.substr(colon + 1)))
    target = target.substr(0, colon);
  if (target.size() > 2 && target.front() == '[' && target.back() == ']')
    target = target.substr(1, target.size() - 2);
  return find(target);
}

Snapshot build_snapshot(const std::vector<const HostReport*>& reports, const SnapshotSettings& settings,
                        double now_unix_seconds) {
  auto merged = merge_reports(reports, settings, now_unix_seconds);
  Snapshot snapshot;
  snapshot.taken_at = now_unix_seconds;
  snapshot.cluster = settings.cluster;
  if (merged.view != nullptr) {
    const auto& members = merged.view->members;
    // A node without a cluster decides for itself.
    snapshot.quorate = members.clustered ? members.quorate.value_or(false) : true;
    snapshot.cluster_version = members.version;
    if (snapshot.cluster.empty())
      snapshot.cluster = members.clustered ? members.cluster_name : members.node_name;
  }
  if (merged.cluster_settings != nullptr) {
    snapshot.auto_rebalance = merged.cluster_settings->auto_rebalance;
    snapshot.migration_apart = merged.cluster_settings->migration_apart;
  }

  for (const auto& name : host_names(merged)) {
    snapshot.hosts.push_back(build_host(merged, name));
    auto storages = build_storages(merged, name);
    std::vector<HostStorage> documents;
    documents.reserve(storages.size());
    for (auto& storage : storages) documents.push_back(storage.document);
    if (merged.cluster_settings != nullptr && merged.cluster_settings->storages) {
      snapshot.hosts.back().document.storages = std::move(documents);
    }
    std::move(storages.begin(), storages.end(), std::back_inserter(snapshot.storages));
  }

  find_neighbours(snapshot.hosts, merged);

  std::vector<std::string> ids;
  for (const auto& [id, host] : merged.guest_hosts) ids.push_back(id);
  std::sort(ids.begin(), ids.end(), guest_before);
  snapshot.guests.reserve(ids.size());
  for (const auto& id : ids)
    snapshot.guests.push_back(build_guest(merged, id, snapshot.hosts, snapshot.warnings));
  add_rules(merged, snapshot);
  add_backups(merged, snapshot);
  add_tasks(merged, snapshot);
  snapshot.members = snapshot.hosts.size();
  keep_own(settings.shard, snapshot);
  std::move(merged.warnings.begin(), merged.warnings.end(), std::back_inserter(snapshot.warnings));
  warn_of_cluster(merged, snapshot.warnings);
  warn_of_hosts(snapshot, snapshot.warnings);
  return snapshot;
}

}  // namespace pcb
