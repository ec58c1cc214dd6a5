#include "evaluator/decide/chain_lint.h"

#include <array>
#include <optional>
#include <utility>
#include <variant>

#include "common/text.h"
#include "common/yaml_tree.h"
#include "evaluator/decide/json_view.h"

namespace pcb {
namespace {

constexpr double kLongestRepeatSeconds = 600;  // HeartbeatMissing and a restarted evaluator count on it
constexpr double kLongestIntervalSeconds = 300;
constexpr double kFewestAlerts = 100;

Finding good(std::string what) { return {true, std::move(what), ""}; }
Finding bad(std::string what, std::string sentence) { return {false, std::move(what), std::move(sentence)}; }

// ---- rules ----

struct WantedRule {
  const char* what;
  const char* label;  // besides balancer=…
  const char* value;
  const char* balancer;
};
constexpr std::array<WantedRule, 3> kWantedRules{{
    {"rule for hosts short of CPU", "resource", "cpu", "relieve"},
    {"rule for hosts short of memory", "resource", "memory", "relieve"},
    {"heartbeat rule", "severity", "none", "heartbeat"},
}};

Finding judge(const WantedRule& wanted, const std::vector<JsonView>& rules) {
  for (const JsonView& rule : rules) {
    const auto labels = rule.member("labels");
    if (!labels || labels->text_of("balancer") != wanted.balancer) continue;
    if (labels->text_of(wanted.label) != wanted.value) continue;
    const std::string what =
        std::string(wanted.what) + ": " + text::printable(rule.text_of("name").value_or("without a name"));
    const std::string health = rule.text_of("health").value_or("unknown");
    if (health == "ok") return good(what);
    const std::string why = text::printable(rule.text_of("lastError").value_or(""));
    return bad(what, why.empty() ? "not evaluated yet (health: " + text::printable(health) + ")" : why);
  }
  return bad(wanted.what, std::string("no loaded rule has the labels balancer=\"") + wanted.balancer +
                              "\", " + wanted.label + "=\"" + wanted.value +
                              "\"; add rules/*.yml to rule_files of Prometheus and reload it");
}

// ---- Alertmanager ----

const YamlNode* member_of(const YamlNode& map, std::string_view key) {
  for (const YamlMember& member : map.members)
    if (member.key == key) return &member.value;
  return nullptr;
}

std::string scalar_of(const YamlNode& map, std::string_view key) {
  const YamlNode* node = member_of(map, key);
  return node == nullptr ? "" : node->text;
}

// "1h30m" as Prometheus writes durations.
std::optional<double> duration_seconds(std::string_view written) {
  constexpr std::array<std::pair<std::string_view, double>, 7> kUnits{
      {{"ms", 0.001}, {"s", 1}, {"m", 60}, {"h", 3600}, {"d", 86400}, {"w", 604800}, {"y", 31536000}}};
  double seconds = 0;
  if (written.empty()) return std::nullopt;
  while (!written.empty()) {
    const std::size_t digits = written.find_first_not_of("0123456789");
    if (digits == 0 || digits == std::string_view::npos) return std::nullopt;
    const auto count = text::to_double(written.substr(0, digits));
    written.remove_prefix(digits);
    const std::size_t unit_end = written.find_first_of("0123456789");
    const std::string_view unit = written.substr(0, unit_end);
    written.remove_prefix(unit.size());
    double factor = 0;
    for (const auto& [name, value] : kUnits)
      if (unit == name) factor = value;
    if (factor == 0 || !count) return std::nullopt;
    seconds += *count * factor;
  }
  return seconds;
}

bool names_value(std::string_view matcher, std::string_view value) {
  const std::size_t sign = matcher.find('=');
  if (sign == std::string_view::npos) return false;
  const std::string_view label = text::trim(matcher.substr(0, sign));  // of != it would end in "!"
  if (label != "balancer" && label != "\"balancer\"") return false;
  return matcher.substr(sign + 1).find(value) != std::string_view::npos;
}

bool asks_for(const YamlNode& route, std::string_view value) {
  if (const YamlNode* matchers = member_of(route, "matchers"))
    for (const YamlNode& matcher : matchers->items)
      if (names_value(matcher.text, value)) return true;
  for (const char* key : {"match", "match_re"}) {
    if (const YamlNode* match = member_of(route, key); match != nullptr)
      if (scalar_of(*match, "balancer").find(value) != std::string::npos) return true;
  }
  return false;
}

struct Route {
  std::string receiver, repeat_interval = "4h", group_interval = "5m", group_wait = "30s";
  bool goes_on = false;
};

// The first route for alerts with this value of the label `balancer` that ends at `receiver`.
std::optional<Route> find_route(const YamlNode& node, Route inherited, std::string_view value,
                                const std::string& receiver) {
  const auto take = [&](const char* key, std::string& into) {
    if (const std::string given = scalar_of(node, key); !given.empty()) into = given;
  };
  take("receiver", inherited.receiver);
  take("repeat_interval", inherited.repeat_interval);
  take("group_interval", inherited.group_interval);
  take("group_wait", inherited.group_wait);
  inherited.goes_on = scalar_of(node, "continue") == "true";
  if (asks_for(node, value) && inherited.receiver == receiver) return inherited;
  if (const YamlNode* routes = member_of(node, "routes")) {
    for (const YamlNode& route : routes->items)
      if (auto found = find_route(route, inherited, value, receiver)) return found;
  }
  return std::nullopt;
}

void judge_interval(std::vector<Finding>& findings, const char* key, const std::string& written,
                    double longest) {
  const auto seconds = duration_seconds(written);
  const std::string what = std::string(key) + " " + text::printable(written);
  if (seconds && *seconds <= longest) {
    findings.push_back(good(what));
  } else {
    findings.push_back(bad(what, "alerts come late; set it to " + text::human_duration(longest) +
                                     " or less in the route to the evaluator"));
  }
}

void judge_route(std::vector<Finding>& findings, const YamlNode& root, std::string_view value,
                 const std::string& receiver) {
  const std::string what = "route for balancer=\"" + std::string(value) + "\"";
  const auto route = find_route(root, {}, value, receiver);
  if (!route) {
    findings.push_back(bad(what, "no route with such a matcher has the receiver " +
                                     text::printable(receiver) + "; copy it from deploy/alertmanager.yml"));
    return;
  }
  findings.push_back(good(what));
  judge_interval(findings, "  repeat_interval", route->repeat_interval, kLongestRepeatSeconds);
  judge_interval(findings, "  group_interval", route->group_interval, kLongestIntervalSeconds);
  if (value != "relieve") return;
  findings.push_back(route->goes_on ? good("  continue: true")
                                    : bad("  continue: true",
                                          "it is absent: people's own routes behind this "
                                          "one do not see these alerts"));
}

void judge_receiver(std::vector<Finding>& findings, const YamlNode& root, const std::string& name) {
  const std::string what = "receiver " + text::printable(name);
  const YamlNode* receivers = member_of(root, "receivers");
  const YamlNode* webhooks = nullptr;
  if (receivers != nullptr)
    for (const YamlNode& receiver : receivers->items)
      if (scalar_of(receiver, "name") == name) webhooks = member_of(receiver, "webhook_configs");
  if (webhooks == nullptr || webhooks->items.empty()) {
    findings.push_back(bad(what,
                           "it is not there, or has no webhook_configs; add it, or set "
                           "alertmanager.receiver of config.yaml to the one you have"));
    return;
  }
  const YamlNode& webhook = webhooks->items.front();
  findings.push_back(good(what));
  findings.push_back(scalar_of(webhook, "send_resolved") == "false"
                         ? bad("  send_resolved: true", "it is false: a suggestion would outlive its alert")
                         : good("  send_resolved: true"));
  const std::string max_alerts = scalar_of(webhook, "max_alerts");
  const auto most = text::to_double(max_alerts);
  const bool enough = !most || *most == 0 || *most >= kFewestAlerts;
  findings.push_back(
      enough ? good("  max_alerts " + (max_alerts.empty() ? "not set" : text::printable(max_alerts)))
             : bad("  max_alerts " + text::printable(max_alerts), "large groups are cut short; set 500"));
}

}  // namespace

std::vector<Finding> lint_rules(std::string_view rules_json) {
  const auto tree = read_json_tree(rules_json);
  if (!tree) return {bad("loaded rules", "the answer cannot be read: " + tree.error().message)};
  std::vector<JsonView> rules;
  if (const auto data = JsonView(*tree).member("data")) {
    if (const auto groups = data->member("groups")) {
      for (const JsonView& group : groups->elements()) {
        if (const auto members = group.member("rules")) {
          for (const JsonView& rule : members->elements())
            if (rule.text_of("type") == "alerting") rules.push_back(rule);
        }
      }
    }
  }
  std::vector<Finding> findings;
  findings.reserve(kWantedRules.size());
  for (const WantedRule& wanted : kWantedRules) findings.push_back(judge(wanted, rules));
  return findings;
}

std::vector<Finding> lint_alertmanager(std::string_view status_json, const std::string& receiver) {
  const auto tree = read_json_tree(status_json);
  if (!tree) return {bad("configuration", "the answer cannot be read: " + tree.error().message)};
  const auto config = JsonView(*tree).member("config");
  const std::string original = config ? config->text_of("original").value_or("") : "";
  const auto yaml = read_yaml(original);
  if (const auto* fault = std::get_if<YamlFault>(&yaml))
    return {bad("configuration",
                "it cannot be read, line " + std::to_string(fault->place.line) + ": " + fault->message)};
  const auto& root = std::get<YamlNode>(yaml);
  const YamlNode* route = member_of(root, "route");
  if (route == nullptr) return {bad("configuration", "it has no route")};
  std::vector<Finding> findings;
  judge_receiver(findings, root, receiver);
  for (const char* value : {"relieve", "heartbeat"}) judge_route(findings, *route, value, receiver);
  return findings;
}

}  // namespace pcb
