// Why guests stay: the codes of a plan's `rejected` with their details, and the list of cures.
#include <algorithm>
#include <set>
#include <tuple>

#include "common/cores.h"
#include "common/text.h"
#include "evaluator/planner/explain.h"
#include "evaluator/planner/figures.h"

namespace pcb::planning {
namespace {

constexpr std::size_t kTargetsInFull = 16;  // beyond: one entry per code

std::string amount(int resource, double value) {
  return resource == memory ? text::human_bytes(value) : text::human_cores(value);
}

std::string own_detail(const Model& model, const GuestData& guest) {
  const Guest& doc = *guest.doc;
  switch (guest.fixed) {
    case Code::lock:
      return doc.lock.value_or("");
    case Code::unknown_use:
      return doc.status.value_or(GuestStatus::running) == GuestStatus::running
                 ? "its CPU or memory use is not known"
                 : "it is neither running nor stopped";
    case Code::cooldown: {
      if (model.hosts[guest.home].cools_down) return "a guest of its host was moved a short time ago";
      const double age = *model.cluster->taken_at - doc.last_moved_at.value_or(*model.cluster->taken_at);
      return "moved " + text::human_duration(std::max(0.0, age)) + " ago, rests " +
             text::human_duration(model.policy.guest_cooldown_seconds);
    }
    case Code::auto_rebalance:
      return "Proxmox moves HA guests by itself (ha-auto-rebalance)";
    case Code::ha_class:
      return "its HA state is " + doc.ha->state.value_or("unknown");
    case Code::host_state:
      return model.hosts[guest.home].doc->name + " is not online";
    case Code::local_disks:
      return "a running VM with local disks; the policy does not allow to copy them live";
    default:
      return "";
  }
}

std::string missing_storage(const GuestData& guest, const HostData& target, Code code) {
  if (!guest.doc->volumes || !target.doc->storages) return "";
  for (const auto& volume : *guest.doc->volumes) {
    const HostStorage* there = nullptr;
    for (const auto& storage : *target.doc->storages)
      if (storage.name == volume.storage) there = &storage;
    const char* content = guest.vm ? "images" : "rootdir";
    if (code == Code::storage_missing && there == nullptr) return volume.key + " on " + volume.storage;
    if (there == nullptr) continue;
    if (code == Code::storage_inactive && !there->active.value_or(true)) return volume.storage;
    if (code == Code::storage_content && !there->content.empty() &&
        std::find(there->content.begin(), there->content.end(), content) == there->content.end())
      return volume.storage + " does not hold " + content;
  }
  return "";
}

std::string bridge_detail(const GuestData& guest, const HostData& target, Code code) {
  if (!guest.doc->bridges || !target.doc->bridges) return "";  // a partner's limit
  for (const auto& bridge : *guest.doc->bridges) {
    const Bridge* there = nullptr;
    for (const auto& candidate : *target.doc->bridges)
      if (candidate.name == bridge.name) there = &candidate;
    if (code == Code::bridge && there == nullptr) return bridge.name;
    if (code == Code::vlan && there != nullptr && bridge.tag && !there->vlan_aware.value_or(true))
      return bridge.name + " is not VLAN-aware, tag " + std::to_string(*bridge.tag);
  }
  return "";
}

std::string room_detail(const State& state, Index unit, Index target, int resource) {
  const Model& model = state.model();
  const HostData& host = model.hosts[target];
  const double arriving = model.units[unit].high[resource];
  const double after = state.use(target)[resource] + state.surcharge(target)[resource] + arriving;
  const double limit = model.arrival_factor * host.limit[resource];
  return "would use " + text::percent(ratio(after, host.capacity[resource])) + " of " +
         amount(resource, host.capacity[resource]) + ", at most " +
         text::percent(ratio(limit, host.capacity[resource]));
}

std::string rule_detail(const State& state, Index guest, Index target, RuleKind kind) {
  const Model& model = state.model();
  const GuestData& data = model.guests[guest];
  for (auto r = data.rules_begin; r < data.rules_end; ++r) {
    const RuleData& rule = model.rules[model.guest_rules[r]];
    if (!rule.doc->strict || rule.doc->kind != kind ||
        state.rule_change(model.guest_rules[r], guest, target) <= 0)
      continue;
    std::string detail = rule.doc->origin;
    if (kind == RuleKind::apart || kind == RuleKind::together)
      for (const Index other : rule.guests)
        if (other != guest && (kind == RuleKind::together || state.host_of(other) == target)) {
          detail += (detail.empty() ? "" : ": ") +
                    std::string(kind == RuleKind::apart ? "away from " : "with ") +
                    model.guests[other].doc->id;
          break;
        }
    return detail;
  }
  return "";
}

std::string target_detail(const State& state, Index guest, Index target, Code code) {
  const Model& model = state.model();
  const GuestData& data = model.guests[guest];
  const HostData& to = model.hosts[target];
  const Host& from = *model.hosts[data.home].doc;
  switch (code) {
    case Code::host_state:
      return to.doc->name + (to.drained ? " is being drained" : " is not online");
    case Code::cooldown:
      return "a guest was moved to or from it a short time ago";
    case Code::ha_class:
      return "not in the best class of its HA group that is online";
    case Code::storage_missing:
    case Code::storage_inactive:
    case Code::storage_content:
      return missing_storage(data, to, code);
    case Code::storage_space:
      return "no room for a copy of " + text::human_bytes(data.local_bytes);
    case Code::bridge:
    case Code::vlan:
      return bridge_detail(data, to, code);
    case Code::pve_version:
      return *from.pve_version + " to " + *to.doc->pve_version;
    case Code::cpu_model:
      return *from.cpu_model + " to " + *to.doc->cpu_model;
    case Code::cpu_level:
      return data.doc->cpu_type.value_or("kvm64") + " on " + *to.doc->cpu_level;
    case Code::cpu_vendor:
      return *from.cpu_vendor + " to " + *to.doc->cpu_vendor;
    case Code::cores:
      return text::number(data.cores) + " cores on " + text::number(to.capacity[cpu]);
    case Code::overcommit_memory:
      return "configured memory would be " +
             text::percent(ratio(state.configured(target, data.vm) + data.configured, to.capacity[memory]));
    case Code::cpu_limit:
      return room_detail(state, data.unit, target, cpu);
    case Code::memory_limit:
      return room_detail(state, data.unit, target, memory);
    case Code::rule_together:
      return rule_detail(state, guest, target, RuleKind::together);
    case Code::rule_apart:
      return rule_detail(state, guest, target, RuleKind::apart);
    case Code::rule_only_on:
      return rule_detail(state, guest, target, RuleKind::only_on);
    case Code::rule_avoid:
      return rule_detail(state, guest, target, RuleKind::avoid);
    default:
      return "";
  }
}

std::vector<Rejection> own_rejections(const Model& model, Index guest) {
  const GuestData& data = model.guests[guest];
  if (data.fixed != Code::blocker)
    return {{data.doc->id, {}, code_name(data.fixed), own_detail(model, data)}};
  std::vector<Rejection> result;
  for (const auto& blocker : data.doc->blockers)
    result.push_back({data.doc->id, {}, blocker.code, blocker.detail});
  return result;
}

// Everything that keeps the guest where it is in this state; empty when some target is allowed.
std::vector<Rejection> all_limits(const Objective& objective, const State& state, Index guest) {
  const Model& model = state.model();
  const GuestData& data = model.guests[guest];
  if (data.fixed != Code::none) return own_rejections(model, guest);
  const Unit& unit = model.units[data.unit];
  if (unit.fixed != Code::none) {
    const GuestData& partner = model.guests[unit.fixed_by];
    return {{data.doc->id,
             {},
             code_name(Code::rule_together),
             "moves only with " + partner.doc->id + ", which stays (" +
                 own_rejections(model, unit.fixed_by).front().code + ")"}};
  }
  std::vector<Rejection> result;
  std::set<std::string> codes;
  for (Index t = 0; t < model.host_count(); ++t) {
    if (t == state.host_of(guest)) continue;
    const Code code = state.check_unit(data.unit, t);
    if (code == Code::none) {
      const bool usable = objective.goal != GoalKind::balance || objective.in_scope[t] != 0;
      if (usable) return {};
      continue;
    }
    const bool in_full = model.hosts.size() <= kTargetsInFull;
    if (!in_full && !codes.insert(code_name(code)).second) continue;
    result.push_back(rejection_of(state, guest, t, code));
  }
  if (model.hosts.size() == 1)
    result.push_back({data.doc->id, {}, code_name(Code::host_state), "there is no other host"});
  return result;
}

}  // namespace

Rejection rejection_of(const State& state, Index guest, Index target, Code code) {
  const Model& model = state.model();
  const GuestData& data = model.guests[guest];
  if (data.fixed != Code::none) return own_rejections(model, guest).front();
  return {data.doc->id, model.hosts[target].doc->name, code_name(code),
          target_detail(state, guest, target, code)};
}

std::vector<Rejection> rejections_of(const Objective& objective, const State& start, const State& end,
                                     const std::vector<Index>& left_out) {
  const Model& model = start.model();
  std::vector<Rejection> result;
  for (Index g = 0; g < model.guest_count(); ++g) {
    const GuestData& guest = model.guests[g];
    if (objective.in_scope[guest.home] == 0 || end.host_of(g) != guest.home) continue;
    const bool stays_stopped =
        objective.goal == GoalKind::drain && !guest.running && !objective.include_stopped;
    if (stays_stopped && guest.fixed != Code::is_template) {
      result.push_back(
          {guest.doc->id, {}, code_name(Code::stopped), "it is stopped; --include-stopped takes it along"});
      continue;
    }
    std::vector<Rejection> limits = all_limits(objective, end, g);
    if (limits.empty()) limits = all_limits(objective, start, g);
    if (limits.empty() && std::find(left_out.begin(), left_out.end(), g) != left_out.end())
      limits.push_back(
          {guest.doc->id, {}, code_name(Code::no_order), "no order of the moves is allowed at every step"});
    result.insert(result.end(), limits.begin(), limits.end());
  }
  const auto key = [](const Rejection& a) {
    return std::make_tuple(a.guest.size(), a.guest, a.to, a.code, a.detail);
  };
  std::sort(result.begin(), result.end(), [&](const auto& a, const auto& b) { return key(a) < key(b); });
  return result;
}

std::vector<Fix> fixes_of(const Objective& objective, const State& start) {
  const Model& model = start.model();
  std::vector<Fix> fixes;
  for (const auto& guest : model.guests) {
    if (objective.in_scope[guest.home] == 0) continue;
    for (const auto& blocker : guest.doc->blockers)
      if (!blocker.cure.empty())
        fixes.push_back(
            {guest.doc->id, blocker.code, blocker.detail, blocker.cure, guest.use[cpu], guest.use[memory]});
  }
  const auto share = [&](const Fix& fix) {
    return std::max(ratio(fix.cpu_cores, model.total_capacity[cpu]),
                    ratio(fix.memory_bytes, model.total_capacity[memory]));
  };
  std::sort(fixes.begin(), fixes.end(), [&](const Fix& a, const Fix& b) {
    if (share(a) != share(b)) return share(a) > share(b);
    return std::tie(a.guest, a.code, a.detail, a.cure) < std::tie(b.guest, b.code, b.detail, b.cure);
  });
  return fixes;
}

}  // namespace pcb::planning
