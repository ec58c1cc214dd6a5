// Which guest may ever run on which host: storage, network, versions, CPUs, HA class. Room and rules are not
// here.
#include <algorithm>
#include <cstdlib>

#include "evaluator/planner/model_parts.h"

namespace pcb::planning {
namespace {

// "8.4.1" and "8.4-1" as comparable numbers; text behind them does not count.
std::array<int, 3> version_of(const std::string& text) {
  std::array<int, 3> parts{};
  const char* at = text.c_str();
  for (int& part : parts) {
    while (*at != '\0' && (*at < '0' || *at > '9')) ++at;
    char* end = nullptr;
    part = static_cast<int>(std::strtol(at, &end, 10));
    at = end;
  }
  return parts;
}

// 1..4 for x86-64-v1 … v4 (with or without a suffix such as -AES), 0 for anything else.
int level_of(const std::string& text) {
  const std::string prefix = "x86-64-v";
  if (text.rfind(prefix, 0) != 0 || text.size() <= prefix.size()) return 0;
  const char digit = text[prefix.size()];
  return digit >= '1' && digit <= '9' ? digit - '0' : 0;
}

Code cpu_limit_of(const GuestData& guest, const Host& from, const Host& to) {
  const std::string type = guest.doc->cpu_type.value_or("kvm64");
  if (from.pve_version && to.pve_version && version_of(*to.pve_version) < version_of(*from.pve_version))
    return Code::pve_version;
  if (type == "host" || type == "max") {
    if (from.cpu_model && to.cpu_model && *from.cpu_model != *to.cpu_model) return Code::cpu_model;
  } else if (to.cpu_level) {
    int needed = level_of(type);
    const bool runs_anywhere = type == "kvm64" || type == "qemu64" || type == "kvm32" || type == "qemu32";
    // A named model ("EPYC") says no level: what it runs on today is known to be enough.
    if (needed == 0 && !runs_anywhere && from.cpu_level) needed = level_of(*from.cpu_level);
    if (level_of(*to.cpu_level) < needed) return Code::cpu_level;
  }
  if (from.cpu_vendor && to.cpu_vendor && *from.cpu_vendor != *to.cpu_vendor) return Code::cpu_vendor;
  return Code::none;
}

Code ha_limit(const Model& model, const GuestData& guest, const HostData& target) {
  if (!guest.ha || !guest.doc->ha->hosts) return Code::none;
  double best = 0;
  const HaHost* mine = nullptr;
  bool any = false;
  for (const auto& entry : *guest.doc->ha->hosts) {
    const Index host = model.host_named(entry.name);
    if (host == kNone || !model.hosts[host].online) continue;
    const double priority = entry.priority.value_or(0);
    if (!any || priority > best) best = priority;
    any = true;
    if (&model.hosts[host] == &target) mine = &entry;
  }
  return mine != nullptr && mine->priority.value_or(0) >= best ? Code::none : Code::ha_class;
}

Code storage_limit(const Model& model, const GuestData& guest, const HostData& target, Interner& names) {
  if (!target.has_storages || !guest.doc->volumes || !model.hosts[guest.home].has_storages) return Code::none;
  for (const auto& volume : *guest.doc->volumes) {
    const Index name = names.id("storage", volume.storage);
    const auto slot = std::lower_bound(target.storages.begin(), target.storages.end(), name,
                                       [](const StorageSlot& a, Index b) { return a.name < b; });
    if (slot == target.storages.end() || slot->name != name) return Code::storage_missing;
    if (!slot->active) return Code::storage_inactive;
    if (slot->knows_content && !(guest.vm ? slot->images : slot->rootdir)) return Code::storage_content;
  }
  return Code::none;
}

Code bridge_limit(const Model& model, const GuestData& guest, const HostData& target, Interner& names) {
  if (!target.has_bridges || !guest.doc->bridges || !model.hosts[guest.home].has_bridges) return Code::none;
  Code tag_fault = Code::none;
  for (const auto& bridge : *guest.doc->bridges) {
    const Index name = names.id("bridge", bridge.name);
    const auto slot = std::lower_bound(target.bridges.begin(), target.bridges.end(), name,
                                       [](const BridgeSlot& a, Index b) { return a.name < b; });
    if (slot == target.bridges.end() || slot->name != name) return Code::bridge;
    if (bridge.tag && slot->refuses_tags) tag_fault = Code::vlan;
  }
  return tag_fault;
}

// Everything pair_limit() looks at, as text: guests with the same text are one class.
std::string class_key(const Model& model, const GuestData& guest, bool has_local) {
  const HostData& home = model.hosts[guest.home];
  std::string key = guest.vm ? "v" : "c";
  key += guest.running ? "r" : "s";
  key += has_local ? "l" : "-";
  key += home.has_storages ? "s" : "-";
  key += home.has_bridges ? "b" : "-";
  if (guest.vm && guest.running) {
    key += "\np" + std::to_string(home.platform) + ' ';
    key += guest.doc->cpu_type.value_or("kvm64");
  }
  std::vector<std::string> parts;
  if (guest.doc->volumes)
    for (const auto& volume : *guest.doc->volumes) parts.push_back("s" + volume.storage);
  if (guest.doc->bridges)
    for (const auto& bridge : *guest.doc->bridges) parts.push_back((bridge.tag ? "t" : "b") + bridge.name);
  if (guest.ha && guest.doc->ha->hosts)
    for (const auto& host : *guest.doc->ha->hosts)
      parts.push_back("h" + std::to_string(host.priority.value_or(0)) + host.name);
  if (guest.ha && guest.doc->ha->hosts) key += "\nha";
  std::sort(parts.begin(), parts.end());
  parts.erase(std::unique(parts.begin(), parts.end()), parts.end());
  for (const auto& part : parts) key += '\n' + part;
  return key;
}

}  // namespace

void add_platform(const Host& doc, Interner& names, HostData& host) {
  const auto part = [](const std::optional<std::string>& text) { return (text ? "=" + *text : "?") + "\n"; };
  host.platform = names.id(
      "platform", part(doc.pve_version) + part(doc.cpu_model) + part(doc.cpu_vendor) + part(doc.cpu_level));
}

Code pair_limit(const Model& model, const GuestData& guest, const HostData& target, Interner& names) {
  if (const Code code = ha_limit(model, guest, target); code != Code::none && target.online) return code;
  if (!target.online || target.drained) return Code::host_state;
  if (const Code code = storage_limit(model, guest, target, names); code != Code::none) return code;
  if (const Code code = bridge_limit(model, guest, target, names); code != Code::none) return code;
  if (!guest.vm || !guest.running) return Code::none;
  if (model.goal == GoalKind::survive)
    return Code::none;  // it starts anew there: nothing is carried over live
  const HostData& home = model.hosts[guest.home];
  if (const Code code = cpu_limit_of(guest, *home.doc, *target.doc); code != Code::none) return code;
  return Code::none;
}

void add_classes(Model& model, Interner& names) {
  std::unordered_map<std::string, Index> classes;
  for (auto& guest : model.guests) {
    const bool has_local = guest.volumes_begin != guest.volumes_end;
    if (guest.fixed == Code::none && guest.vm && guest.running && has_local &&
        !model.policy.allow_local_disks && model.goal != GoalKind::survive)
      guest.fixed = Code::local_disks;
    const auto [entry, fresh] =
        classes.try_emplace(class_key(model, guest, has_local), static_cast<Index>(classes.size()));
    guest.klass = entry->second;
    if (!fresh) continue;
    for (const auto& target : model.hosts)
      model.class_codes.push_back(static_cast<std::uint8_t>(pair_limit(model, guest, target, names)));
  }
}

}  // namespace pcb::planning
