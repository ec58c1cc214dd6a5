#include "exporter/parse/ha_config.h"

#include <algorithm>

#include "common/text.h"
#include "exporter/parse/pve_status.h"
#include "exporter/parse/section_config.h"

namespace pcb {
namespace {

// "pve1:2,pve2" → names with priorities; a missing priority is 0.
std::vector<HaHost> parse_nodes(std::string_view list) {
  std::vector<HaHost> hosts;
  for (const auto& piece : split_list(list)) {
    const auto colon = piece.find(':');
    const auto priority = colon == std::string::npos
                              ? std::optional(0.0)
                              : text::to_double(std::string_view(piece).substr(colon + 1));
    hosts.push_back({piece.substr(0, colon), std::max(0.0, priority.value_or(0))});
  }
  return hosts;
}

// Everywhere else is allowed too, behind all named ones. Priorities must not be negative, so all rise by one.
void add_the_rest(std::vector<HaHost>& hosts, const std::vector<std::string>& nodes) {
  std::vector<HaHost> rest;
  for (const auto& node : nodes) {
    const bool named =
        std::any_of(hosts.begin(), hosts.end(), [&](const auto& host) { return host.name == node; });
    if (!named) rest.push_back({node, 0.0});
  }
  if (rest.empty()) return;
  for (auto& host : hosts) host.priority = *host.priority + 1;
  hosts.insert(hosts.end(), rest.begin(), rest.end());
}

std::vector<std::string> names_of(const std::vector<HaHost>& hosts) {
  std::vector<std::string> names;
  names.reserve(hosts.size());
  for (const auto& host : hosts) names.push_back(host.name);
  return names;
}

// Where a group or a node rule lets its resources run.
void apply_placement(HaConfig& config, Rule rule, std::string_view node_list,
                     const std::vector<std::string>& nodes) {
  auto hosts = parse_nodes(node_list);
  rule.kind = RuleKind::only_on;
  rule.hosts = names_of(hosts);
  if (!rule.strict) add_the_rest(hosts, nodes);
  std::erase_if(rule.guests, [&](const auto& guest) { return !config.resources.contains(guest); });
  if (rule.guests.empty() || rule.hosts.empty()) return;
  for (const auto& guest : rule.guests) config.resources[guest].hosts = hosts;
  config.rules.push_back(std::move(rule));
}

std::vector<std::string> guests_of(std::string_view sids) {
  std::vector<std::string> guests;
  for (const auto& sid : split_list(sids)) {
    if (auto guest = guest_of_ha_sid(sid); !guest.empty()) guests.push_back(std::move(guest));
  }
  return guests;
}

void apply_rule(HaConfig& config, const ConfigSection& section, const std::vector<std::string>& nodes) {
  if (section.is_set("disable")) return;
  Rule rule;
  rule.origin = "ha/rules.cfg:" + section.id;
  rule.guests = guests_of(section.get("resources"));
  if (section.type == "node-affinity") {
    rule.strict = section.is_set("strict");
    apply_placement(config, std::move(rule), section.get("nodes"), nodes);
  } else if (section.type == "resource-affinity" && rule.guests.size() > 1) {
    rule.kind = section.get("affinity") == "negative" ? RuleKind::apart : RuleKind::together;
    config.rules.push_back(std::move(rule));
  }
}

}  // namespace

Result<HaConfig> parse_ha_config(const HaFiles& files, const std::vector<std::string>& nodes) {
  const auto resources = parse_sections(files.resources), groups = parse_sections(files.groups);
  const auto rules = parse_sections(files.rules);
  if (!resources.ok()) return resources.error().in("ha/resources.cfg");
  if (!groups.ok()) return groups.error().in("ha/groups.cfg");
  if (!rules.ok()) return rules.error().in("ha/rules.cfg");
  HaConfig config;
  std::map<std::string, std::vector<std::string>, std::less<>> members;  // of each group
  for (const auto& section : *resources) {
    const auto guest = guest_of_ha_sid(section.type + ":" + section.id);
    if (guest.empty() || section.get("state") == "ignored") continue;
    Ha ha;
    ha.managed = true;
    ha.failback = section.get("failback") != "0";
    config.resources.emplace(guest, std::move(ha));
    if (const auto group = section.get("group"); !group.empty()) members[std::string(group)].push_back(guest);
  }
  for (const auto& section : *groups) {
    if (section.type != "group") continue;
    Rule rule;
    rule.origin = "ha/groups.cfg:" + section.id;
    rule.strict = section.is_set("restricted");
    rule.guests = members[section.id];
    if (section.is_set("nofailback")) {
      for (const auto& guest : rule.guests) config.resources[guest].failback = false;
    }
    apply_placement(config, std::move(rule), section.get("nodes"), nodes);
  }
  for (const auto& section : *rules) apply_rule(config, section, nodes);
  return config;
}

}  // namespace pcb
