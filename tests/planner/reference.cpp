#include "reference.h"

#include <algorithm>
#include <cmath>
#include <random>
#include <set>
#include <utility>

namespace pcb::reference {
namespace {

constexpr double kSlack = 1e-9;

bool running(const Guest& guest) {
  return guest.status.value_or(GuestStatus::running) != GuestStatus::stopped;
}
bool is_vm(const Guest& guest) { return guest.id.compare(0, 5, "qemu/") == 0; }

double share(double part, double whole) { return whole > 0 ? part / whole : (part > 0 ? 1e9 : 0); }

const HostStorage* storage_of(const Host& host, const std::string& name) {
  const auto named = [&](const HostStorage& storage) { return storage.name == name; };
  const auto found = std::find_if(host.storages->begin(), host.storages->end(), named);
  return found == host.storages->end() ? nullptr : &*found;
}

bool local(const Volume& volume, const Host& home) {
  if (volume.shared) return !*volume.shared;
  if (!home.storages) return true;
  const HostStorage* storage = storage_of(home, volume.storage);
  return storage == nullptr || !storage->shared.value_or(false);
}

std::vector<int> numbers(const std::string& version) {
  std::vector<int> result;
  std::string digits;
  for (const char c : version + ".") {
    if (c >= '0' && c <= '9') {
      digits += c;
      continue;
    }
    if (!digits.empty()) result.push_back(std::stoi(std::exchange(digits, "")));
  }
  result.resize(3);
  return result;
}

int level(const std::string& text) {
  return text.rfind("x86-64-v", 0) == 0 && text.size() > 8 ? text[8] - '0' : 0;
}

bool among(const std::vector<std::string>& list, const std::string& what) {
  return std::find(list.begin(), list.end(), what) != list.end();
}

}  // namespace

Reference::Reference(const Cluster& cluster, const Goal& goal, const Policy& policy)
    : cluster_(cluster), goal_(goal), policy_(policy) {
  for (const auto& host : cluster.hosts) hosts_[host.name] = &host;
  for (const auto& guest : cluster.guests) {
    guests_[guest.id] = &guest;
    start_[guest.id] = guest.host;
  }
  for (const auto& host : cluster.hosts) {
    Use guests;
    for (const auto& guest : cluster.guests)
      if (guest.host == host.name && running(guest)) {
        guests.cpu += guest.cpu_used_cores.value_or(0);
        guests.memory += guest.memory_used_bytes.value_or(0);
      }
    rest_[host.name] = {std::max(0.0, host.cpu_used_cores.value_or(0) - guests.cpu),
                        std::max(0.0, host.memory_used_bytes.value_or(0) - guests.memory)};
  }
  was_over_ = over_limit(start_);
  scope_ = goal.scope;
  if (scope_.empty()) scope_ = goal.kind == GoalKind::relieve ? was_over_ : online();
  std::erase_if(was_over_, [&](const std::string& name) { return !among(scope_, name); });
  for (const auto& host : online()) {
    bool can = false;
    for (const auto& guest : cluster.guests) {
      const auto group = group_of(guest.id);
      double used = 0;
      for (const auto& member : group)
        if (running(*guests_.at(member)))
          used += guests_.at(member)->cpu_used_cores.value_or(0) +
                  guests_.at(member)->memory_used_bytes.value_or(0);
      if (guest.host != host || used <= 0) continue;
      for (const auto& target : online())
        can = can || (target != host && forbids(start_, guest.id, target, group).empty());
    }
    can_be_lowered_[host] = can;
  }
}

std::vector<std::string> Reference::online() const {
  std::vector<std::string> result;
  for (const auto& [name, host] : hosts_)
    if (host->state.value_or(HostState::online) == HostState::online) result.push_back(name);
  return result;
}

Use Reference::limit(const std::string& name) const {
  const Host& host = *hosts_.at(name);
  const double memory = std::min(host.memory_threshold.value_or(0.85) * host.memory_bytes,
                                 host.memory_bytes - host.memory_reserved_bytes.value_or(0));
  return {host.cpu_threshold.value_or(0.80) * host.cpu_cores, std::max(0.0, memory)};
}

Use Reference::use(const Places& places, const std::string& host, bool with_high) const {
  Use sum = rest_.at(host);
  for (const auto& [id, place] : places) {
    const Guest& guest = *guests_.at(id);
    if (place != host || !running(guest)) continue;
    double cpu = guest.cpu_used_cores.value_or(0), memory = guest.memory_used_bytes.value_or(0);
    if (with_high && guest.host != host) {  // it came here
      cpu = std::max(cpu, guest.cpu_high_cores.value_or(0));
      memory = std::max(memory, guest.memory_high_bytes.value_or(0));
    }
    sum.cpu += cpu;
    sum.memory += memory;
  }
  return sum;
}

std::string Reference::own_limit(const std::string& id) const {
  const Guest& guest = *guests_.at(id);
  const HostState state = hosts_.at(guest.host)->state.value_or(HostState::online);
  if (state == HostState::offline || state == HostState::unknown) return "host_state";
  if (!guest.blockers.empty()) return "blocker";
  if (guest.lock && !guest.lock->empty()) return "lock";
  if (guest.is_template.value_or(false)) return "template";
  if (running(guest) && (!guest.cpu_used_cores || !guest.memory_used_bytes)) return "unknown_use";
  if (guest.status == GuestStatus::unknown) return "unknown_use";
  if (guest.status == GuestStatus::paused && !is_vm(guest)) return "unknown_use";
  const bool rests = goal_.kind == GoalKind::relieve || goal_.kind == GoalKind::balance;
  if (rests && cluster_.taken_at && guest.last_moved_at &&
      *cluster_.taken_at - *guest.last_moved_at < policy_.guest_cooldown_seconds)
    return "cooldown";
  if (guest.ha && guest.ha->managed) {
    if (cluster_.auto_rebalance.value_or(false)) return "auto_rebalance";
    const auto ha_state = guest.ha->state.value_or("started");
    if (ha_state != "started" && ha_state != "stopped") return "ha_class";
  }
  if (is_vm(guest) && running(guest) && !policy_.allow_local_disks && guest.volumes)
    for (const auto& volume : *guest.volumes)
      if (local(volume, *hosts_.at(guest.host))) return "local_disks";
  return "";
}

std::string Reference::storage_forbids(const Places& places, const std::string& id, const std::string& to,
                                       bool room) const {
  const Guest& guest = *guests_.at(id);
  const Host &home = *hosts_.at(guest.host), &target = *hosts_.at(to);
  if (!guest.volumes || !target.storages) return "";
  std::map<std::string, double> needed;
  for (const auto& volume : *guest.volumes) {
    const HostStorage* storage = storage_of(target, volume.storage);
    if (home.storages) {
      if (storage == nullptr) return "storage_missing";
      if (!storage->active.value_or(true)) return "storage_inactive";
      if (!storage->content.empty() && !among(storage->content, is_vm(guest) ? "images" : "rootdir"))
        return "storage_content";
    }
    if (storage != nullptr && local(volume, home))
      needed[volume.storage] += volume.used_bytes ? *volume.used_bytes : volume.size_bytes.value_or(0);
  }
  if (!room || guest.host == to) return "";
  for (const auto& replication : guest.replication)
    if (replication.target == to && replication.ok.value_or(false)) return "";
  for (const auto& [name, bytes] : needed) {
    const HostStorage* storage = storage_of(target, name);
    if (!storage->free_bytes || storage->shared.value_or(false)) continue;
    double free = *storage->free_bytes;
    for (const auto& [other_id, place] : places) {
      const Guest& other = *guests_.at(other_id);
      if (other_id == id || place == other.host || !other.volumes) continue;
      bool replica = false;
      for (const auto& replication : other.replication)
        replica = replica || (replication.target == place && replication.ok.value_or(false));
      if (replica) continue;
      for (const auto& volume : *other.volumes) {
        if (volume.storage != name || !local(volume, *hosts_.at(other.host))) continue;
        const double size = volume.used_bytes ? *volume.used_bytes : volume.size_bytes.value_or(0);
        if (place == to) free -= size;
        if (other.host == to) free += size;
      }
    }
    if (bytes > free + kSlack * bytes) return "storage_space";
  }
  return "";
}

std::string Reference::never(const std::string& id, const std::string& to) const {
  const Guest& guest = *guests_.at(id);
  const Host &home = *hosts_.at(guest.host), &target = *hosts_.at(to);
  if (target.state.value_or(HostState::online) != HostState::online) return "host_state";
  if (goal_.kind == GoalKind::drain && among(scope_, to)) return "host_state";
  if (guest.ha && guest.ha->managed && guest.ha->hosts) {
    std::optional<double> best, mine;
    for (const auto& entry : *guest.ha->hosts) {
      const auto found = hosts_.find(entry.name);
      if (found == hosts_.end() || found->second->state.value_or(HostState::online) != HostState::online)
        continue;
      const double priority = entry.priority.value_or(0);
      if (!best || priority > *best) best = priority;
      if (entry.name == to) mine = priority;
    }
    if (!mine || *mine < *best) return "ha_class";
  }
  const std::string storage = storage_forbids(start_, id, to, false);
  if (!storage.empty()) return storage;
  if (guest.bridges && target.bridges && home.bridges)
    for (const auto& nic : *guest.bridges) {
      const Bridge* there = nullptr;
      for (const auto& bridge : *target.bridges)
        if (bridge.name == nic.name) there = &bridge;
      if (there == nullptr) return "bridge";
      if (nic.tag && !there->vlan_aware.value_or(true)) return "vlan";
    }
  if (is_vm(guest) && running(guest)) {
    const std::string type = guest.cpu_type.value_or("kvm64");
    if (home.pve_version && target.pve_version && numbers(*target.pve_version) < numbers(*home.pve_version))
      return "pve_version";
    if (type == "host" || type == "max") {
      if (home.cpu_model && target.cpu_model && *home.cpu_model != *target.cpu_model) return "cpu_model";
    } else if (target.cpu_level) {
      int needed = level(type);
      if (needed == 0 && type.rfind("kvm", 0) != 0 && type.rfind("qemu", 0) != 0 && home.cpu_level)
        needed = level(*home.cpu_level);
      if (level(*target.cpu_level) < needed) return "cpu_level";
    }
    if (home.cpu_vendor && target.cpu_vendor && *home.cpu_vendor != *target.cpu_vendor) return "cpu_vendor";
  }
  if (guest.cpu_cores.value_or(0) > target.cpu_cores) return "cores";
  return "";
}

std::vector<std::string> Reference::group_of(const std::string& id) const {
  std::set<std::string> group{id};
  for (bool grown = true; grown;) {
    grown = false;
    for (const auto& rule : cluster_.rules) {
      if (rule.kind != RuleKind::together || !rule.strict) continue;
      const bool touches = std::any_of(rule.guests.begin(), rule.guests.end(),
                                       [&](const auto& member) { return group.count(member) != 0; });
      if (!touches) continue;
      for (const auto& member : rule.guests)
        if (guests_.count(member) != 0) grown = group.insert(member).second || grown;
    }
  }
  std::vector<std::string> members(group.begin(), group.end());
  for (const auto& member : members)
    if (guests_.at(member)->host != guests_.at(id)->host)
      return {id};  // scattered: no group that moves as one
  return members;
}

int Reference::offences(const Rule& rule, const Places& places) const {
  std::multiset<std::string> at;
  int wrong = 0;
  for (const auto& id : std::set<std::string>(rule.guests.begin(), rule.guests.end())) {
    const auto place = places.find(id);
    if (place == places.end()) continue;
    at.insert(place->second);
    const bool listed = among(rule.hosts, place->second);
    wrong += (rule.kind == RuleKind::only_on && !listed) || (rule.kind == RuleKind::avoid && listed) ? 1 : 0;
  }
  const int distinct = static_cast<int>(std::set<std::string>(at.begin(), at.end()).size());
  if (rule.kind == RuleKind::apart) return static_cast<int>(at.size()) - distinct;
  if (rule.kind == RuleKind::together) return at.empty() ? 0 : distinct - 1;
  return wrong;
}

bool Reference::broken(const Rule& rule, const Places& places) const { return offences(rule, places) > 0; }

std::vector<std::string> Reference::broken_hosts(const Rule& rule, const Places& places) const {
  std::map<std::string, int> count;
  for (const auto& id : std::set<std::string>(rule.guests.begin(), rule.guests.end()))
    if (const auto place = places.find(id); place != places.end()) ++count[place->second];
  std::vector<std::string> result;
  if (!broken(rule, places)) return result;
  for (const auto& [host, members] : count) {
    const bool listed = among(rule.hosts, host);
    const bool here = rule.kind == RuleKind::apart      ? members > 1
                      : rule.kind == RuleKind::together ? true
                      : rule.kind == RuleKind::only_on  ? !listed
                                                        : listed;
    if (here) result.push_back(host);
  }
  return result;
}

std::string Reference::forbids(const Places& places, const std::string& id, const std::string& to,
                               const std::vector<std::string>& group) const {
  Places after = places;
  for (const auto& member : group) {
    const std::string own = own_limit(member);
    if (!own.empty()) return own;
    const std::string pair = never(member, to);
    if (!pair.empty()) return pair;
    const std::string space = storage_forbids(after, member, to, true);
    if (!space.empty()) return space;
    after[member] = to;
  }
  const Host& target = *hosts_.at(to);
  double vm_memory = 0, container_memory = 0;
  for (const auto& [other, place] : after)
    if (place == to && running(*guests_.at(other)))
      (is_vm(*guests_.at(other)) ? vm_memory : container_memory) +=
          guests_.at(other)->memory_bytes.value_or(0);
  if (vm_memory > policy_.memory_overcommit_vm * target.memory_bytes * (1 + kSlack) ||
      container_memory > policy_.memory_overcommit_container * target.memory_bytes * (1 + kSlack))
    return "overcommit_memory";
  const double factor = goal_.kind == GoalKind::relieve ? policy_.low_water : 1;
  const Use used = use(after, to, true), most = limit(to);
  if (used.cpu > factor * most.cpu + kSlack * target.cpu_cores) return "cpu_limit";
  if (used.memory > factor * most.memory + kSlack * target.memory_bytes) return "memory_limit";
  for (const auto& rule : cluster_.rules)
    if (rule.strict && offences(rule, after) > offences(rule, places)) return "rule";
  (void)id;
  return "";
}

double Reference::copy_bytes(const std::string& id, const std::string& to) const {
  const Guest& guest = *guests_.at(id);
  double bytes = 0;
  bool replica = false;
  for (const auto& replication : guest.replication)
    replica = replica || (replication.target == to && replication.ok.value_or(false));
  if (guest.volumes && !replica)
    for (const auto& volume : *guest.volumes)
      if (local(volume, *hosts_.at(guest.host)))
        bytes += volume.used_bytes ? *volume.used_bytes : volume.size_bytes.value_or(0);
  if (is_vm(guest) && running(guest)) bytes += guest.memory_used_bytes.value_or(0);
  return bytes;
}

double Reference::downtime_seconds(const std::string& id) const {
  const Guest& guest = *guests_.at(id);
  return !running(guest) ? 0 : (is_vm(guest) ? 1 : 20);
}

double Reference::cost(const std::string& id, const std::string& to) const {
  return 1 + copy_bytes(id, to) / 8589934592.0 + downtime_seconds(id) / 20;
}

double Reference::overload(const Places& places, const std::vector<std::string>& hosts) const {
  double cpu = 0, memory = 0, cores = 0, bytes = 0;
  for (const auto& name : online()) {
    cores += hosts_.at(name)->cpu_cores;
    bytes += hosts_.at(name)->memory_bytes;
    if (!among(hosts, name)) continue;
    const Use used = use(places, name, false), most = limit(name);
    if (used.cpu > most.cpu + kSlack * hosts_.at(name)->cpu_cores) cpu += used.cpu - most.cpu;
    if (used.memory > most.memory + kSlack * hosts_.at(name)->memory_bytes)
      memory += used.memory - most.memory;
  }
  return share(cpu, cores) + share(memory, bytes);
}

double Reference::peak(const Places& places) const {
  double result = 0;
  for (const auto& name : online()) {
    const Use used = use(places, name, false), most = limit(name);
    result = std::max({result, share(used.cpu, most.cpu), share(used.memory, most.memory)});
  }
  return result;
}

double Reference::imbalance(const Places& places) const {
  std::vector<double> cpu, memory;
  for (const auto& name : online()) {
    const Use used = use(places, name, false);
    cpu.push_back(share(used.cpu, hosts_.at(name)->cpu_cores));
    memory.push_back(share(used.memory, hosts_.at(name)->memory_bytes));
  }
  double result = 0;
  for (const auto* values : {&cpu, &memory}) {
    if (values->empty()) continue;
    double mean = 0, squares = 0;
    for (const double value : *values) mean += value / static_cast<double>(values->size());
    for (const double value : *values) squares += (value - mean) * (value - mean);
    result += std::sqrt(squares / static_cast<double>(values->size()));
  }
  return result;
}

std::vector<std::string> Reference::over_limit(const Places& places) const {
  std::vector<std::string> result;
  for (const auto& name : online()) {
    const Use used = use(places, name, false), most = limit(name);
    if (used.cpu > most.cpu + kSlack * hosts_.at(name)->cpu_cores ||
        used.memory > most.memory + kSlack * hosts_.at(name)->memory_bytes)
      result.push_back(name);
  }
  return result;
}

}  // namespace pcb::reference
