#include "evaluator/planner/model.h"

#include <algorithm>
#include <limits>
#include <map>
#include <numeric>
#include <tuple>

#include "evaluator/planner/model_parts.h"

namespace pcb::planning {
namespace {

Load guest_use(const Guest& guest) {
  if (guest.status.value_or(GuestStatus::running) == GuestStatus::stopped) return {0, 0};
  return {guest.cpu_used_cores.value_or(0), guest.memory_used_bytes.value_or(0)};
}

HostData make_host(const Host& doc, const Model& model, Load guests_use, Interner& names) {
  HostData host{};
  host.doc = &doc;
  host.capacity = {doc.cpu_cores, doc.memory_bytes};
  host.limit = {doc.cpu_threshold.value_or(0.80) * doc.cpu_cores,
                std::min(doc.memory_threshold.value_or(0.85) * doc.memory_bytes,
                         doc.memory_bytes - doc.memory_reserved_bytes.value_or(0))};
  for (int r = 0; r < kResources; ++r) host.limit[r] = std::max(host.limit[r], 0.0);
  host.before = {std::max(doc.cpu_used_cores.value_or(0), guests_use[cpu]),
                 std::max(doc.memory_used_bytes.value_or(0), guests_use[memory])};
  const HostState state = doc.state.value_or(HostState::online);
  host.online = state == HostState::online;
  host.gives = host.online || state == HostState::maintenance;
  const auto& policy = model.policy;
  host.cools_down = policy.host_cooldown_seconds && doc.last_moved_at && model.cluster->taken_at &&
                    *model.cluster->taken_at - *doc.last_moved_at < *policy.host_cooldown_seconds;
  add_platform(doc, names, host);
  host.has_storages = doc.storages.has_value();
  host.has_bridges = doc.bridges.has_value();
  if (doc.bridges) {
    for (const auto& bridge : *doc.bridges)
      host.bridges.push_back({names.id("bridge", bridge.name), !bridge.vlan_aware.value_or(true)});
  }
  std::sort(host.bridges.begin(), host.bridges.end(),
            [](const BridgeSlot& a, const BridgeSlot& b) { return a.name < b.name; });
  return host;
}

// What a host is, before what it is called: renaming must not steer the search.
auto host_key(const HostData& host, Load guests_use, std::size_t guest_count) {
  return std::make_tuple(host.capacity, host.limit, host.before, guests_use, guest_count, host.online,
                         host.gives, host.doc->name);
}

std::vector<HostData> make_hosts(const Model& model, const std::vector<PlacedGuest>& guests,
                                 Interner& names) {
  const Cluster& cluster = *model.cluster;
  std::map<std::string, std::size_t> position;
  for (std::size_t i = 0; i < cluster.hosts.size(); ++i) position[cluster.hosts[i].name] = i;
  std::vector<std::vector<const Guest*>> on_host(cluster.hosts.size());
  for (const auto& guest : guests) on_host[position.at(*guest.host)].push_back(guest.doc);

  std::vector<std::pair<decltype(host_key(HostData{}, Load{}, 0)), HostData>> keyed;
  for (std::size_t i = 0; i < cluster.hosts.size(); ++i) {
    auto& here = on_host[i];
    std::sort(here.begin(), here.end(), [](const Guest* a, const Guest* b) {
      return std::make_pair(guest_use(*a), a->id) < std::make_pair(guest_use(*b), b->id);
    });
    Load sum{};  // summed in one order whatever the document's
    for (const Guest* guest : here)
      for (int r = 0; r < kResources; ++r) sum[r] += guest_use(*guest)[r];
    HostData host = make_host(cluster.hosts[i], model, sum, names);
    keyed.emplace_back(host_key(host, sum, here.size()), std::move(host));
  }
  std::sort(keyed.begin(), keyed.end(), [](const auto& a, const auto& b) { return a.first < b.first; });
  std::vector<HostData> hosts;
  hosts.reserve(keyed.size());
  for (auto& [key, host] : keyed) hosts.push_back(std::move(host));
  return hosts;
}

// The guest's own reasons to stay, the first in the order of the codes.
Code own_limit(const Guest& doc, const HostData& home, const Model& model) {
  const GuestStatus status = doc.status.value_or(GuestStatus::running);
  if (!home.gives) return Code::host_state;
  if (!doc.blockers.empty()) return Code::blocker;
  if (doc.lock && !doc.lock->empty()) return Code::lock;
  if (doc.is_template.value_or(false)) return Code::is_template;
  if (status != GuestStatus::stopped && (!doc.cpu_used_cores || !doc.memory_used_bytes))
    return Code::unknown_use;
  if (status == GuestStatus::unknown) return Code::unknown_use;
  if (status == GuestStatus::paused && doc.id.rfind("lxc/", 0) == 0) return Code::unknown_use;
  const bool cooldown_binds = model.goal == GoalKind::relieve || model.goal == GoalKind::balance;
  if (cooldown_binds && home.cools_down) return Code::cooldown;
  if (cooldown_binds && doc.last_moved_at && model.cluster->taken_at &&
      *model.cluster->taken_at - *doc.last_moved_at < model.policy.guest_cooldown_seconds)
    return Code::cooldown;
  if (doc.ha && doc.ha->managed) {
    if (model.cluster->auto_rebalance.value_or(false)) return Code::auto_rebalance;
    const std::string state = doc.ha->state.value_or("started");
    if (state != "started" && state != "stopped") return Code::ha_class;
  }
  return Code::none;
}

GuestData make_guest(const Guest& doc, Index home, const Model& model) {
  GuestData guest;
  guest.doc = &doc;
  guest.home = home;
  guest.vm = doc.id.rfind("qemu/", 0) == 0;
  guest.running = doc.status.value_or(GuestStatus::running) != GuestStatus::stopped;
  guest.ha = doc.ha && doc.ha->managed;
  guest.use = guest_use(doc);
  guest.high = guest.use;
  if (guest.running) {
    guest.high[cpu] = std::max(guest.use[cpu], doc.cpu_high_cores.value_or(0));
    guest.high[memory] = std::max(guest.use[memory], doc.memory_high_bytes.value_or(0));
    guest.configured = doc.memory_bytes.value_or(0);
    guest.downtime_seconds = guest.vm ? 1 : 20;
    const auto measured = model.policy.measured_downtime_seconds.find(doc.id);
    if (measured != model.policy.measured_downtime_seconds.end()) guest.downtime_seconds = measured->second;
    if (guest.vm) guest.memory_copy = guest.use[memory];
  }
  guest.cores = doc.cpu_cores.value_or(0);
  guest.fixed = own_limit(doc, model.hosts[home], model);
  for (const auto& replication : doc.replication)
    if (replication.ok.value_or(false)) {
      const Index host = model.host_named(replication.target);
      if (host != kNone) guest.replicas.push_back(host);
    }
  std::sort(guest.replicas.begin(), guest.replicas.end());
  return guest;
}

auto guest_key(const GuestData& guest) {
  return std::make_tuple(guest.home, guest.use, guest.high, guest.configured, guest.cores, guest.vm,
                         guest.running, guest.fixed, guest.doc->id.size(), guest.doc->id);
}

}  // namespace

Index Model::host_named(const std::string& name) const {
  for (Index h = 0; h < host_count(); ++h)
    if (hosts[h].doc->name == name) return h;
  return kNone;
}

Model make_model(const Cluster& cluster, const Goal& goal, const Policy& policy) {
  std::vector<PlacedGuest> guests;
  guests.reserve(cluster.guests.size());
  for (const auto& doc : cluster.guests) guests.push_back({&doc, &doc.host});
  return make_model(cluster, guests, goal, policy);
}

Model make_model(const Cluster& cluster, const std::vector<PlacedGuest>& guests, const Goal& goal,
                 const Policy& policy) {
  Model model;
  model.cluster = &cluster;
  model.policy = policy;
  model.goal = goal.kind;
  model.arrival_factor = goal.kind == GoalKind::relieve ? policy.low_water : 1.0;
  Interner names;
  model.hosts = make_hosts(model, guests, names);
  for (const auto& host : model.hosts)
    for (int r = 0; r < kResources; ++r)
      if (host.online) model.total_capacity[r] += host.capacity[r];

  if (goal.kind == GoalKind::drain || goal.kind == GoalKind::survive)
    for (const auto& name : goal.scope)
      if (const Index host = model.host_named(name); host != kNone) model.hosts[host].drained = true;

  std::map<std::string, Index> index_of;
  for (Index h = 0; h < model.host_count(); ++h) index_of[model.hosts[h].doc->name] = h;
  model.guests.reserve(guests.size());
  for (const auto& guest : guests)
    model.guests.push_back(make_guest(*guest.doc, index_of.at(*guest.host), model));
  std::sort(model.guests.begin(), model.guests.end(),
            [](const GuestData& a, const GuestData& b) { return guest_key(a) < guest_key(b); });
  add_storages(model, names);
  add_classes(model, names);
  add_rules(model);
  add_units(model);
  return model;
}

double copy_bytes(const Model& model, Index guest, Index target) {
  const GuestData& data = model.guests[guest];
  const bool replica = std::binary_search(data.replicas.begin(), data.replicas.end(), target);
  return data.memory_copy + (replica ? 0 : data.local_bytes);
}

double move_cost(const Model& model, Index guest, Index target) {
  return 1 + copy_bytes(model, guest, target) / (8.0 * 1024 * 1024 * 1024) +
         model.guests[guest].downtime_seconds / 20;
}

const char* move_method(const GuestData& guest) {
  if (guest.ha) return "ha";
  if (!guest.running) return "offline";
  return guest.vm ? "live" : "restart";
}

}  // namespace pcb::planning
