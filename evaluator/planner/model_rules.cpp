// Storages become pools of room, rules become lists, strict `together` rules become units that move as one.
#include <algorithm>
#include <limits>
#include <map>
#include <numeric>

#include "evaluator/planner/model_parts.h"

namespace pcb::planning {
namespace {

const HostStorage* storage_named(const Host& host, const std::string& name) {
  if (!host.storages) return nullptr;
  for (const auto& storage : *host.storages)
    if (storage.name == name) return &storage;
  return nullptr;
}

bool is_shared(const Volume& volume, const Host& home) {
  if (volume.shared) return *volume.shared;
  const HostStorage* storage = storage_named(home, volume.storage);
  return storage != nullptr && storage->shared.value_or(false);
}

bool holds(const std::vector<std::string>& list, const char* what) {
  return std::find(list.begin(), list.end(), what) != list.end();
}

}  // namespace

void add_storages(Model& model, Interner& names) {
  std::map<Index, Index> shared_pools;  // by storage name
  for (auto& host : model.hosts) {
    if (!host.doc->storages) continue;
    for (const auto& storage : *host.doc->storages) {
      const Index name = names.id("storage", storage.name);
      Index pool = static_cast<Index>(model.pool_free.size());
      if (storage.shared.value_or(false)) pool = shared_pools.try_emplace(name, pool).first->second;
      if (pool == static_cast<Index>(model.pool_free.size()))
        model.pool_free.push_back(std::numeric_limits<double>::infinity());
      if (storage.free_bytes) model.pool_free[pool] = std::min(model.pool_free[pool], *storage.free_bytes);
      host.storages.push_back({name, pool, static_cast<Index>(&storage - host.doc->storages->data()),
                               storage.active.value_or(true), !storage.content.empty(),
                               holds(storage.content, "images"), holds(storage.content, "rootdir")});
    }
    std::sort(host.storages.begin(), host.storages.end(),
              [](const StorageSlot& a, const StorageSlot& b) { return a.name < b.name; });
  }
  for (auto& guest : model.guests) {
    guest.volumes_begin = static_cast<std::int32_t>(model.volumes.size());
    const HostData& home = model.hosts[guest.home];
    if (guest.doc->volumes)
      for (const auto& volume : *guest.doc->volumes) {
        if (is_shared(volume, *home.doc)) continue;
        const Index name = names.id("storage", volume.storage);
        Index pool = kNone;
        for (const auto& slot : home.storages)
          if (slot.name == name) pool = slot.pool;
        const double bytes = volume.used_bytes ? *volume.used_bytes : volume.size_bytes.value_or(0);
        model.volumes.push_back({name, pool, bytes});
      }
    guest.volumes_end = static_cast<std::int32_t>(model.volumes.size());
    const auto first = model.volumes.begin() + guest.volumes_begin;
    std::sort(first, model.volumes.end(), [](const LocalVolume& a, const LocalVolume& b) {
      return std::tie(a.bytes, a.storage) < std::tie(b.bytes, b.storage);
    });
    for (auto volume = first; volume != model.volumes.end(); ++volume) guest.local_bytes += volume->bytes;
  }
}

void add_rules(Model& model) {
  std::map<std::string, Index> guest_of;
  for (Index g = 0; g < model.guest_count(); ++g) guest_of[model.guests[g].doc->id] = g;
  for (const auto& doc : model.cluster->rules) {
    RuleData rule{&doc, {}, std::vector<std::uint8_t>(model.hosts.size(), 0)};
    for (const auto& id : doc.guests)
      if (const auto found = guest_of.find(id); found != guest_of.end()) rule.guests.push_back(found->second);
    std::sort(rule.guests.begin(), rule.guests.end());
    rule.guests.erase(std::unique(rule.guests.begin(), rule.guests.end()), rule.guests.end());
    for (const auto& name : doc.hosts)
      if (const Index host = model.host_named(name); host != kNone) rule.on_list[host] = 1;
    if (!rule.guests.empty()) model.rules.push_back(std::move(rule));
  }
  // The document's order of rules must not matter.
  std::sort(model.rules.begin(), model.rules.end(), [](const RuleData& a, const RuleData& b) {
    return std::tie(a.doc->strict, a.doc->kind, a.guests, a.on_list, a.doc->origin) <
           std::tie(b.doc->strict, b.doc->kind, b.guests, b.on_list, b.doc->origin);
  });
  std::vector<std::vector<Index>> rules_of(model.guests.size());
  for (std::size_t r = 0; r < model.rules.size(); ++r)
    for (const Index g : model.rules[r].guests) rules_of[g].push_back(static_cast<Index>(r));
  for (Index g = 0; g < model.guest_count(); ++g) {
    model.guests[g].rules_begin = static_cast<std::int32_t>(model.guest_rules.size());
    model.guest_rules.insert(model.guest_rules.end(), rules_of[g].begin(), rules_of[g].end());
    model.guests[g].rules_end = static_cast<std::int32_t>(model.guest_rules.size());
  }
}

void add_units(Model& model) {
  std::vector<Index> root(model.guests.size());
  std::iota(root.begin(), root.end(), 0);
  const auto find = [&root](Index g) {
    while (root[g] != g) g = root[g] = root[root[g]];
    return g;
  };
  for (const auto& rule : model.rules)
    if (rule.doc->strict && rule.doc->kind == RuleKind::together)
      for (const Index g : rule.guests) root[find(g)] = find(rule.guests.front());

  std::map<Index, std::vector<Index>> groups;
  for (Index g = 0; g < model.guest_count(); ++g) groups[find(g)].push_back(g);
  const auto add = [&model](const std::vector<Index>& members, Index home) {
    Unit unit;
    unit.guests = members;
    unit.home = home;
    for (const Index g : members) {
      GuestData& guest = model.guests[g];
      guest.unit = static_cast<Index>(model.units.size());
      for (int r = 0; r < kResources; ++r) {
        unit.use[r] += guest.use[r];
        unit.high[r] += guest.high[r];
      }
      unit.cost += 1 + (guest.local_bytes + guest.memory_copy) / (8.0 * 1024 * 1024 * 1024) +
                   guest.downtime_seconds / 20;
      if (unit.fixed == Code::none && guest.fixed != Code::none) {
        unit.fixed = guest.fixed;
        unit.fixed_by = g;
      }
    }
    model.units.push_back(std::move(unit));
  };
  for (const auto& [first, members] : groups) {
    const Index home = model.guests[members.front()].home;
    bool one_host = true, all_ha = true;
    for (const Index g : members) {
      one_host = one_host && model.guests[g].home == home;
      all_ha = all_ha && model.guests[g].ha;
    }
    if (one_host) {
      add(members, home);
    } else if (all_ha) {
      add(members, kNone);  // Proxmox would take the others along: only the whole group may move
    } else {
      for (const Index g : members) add({g}, model.guests[g].home);
    }
  }
}

}  // namespace pcb::planning
