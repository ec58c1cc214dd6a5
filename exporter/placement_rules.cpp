#include "exporter/placement_rules.h"

#include <algorithm>
#include <map>

#include "common/text.h"

namespace pcb {
namespace {

bool contains(const std::vector<std::string>& list, const std::string& wanted) {
  return std::find(list.begin(), list.end(), wanted) != list.end();
}

// Host names are compared without case, for Proxmox shows tags in lower case.
std::string host_named(const std::vector<std::string>& hosts, std::string_view name) {
  for (const auto& host : hosts) {
    if (text::equal_ignoring_case(host, name)) return host;
  }
  return {};
}

std::optional<RuleKind> kind_of(const std::string& word) {
  if (word == "together") return RuleKind::together;
  if (word == "apart") return RuleKind::apart;
  if (word == "only_on") return RuleKind::only_on;
  if (word == "avoid") return RuleKind::avoid;
  return std::nullopt;
}

void add_guests(const std::string& wanted, const std::vector<TaggedGuest>& guests, const std::string& origin,
                Rule& rule, std::vector<std::string>& warnings) {
  const bool by_tag = wanted.starts_with("tag:");
  bool found = false;
  for (const auto& guest : guests) {
    if (by_tag ? !contains(guest.tags, wanted.substr(4)) : guest.id != wanted) continue;
    found = true;
    if (!contains(rule.guests, guest.id)) rule.guests.push_back(guest.id);
  }
  if (!found) warnings.push_back(origin + ": no guest is " + wanted);
}

}  // namespace

std::vector<Rule> rules_from_tags(const std::vector<TaggedGuest>& guests,
                                  const std::vector<std::string>& hosts, std::vector<std::string>& warnings) {
  constexpr std::string_view kTogether = "plb_affinity_", kApart = "plb_anti_affinity_", kPin = "plb_pin_";
  std::map<std::string, Rule> groups;  // by tag, so that the order is always the same
  std::vector<Rule> pins;
  for (const auto& guest : guests) {
    Rule pin{RuleKind::only_on, true, {guest.id}, {}, ""};
    for (const auto& tag : guest.tags) {
      if (tag.starts_with(kTogether) || tag.starts_with(kApart)) {
        auto& rule = groups[tag];
        rule.kind = tag.starts_with(kTogether) ? RuleKind::together : RuleKind::apart;
        rule.origin = "tag:" + tag;
        if (!contains(rule.guests, guest.id)) rule.guests.push_back(guest.id);
      } else if (tag.starts_with(kPin)) {
        const auto host = host_named(hosts, std::string_view(tag).substr(kPin.size()));
        if (host.empty()) {
          warnings.push_back(guest.id + ": tag " + tag + " names no host of this cluster and is ignored");
        } else {
          pin.hosts.push_back(host);
          pin.origin += (pin.origin.empty() ? "tag:" : ",") + tag;
        }
      }
    }
    if (!pin.hosts.empty()) pins.push_back(std::move(pin));
  }
  std::vector<Rule> rules;
  for (auto& [tag, rule] : groups) {
    if (rule.guests.size() > 1) rules.push_back(std::move(rule));
  }
  rules.insert(rules.end(), pins.begin(), pins.end());
  return rules;
}

std::vector<Rule> rules_from_config(const std::vector<RuleConfig>& configured,
                                    const std::vector<TaggedGuest>& guests,
                                    const std::vector<std::string>& hosts,
                                    std::vector<std::string>& warnings) {
  std::vector<Rule> rules;
  for (std::size_t index = 0; index < configured.size(); ++index) {
    const auto& given = configured[index];
    const auto origin = "config.yaml:rules[" + std::to_string(index) + "]";
    const auto kind = kind_of(given.kind);
    if (!kind) continue;  // refused when the file was read
    Rule rule{*kind, given.strict, {}, {}, origin};
    for (const auto& guest : given.guests) add_guests(guest, guests, origin, rule, warnings);
    for (const auto& name : given.hosts) {
      const auto host = host_named(hosts, name);
      if (host.empty())
        warnings.push_back(origin + ": no host is " + name);
      else
        rule.hosts.push_back(host);
    }
    const bool about_hosts = *kind == RuleKind::only_on || *kind == RuleKind::avoid;
    if (about_hosts ? !rule.guests.empty() && !rule.hosts.empty() : rule.guests.size() > 1) {
      rules.push_back(std::move(rule));
    }
  }
  return rules;
}

}  // namespace pcb
