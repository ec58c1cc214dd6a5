#include "evaluator/planner/state.h"

#include <algorithm>

namespace pcb::planning {

State::State(const Model& model)
    : model_(&model),
      unit_host_(model.units.size(), kNone),
      unit_position_(model.units.size(), kNone),
      units_on_(model.hosts.size()),
      surcharge_(model.hosts.size(), Load{}),
      configured_(model.hosts.size()),
      pool_free_(model.pool_free),
      degree_(model.rules.size(), 0),
      arrivals_(model.hosts.size(), 0) {
  host_of_.reserve(model.guests.size());
  for (const auto& guest : model.guests) {
    host_of_.push_back(guest.home);
    configured_[guest.home][guest.vm ? 1 : 0] += guest.configured;
  }
  for (const auto& host : model.hosts) use_.push_back(host.before);
  for (Index u = 0; u < static_cast<Index>(model.units.size()); ++u) {
    unit_host_[u] = model.units[u].home;
    if (unit_host_[u] == kNone) continue;
    unit_position_[u] = static_cast<Index>(units_on_[unit_host_[u]].size());
    units_on_[unit_host_[u]].push_back(u);
  }
  std::vector<Index> hosts;
  for (std::size_t r = 0; r < model.rules.size(); ++r) {
    const RuleData& rule = model.rules[r];
    hosts.clear();
    int listed = 0;
    for (const Index g : rule.guests) {
      hosts.push_back(host_of_[g]);
      listed += rule.on_list[host_of_[g]];
    }
    std::sort(hosts.begin(), hosts.end());
    const int distinct = static_cast<int>(std::unique(hosts.begin(), hosts.end()) - hosts.begin());
    const int count = static_cast<int>(rule.guests.size());
    switch (rule.doc->kind) {
      case RuleKind::together:
        degree_[r] = distinct - 1;
        break;
      case RuleKind::apart:
        degree_[r] = count - distinct;
        break;
      case RuleKind::only_on:
        degree_[r] = count - listed;
        break;
      case RuleKind::avoid:
        degree_[r] = listed;
        break;
    }
  }
}

int State::rule_change(Index rule, Index guest, Index target) const {
  const RuleData& data = model_->rules[rule];
  const Index from = host_of_[guest];
  if (from == target) return 0;
  if (data.doc->kind == RuleKind::only_on) return data.on_list[from] - data.on_list[target];
  if (data.doc->kind == RuleKind::avoid) return data.on_list[target] - data.on_list[from];
  bool company_here = false, company_there = false;
  for (const Index other : data.guests) {
    if (other == guest) continue;
    company_here = company_here || host_of_[other] == from;
    company_there = company_there || host_of_[other] == target;
  }
  if (data.doc->kind == RuleKind::apart) return (company_there ? 1 : 0) - (company_here ? 1 : 0);
  return (company_here ? 1 : 0) - (company_there ? 1 : 0);
}

void State::account_volumes(Index guest, Index at, double sign) {
  const GuestData& data = model_->guests[guest];
  if (data.volumes_begin == data.volumes_end || at == data.home) return;
  if (std::binary_search(data.replicas.begin(), data.replicas.end(), at)) return;
  const auto& slots = model_->hosts[at].storages;
  for (auto v = data.volumes_begin; v < data.volumes_end; ++v) {
    const LocalVolume& volume = model_->volumes[v];
    const auto slot = std::lower_bound(slots.begin(), slots.end(), volume.storage,
                                       [](const StorageSlot& a, Index b) { return a.name < b; });
    const Index pool = slot != slots.end() && slot->name == volume.storage ? slot->pool : kNone;
    if (pool == volume.pool) continue;
    if (pool != kNone) pool_free_[pool] -= sign * volume.bytes;
    if (volume.pool != kNone) pool_free_[volume.pool] += sign * volume.bytes;
  }
}

void State::relocate(Index guest, Index target) {
  const GuestData& data = model_->guests[guest];
  const Index from = host_of_[guest];
  if (from == target) return;
  for (auto r = data.rules_begin; r < data.rules_end; ++r) {
    const Index rule = model_->guest_rules[r];
    degree_[rule] += rule_change(rule, guest, target);
  }
  account_volumes(guest, from, -1);
  account_volumes(guest, target, 1);
  const bool was_away = from != data.home, is_away = target != data.home;
  for (int r = 0; r < kResources; ++r) {
    use_[from][r] -= data.use[r];
    use_[target][r] += data.use[r];
    if (was_away) surcharge_[from][r] -= data.high[r] - data.use[r];
    if (is_away) surcharge_[target][r] += data.high[r] - data.use[r];
  }
  configured_[from][data.vm ? 1 : 0] -= data.configured;
  configured_[target][data.vm ? 1 : 0] += data.configured;
  if (was_away) {
    cost_ -= move_cost(*model_, guest, from);
    --moves_;
    --arrivals_[from];
  }
  if (is_away) {
    cost_ += move_cost(*model_, guest, target);
    ++moves_;
    ++arrivals_[target];
  }
  host_of_[guest] = target;
}

void State::place_unit(Index unit, Index target) {
  const Index from = unit_host_[unit];
  if (from == target) return;
  if (from != kNone) {
    auto& here = units_on_[from];
    const Index last = here.back();
    here[unit_position_[unit]] = last;
    unit_position_[last] = unit_position_[unit];
    here.pop_back();
  }
  unit_position_[unit] = static_cast<Index>(units_on_[target].size());
  units_on_[target].push_back(unit);
  unit_host_[unit] = target;
}

void State::move_guest(Index guest, Index target) {
  relocate(guest, target);
  const Index unit = model_->guests[guest].unit;
  const auto& members = model_->units[unit].guests;
  const bool complete =
      std::all_of(members.begin(), members.end(), [&](Index g) { return host_of_[g] == target; });
  if (complete) place_unit(unit, target);  // between the moves of a group the unit stays where it was
}

void State::move_unit(Index unit, Index target) {
  for (const Index g : model_->units[unit].guests) relocate(g, target);
  place_unit(unit, target);
}

Code State::check_static(Index guest, Index target) const {
  const GuestData& data = model_->guests[guest];
  if (const Code code = model_->class_code(guest, target); code != Code::none) return code;
  const HostData& host = model_->hosts[target];
  const bool cooldown_binds = model_->goal == GoalKind::relieve || model_->goal == GoalKind::balance;
  if (cooldown_binds && host.cools_down) return Code::cooldown;
  if (data.cores > host.capacity[cpu] * (1 + kTolerance)) return Code::cores;
  // The disks of a lost host are lost with it.
  if (model_->goal == GoalKind::survive && data.volumes_begin != data.volumes_end &&
      !std::binary_search(data.replicas.begin(), data.replicas.end(), target))
    return Code::storage_missing;
  return Code::none;
}

bool State::has_space(std::span<const Index> guests, Index target) const {
  std::vector<std::pair<Index, double>> needs;  // by pool
  const auto& slots = model_->hosts[target].storages;
  for (const Index guest : guests) {
    const GuestData& data = model_->guests[guest];
    if (data.volumes_begin == data.volumes_end || host_of_[guest] == target) continue;
    if (std::binary_search(data.replicas.begin(), data.replicas.end(), target)) continue;
    for (auto v = data.volumes_begin; v < data.volumes_end; ++v) {
      const LocalVolume& volume = model_->volumes[v];
      const auto slot = std::lower_bound(slots.begin(), slots.end(), volume.storage,
                                         [](const StorageSlot& a, Index b) { return a.name < b; });
      if (slot == slots.end() || slot->name != volume.storage || slot->pool == volume.pool) continue;
      const auto found =
          std::find_if(needs.begin(), needs.end(), [&](auto& n) { return n.first == slot->pool; });
      if (found == needs.end()) {
        needs.emplace_back(slot->pool, volume.bytes);
      } else {
        found->second += volume.bytes;
      }
    }
  }
  return std::all_of(needs.begin(), needs.end(), [this](const auto& need) {
    return need.second <= pool_free_[need.first] + kTolerance * need.second;
  });
}

Code State::check_room(Index target, const Load& high, const Load& leaving) const {
  const HostData& host = model_->hosts[target];
  for (int r = 0; r < kResources; ++r) {
    const double limit = model_->arrival_factor * host.limit[r];
    if (use_[target][r] + surcharge_[target][r] + high[r] - leaving[r] >
        limit + kTolerance * host.capacity[r])
      return r == cpu ? Code::cpu_limit : Code::memory_limit;
  }
  return Code::none;
}

Code State::check_rules(Index guest, Index target, std::span<const Index> with) const {
  const GuestData& data = model_->guests[guest];
  for (auto r = data.rules_begin; r < data.rules_end; ++r) {
    const Index rule = model_->guest_rules[r];
    const RuleData& rule_data = model_->rules[rule];
    if (!rule_data.doc->strict) continue;
    const RuleKind kind = rule_data.doc->kind;
    if (kind == RuleKind::together) {
      const auto in_group = [with](Index g) { return std::find(with.begin(), with.end(), g) != with.end(); };
      if (std::all_of(rule_data.guests.begin(), rule_data.guests.end(), in_group)) continue;
    }
    if (rule_change(rule, guest, target) <= 0) continue;
    switch (kind) {
      case RuleKind::together:
        return Code::rule_together;
      case RuleKind::apart:
        return Code::rule_apart;
      case RuleKind::only_on:
        return Code::rule_only_on;
      case RuleKind::avoid:
        return Code::rule_avoid;
    }
  }
  return Code::none;
}

Code State::check_guest(Index guest, Index target, std::span<const Index> with) const {
  const GuestData& data = model_->guests[guest];
  if (data.fixed != Code::none) return data.fixed;
  if (const Code code = check_static(guest, target); code != Code::none) return code;
  if (!has_space({&guest, 1}, target)) return Code::storage_space;
  if (const Code code = check_load(guest, target); code != Code::none) return code;
  return check_rules(guest, target, with);
}

Code State::check_load(Index guest, Index target) const {
  const GuestData& data = model_->guests[guest];
  const HostData& host = model_->hosts[target];
  for (const bool vm : {false, true}) {
    const double cap =
        (vm ? model_->policy.memory_overcommit_vm : model_->policy.memory_overcommit_container) *
        host.capacity[memory];
    const double arriving = data.vm == vm ? data.configured : 0;
    if (configured_[target][vm ? 1 : 0] + arriving > cap * (1 + kTolerance)) return Code::overcommit_memory;
  }
  return check_room(target, target == data.home ? data.use : data.high, Load{});
}

Code State::check_unit(Index unit, Index target) const {
  const Unit& data = model_->units[unit];
  if (data.guests.size() == 1) return check_guest(data.guests.front(), target, {});
  if (data.fixed != Code::none) return data.fixed;
  Load arriving{};
  std::array<double, 2> configured{};
  for (const Index g : data.guests) {
    if (host_of_[g] == target) continue;
    const GuestData& guest = model_->guests[g];
    if (const Code code = check_static(g, target); code != Code::none) return code;
    for (int r = 0; r < kResources; ++r) arriving[r] += target == guest.home ? guest.use[r] : guest.high[r];
    configured[guest.vm ? 1 : 0] += guest.configured;
  }
  if (!has_space(data.guests, target)) return Code::storage_space;
  const HostData& host = model_->hosts[target];
  const double caps[] = {model_->policy.memory_overcommit_container, model_->policy.memory_overcommit_vm};
  for (int kind = 0; kind < 2; ++kind)
    if (configured_[target][kind] + configured[kind] > caps[kind] * host.capacity[memory] * (1 + kTolerance))
      return Code::overcommit_memory;
  if (const Code code = check_room(target, arriving, Load{}); code != Code::none) return code;
  for (const Index g : data.guests)
    if (const Code code = check_rules(g, target, data.guests); code != Code::none) return code;
  return Code::none;
}

}  // namespace pcb::planning
