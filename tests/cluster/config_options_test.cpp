#include "cluster/config_options.h"

#include <algorithm>
#include <set>

#include <gtest/gtest.h>

#include "cluster/config_read.h"
#include "common/yaml_tree.h"
#include "tests/cluster/generated_file.h"

namespace pcb {
namespace {

Result<std::string> secret_of(const std::string& path) { return "secret of " + path; }

// /config.yaml with every "#key: value" turned into "key: value"; prose has a blank behind its "#".
std::string uncommented(const std::string& text) {
  std::istringstream lines(text);
  std::string out;
  for (std::string line; std::getline(lines, line);) {
    const size_t hash = line.find('#');
    const bool commented = hash != std::string::npos && hash == line.find_first_not_of(' ');
    if (commented && hash + 1 < line.size() && line[hash + 1] != ' ') line.erase(hash, 1);
    out += line + "\n";
  }
  return out;
}

void collect(const YamlNode& node, const std::string& path, std::map<std::string, const YamlNode*>& out) {
  out.emplace(path, &node);
  for (const YamlNode& item : node.items) collect(item, path + "[]", out);
  for (const YamlMember& member : node.members) {
    const bool selector = path == "guests";  // guests[tag:database].cpu_threshold
    collect(member.value, selector ? path + "[]" : path.empty() ? member.key : path + "." + member.key, out);
  }
}

std::string value_text(const YamlNode& node) {
  if (node.kind != YamlNode::Kind::list) return node.text;
  std::string out;
  for (const YamlNode& item : node.items) out += (out.empty() ? "" : ", ") + item.text;
  return "[" + out + "]";
}

TEST(ConfigOptions, FilesAreWhatTheTablesSay) {
  expect_generated("docs/configuration.md", configuration_page());
  expect_generated("config.yaml", configuration_example());
}

TEST(ConfigOptions, TheExampleLoadsWithoutFaultsAndWarnings) {
  const ConfigReading reading = read_config(read_source_file("config.yaml"), secret_of);
  EXPECT_EQ(describe_faults("config.yaml", reading.faults), "");
  EXPECT_EQ(describe_faults("config.yaml", reading.warnings), "");
  EXPECT_EQ(reading.config.proxmox_hosts.size(), 2U);
  EXPECT_FALSE(reading.holds_secret);
}

TEST(ConfigOptions, TheExampleShowsEveryOptionWithItsDefault) {
  const auto yaml = read_yaml(uncommented(read_source_file("config.yaml")));
  ASSERT_TRUE(std::holds_alternative<YamlNode>(yaml)) << std::get<YamlFault>(yaml).message;
  std::map<std::string, const YamlNode*> shown;
  collect(std::get<YamlNode>(yaml), "", shown);
  std::set<std::string> known{""};
  for (const ConfigOption& option : config_options()) {
    const std::string path = option.path + (option.secret ? "_file" : "");
    known.insert(path);
    ASSERT_TRUE(shown.contains(path)) << path;
    if (option.has_default_value) {
      EXPECT_EQ(value_text(*shown[path]), option.default_text) << path;
    }
    EXPECT_FALSE(option.tells.empty()) << path << " does not say what it is for";
    EXPECT_TRUE(option.required || option.has_default_value || option.section || !option.default_text.empty())
        << path << " does not say what holds without it";
  }
  for (const auto& [path, node] : shown) {
    const bool inside = path.ends_with("[]") || path.find("headers.") != std::string::npos ||
                        path.find("allow_blockers.") != std::string::npos;
    EXPECT_TRUE(inside || known.contains(path)) << path << " is not an option";
  }
}

TEST(ConfigOptions, EveryExampleValueIsAllowed) {
  const ConfigReading reading =
      read_config(uncommented(read_source_file("config.yaml")), secret_of, "/run/credentials/x");
  for (const ConfigFault& fault : reading.faults) {
    EXPECT_NE(fault.message.find("excludes"), std::string::npos) << fault.key << ": " << fault.message;
  }
  // Options that nothing heeds yet are warned of, once each, and nothing else is.
  std::set<std::string> warned;
  std::set<std::string> unused;
  for (const ConfigFault& warning : reading.warnings) {
    EXPECT_NE(warning.message.find("not yet used by this version"), std::string::npos) << warning.key;
    EXPECT_TRUE(warned.insert(warning.key).second) << warning.key;
  }
  for (const ConfigOption& option : config_options()) {
    const size_t end = option.path.find_last_of(".[");
    const std::string above = end == std::string::npos ? "" : option.path.substr(0, end);
    if (option.unused && !unused.contains(above.substr(0, above.find('['))) && !unused.contains(above))
      unused.insert(option.path);
  }
  EXPECT_EQ(warned, unused);
}

TEST(ConfigOptions, NoOptionIsWithoutEffect) {
  const auto warnings_of = [](const std::string& more) {
    const std::string head = "cluster: c\nproxmox_hosts: [{name: a, address: 192.0.2.1, use_agent: true}]\n";
    const ConfigReading reading = read_config(head + more, secret_of);
    EXPECT_TRUE(reading.faults.empty()) << describe_faults("", reading.faults);
    return describe_faults("f", reading.warnings);
  };
  EXPECT_EQ(warnings_of("evaluator: {limits: , interval: 30s}\n"), "");
  EXPECT_EQ(warnings_of("evaluator: {balance: [{at: \"03:00\"}]}\n"), "");
  EXPECT_EQ(warnings_of("evaluator: {mode: auto, webhook: {bearer_token_file: /t}}\n"), "");
}

TEST(ConfigOptions, KeysOfOlderVersionsSayWhyTheyAreGone) {
  EXPECT_EQ(why_no_longer_used("log_file"), "logs go to stderr, where systemd's journal takes them");
  EXPECT_TRUE(why_no_longer_used("default_params.migration_core_weight"));
  EXPECT_FALSE(why_no_longer_used("proxmox_hosts[3].log_file"));
  EXPECT_FALSE(why_no_longer_used("cluster"));
  for (const ConfigOption& option : config_options())
    EXPECT_FALSE(why_no_longer_used(option.path)) << option.path;
}

// --- what a reload changes

Config good_config() { return read_config(read_source_file("config.yaml"), secret_of).config; }

std::string changes(const Config& before, const Config& after) {
  std::string out;
  for (const ConfigChange& change : config_changes(before, after)) {
    out += (out.empty() ? "" : " ") + change.path + (change.live ? "" : "!");
  }
  return out;
}

TEST(ConfigChanges, NothingChangedIsNothing) { EXPECT_EQ(changes(good_config(), good_config()), ""); }

TEST(ConfigChanges, NameThePathsAndWhatNeedsARestart) {
  Config after = good_config();
  after.default_params.cpu_threshold = 0.7;
  after.exporter.listen = "127.0.0.1:1";
  after.proxmox_hosts[1].port = 2222;
  after.proxmox_hosts[0].cpu_threshold = 0.5;
  after.evaluator.limits.hold = Seconds{1};
  after.evaluator.state_directory = "/elsewhere";
  EXPECT_EQ(changes(good_config(), after),
            "default_params.cpu_threshold evaluator.limits.hold evaluator.state_directory! exporter.listen! "
            "proxmox_hosts[pve1].cpu_threshold proxmox_hosts[pve2].port");
  EXPECT_EQ(describe({"ssh.jump", true}), "ssh.jump has changed: taken now");
  EXPECT_EQ(describe({"exporter.listen", false}), "exporter.listen has changed: needs a restart");
}

TEST(ConfigChanges, WhatAllOfASectionNeedsItsOptionsNeed) {
  Config after = good_config();
  after.notify.webhooks.resize(1);
  after.notify.webhooks[0].name = "chat";
  after.notify.webhooks[0].url = "http://127.0.0.1:1/";
  EXPECT_NE(changes(good_config(), after).find("notify.webhooks[chat].url!"), std::string::npos);
  for (const ConfigOption& option : config_options()) {
    if (!option.path.starts_with("notify.webhooks")) continue;
    EXPECT_FALSE(option.live) << option.path;
  }
}

TEST(ConfigChanges, ShowListsMapsAndWhatCameOrWent) {
  Config after = good_config();
  after.alertmanager.urls = {"http://127.0.0.1:1"};
  after.guests["lxc/101"].cpu = 0.9;
  after.allow_blockers["lxc/105"] = {"raw_lxc"};
  after.prometheus.headers = {{"X-Scope-OrgID", "a"}};
  after.rules.push_back({"apart", true, {"lxc/1", "lxc/2"}, {}, 7});
  EXPECT_EQ(changes(good_config(), after),
            "alertmanager.urls allow_blockers[lxc/105] guests[lxc/101].cpu_threshold "
            "prometheus.headers.X-Scope-OrgID "
            "rules[0].guests rules[0].hosts rules[0].kind rules[0].strict");
  EXPECT_EQ(changes(good_config(), after), changes(after, good_config()));
}

TEST(ConfigChanges, ANewSecretIsAChangeThatDoesNotShowIt) {
  Config before = good_config();
  before.proxmox_hosts[0].password = Secret{"old-canary"};
  Config after = good_config();
  after.proxmox_hosts[0].password = Secret{"new-canary"};
  EXPECT_EQ(changes(before, after), "proxmox_hosts[pve1].password");
}

// Every option takes part in the comparison: an option left out would be ignored at a reload.
TEST(ConfigChanges, EveryOptionThatTheExampleSetsIsCompared) {
  const ConfigReading reading =
      read_config(uncommented(read_source_file("config.yaml")), secret_of, "/run/credentials/x");
  std::set<std::string> compared;
  for (const ConfigChange& change : config_changes(Config{}, reading.config)) {
    std::string general;
    bool inside = false;
    for (const char c : change.path) {
      inside = c == '[' || (inside && c != ']');
      if (!inside || c == '[') general += c;
    }
    compared.insert(general);
  }
  for (const ConfigOption& option : config_options()) {
    const bool in_element = option.path.find("[]") != std::string::npos;
    if (!in_element || option.section) continue;
    EXPECT_TRUE(compared.contains(option.path)) << option.path;
  }
}

}  // namespace
}  // namespace pcb
