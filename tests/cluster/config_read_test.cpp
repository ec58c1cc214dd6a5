#include "cluster/config_read.h"

#include <algorithm>
#include <filesystem>

#include <gtest/gtest.h>

#include "tests/cluster/generated_file.h"

namespace pcb {
namespace {

constexpr const char* kHost = "cluster: homelab\nproxmox_hosts:\n  - {name: pve1, key_path: /k}\n";

Result<std::string> secret_of(const std::string& path) {
  if (path == "/secret/ok") return std::string("canary-file\n");
  if (path == "/secret/crlf") return std::string("canary-file\r\n");
  if (path == "/secret/empty") return std::string("\n");
  if (path == "/secret/two_lines") return std::string("canary-a\ncanary-b\n");
  if (path == "/run/credentials/unit/pve1") return std::string("canary-credential");
  return Error{"cannot read " + path + ": No such file or directory"};
}

ConfigReading reading_of(const std::string& text, std::string_view credentials = {}) {
  return read_config(text, secret_of, credentials);
}

Config good(const std::string& text, std::string_view credentials = {}) {
  const ConfigReading reading = reading_of(text, credentials);
  EXPECT_EQ(describe_faults("f", reading.faults), "");
  for (const ConfigFault& warning : reading.warnings)
    EXPECT_NE(warning.message.find("not yet used by this version"), std::string::npos) << warning.key;
  return reading.config;
}

std::string faults(const std::string& text) { return describe_faults("f", reading_of(text).faults); }
std::string warnings(const std::string& text) { return describe_faults("f", reading_of(text).warnings); }

// Each file in bad_configs/ ends with the messages that it must give: "# expect: LINE:COLUMN: KEY: …".
std::string expected_of(const std::string& text) {
  constexpr std::string_view kMark = "# expect: ";
  std::istringstream lines(text);
  std::string out;
  for (std::string line; std::getline(lines, line);) {
    if (line.starts_with(kMark)) out += (out.empty() ? "f:" : "\nf:") + line.substr(kMark.size());
  }
  return out;
}

TEST(BadConfigs, EachGivesExactlyItsMessages) {
  size_t count = 0;
  for (const auto& entry :
       std::filesystem::directory_iterator(std::string(PCB_SOURCE_DIR) + "/tests/cluster/bad_configs")) {
    const std::string name = entry.path().filename();
    const std::string text = read_source_file("tests/cluster/bad_configs/" + name);
    const std::string found = faults(text);
    EXPECT_FALSE(found.empty()) << name << " has no fault";
    EXPECT_EQ(found, expected_of(text)) << name;
    EXPECT_EQ(found.find("canary"), std::string::npos) << name << " shows a secret";
    EXPECT_EQ(warnings(text).find("canary"), std::string::npos) << name << " shows a secret";
    ++count;
  }
  EXPECT_GE(count, 170U);
}

TEST(ConfigRead, TheSmallestFileHasTheDefaults) {
  const Config config = good(kHost);
  EXPECT_EQ(config.cluster, "homelab");
  ASSERT_EQ(config.proxmox_hosts.size(), 1U);
  EXPECT_EQ(config.proxmox_hosts[0].address, "pve1");
  EXPECT_EQ(config.proxmox_hosts[0].port, 22);
  EXPECT_EQ(config.proxmox_hosts[0].user, "root");
  EXPECT_EQ(config.default_params.cpu_threshold, 0.80);
  EXPECT_EQ(config.default_params.memory_threshold, 0.85);
  EXPECT_EQ(config.default_params.container_cpu_threshold, 0.90);
  EXPECT_EQ(config.default_params.migration_strategy, "relieve");
  EXPECT_EQ(config.exporter.interval, Seconds{15});
  EXPECT_EQ(config.evaluator.mode, "suggest");
  EXPECT_EQ(config.ssh.known_hosts_path, "/var/lib/proxmox-cluster-balancer/known_hosts");
  EXPECT_FALSE(reading_of(kHost).holds_secret);
}

TEST(ConfigRead, EveryKindOfValueIsRead) {
  const Config config = good(R"(
cluster: lab.1
proxmox_hosts:
  - name: pve1
    address: fe80::1%eth0
    port: 2222
    user: balancer
    key_path: /etc/id
    key_passphrase_file: /secret/ok
    cpu_threshold: 72.5
    memory_reserved: 1.5GiB
  - {name: pve2, address: 192.0.2.2, password_file: /secret/crlf}
guests:
  lxc/101: {cpu_threshold: 95}
  tag:data-base: {memory_threshold: 100}
allow_blockers: {lxc/105: [raw_lxc, dev]}
ssh: {jump: pve2, known_hosts: /etc/known, accept_new: true, connect_timeout: 500ms, max_answer: 1MiB}
exporter: {listen: "[::1]:9722", interval: 10s, collectors: [usage, io], discover: true}
prometheus:
  url: https://[2001:db8::1]:9090/prometheus
  matchers: job="pve", site!~"a|b\"c"
  headers: {X-Scope-OrgID: homelab}
  basic_user: me
  basic_password_file: /secret/ok
  window: 30m
alertmanager: {urls: ["http://a:9093", "http://b:9093"], receiver: other}
evaluator:
  mode: approve
  webhook: {bearer_token_file: /secret/ok}
  guest_cooldown: 2d
  host_cooldown: 0
  max_moves: 3
  low_water: 0.85
  protected: [qemu/200, tag:infra]
  limits: {per_hour: 10, hold: 2m, bandwidth: 50MiB/s}
  windows: [{days: [sat, sun], from: "22:00", to: "04:30", guests: [tag:batch]}]
  balance: [{days: [sun], at: "03:00"}]
rules:
  - {kind: apart, guests: [lxc/101, lxc/102]}
  - {kind: only_on, strict: false, guests: [tag:gpu], hosts: [pve1]}
notify:
  log: false
  alertmanager: true
  on: [breach, breaker]
  webhooks: [{name: chat, url: "https://chat.example.org/x?y=z", bearer_token_file: /secret/ok}]
  emails: [{name: mail, server: "mail.example.org:587", from: a@example.org, to: [b@example.org], user: a, password_file: /secret/ok}]
)");
  const HostConfig& host = config.proxmox_hosts.at(0);
  EXPECT_EQ(host.address, "fe80::1%eth0");
  EXPECT_EQ(host.port, 2222);
  EXPECT_EQ(host.key_passphrase.reveal(), "canary-file");
  EXPECT_DOUBLE_EQ(*host.cpu_threshold, 0.725);
  EXPECT_EQ(host.memory_reserved_bytes, 1.5 * 1024 * 1024 * 1024);
  EXPECT_EQ(config.proxmox_hosts.at(1).password.reveal(), "canary-file");
  EXPECT_DOUBLE_EQ(*config.guests.at("lxc/101").cpu, 0.95);
  EXPECT_DOUBLE_EQ(*config.guests.at("tag:data-base").memory, 1.0);
  EXPECT_EQ(config.allow_blockers.at("lxc/105"), (std::vector<std::string>{"raw_lxc", "dev"}));
  EXPECT_EQ(config.ssh.jump, "pve2");
  EXPECT_EQ(config.ssh.connect_timeout, Seconds{0.5});
  EXPECT_EQ(config.ssh.max_answer_bytes, 1048576);
  EXPECT_EQ(config.exporter.listen, "[::1]:9722");
  EXPECT_EQ(config.exporter.collectors, (std::vector<std::string>{"usage", "io"}));
  EXPECT_EQ(config.prometheus.url, "https://[2001:db8::1]:9090/prometheus");
  EXPECT_EQ(config.prometheus.matchers, "job=\"pve\", site!~\"a|b\\\"c\"");
  EXPECT_EQ(config.prometheus.headers.at(0).second, "homelab");
  EXPECT_EQ(config.prometheus.auth.basic_password.reveal(), "canary-file");
  EXPECT_EQ(config.alertmanager.urls.size(), 2U);
  EXPECT_EQ(config.evaluator.guest_cooldown, Seconds{2 * 86400});
  EXPECT_EQ(config.evaluator.max_moves, 3);
  EXPECT_EQ(config.evaluator.limits.hold, Seconds{120});
  EXPECT_EQ(config.evaluator.limits.bandwidth_bytes_per_second, 50.0 * 1048576);
  EXPECT_EQ(config.evaluator.windows.at(0).to, "04:30");
  EXPECT_EQ(config.evaluator.balance.at(0).at, "03:00");
  EXPECT_EQ(config.rules.at(0).line, 39);
  EXPECT_FALSE(config.rules.at(1).strict);
  EXPECT_EQ(config.notify.on.size(), 2U);
  EXPECT_EQ(config.notify.emails.at(0).password.reveal(), "canary-file");
}

TEST(ConfigRead, TheFileOfTheOlderVersionsIsUnderstood) {
  const std::string text = R"(cluster: homelab
proxmox_hosts:
  - name: proxmox1
    address: 192.168.5.1
    user: root
    password: password
    key_path: # optional
    cpu_threshold: 2.0
    memory_threshold: 80
default_params:
  balance_score_cpu_weight: 0.7
log_file: /var/log/x
)";
  EXPECT_EQ(faults(text), "");
  EXPECT_EQ(
      warnings(text),
      "f:8:20: proxmox_hosts[0].cpu_threshold: 2.0 % is very low; thresholds are percent, not the loads of "
      "the older "
      "versions\n"
      "f:11:3: default_params.balance_score_cpu_weight: no longer used, because the planner compares whole "
      "plans and "
      "needs no weights; see docs/planner.md\n"
      "f:12:1: log_file: no longer used, because logs go to stderr, where systemd's journal takes them");
}

TEST(ConfigRead, WhatIsNotYetKnownIsAWarning) {
  EXPECT_EQ(warnings(std::string(kHost) + "rules: [{kind: avoid, guests: [lxc/1], hosts: [pve9]}]\n"),
            "f:4:48: rules[0].hosts[0]: \"pve9\" is not in proxmox_hosts: the rule is ignored while the "
            "cluster has no such "
            "host");
  EXPECT_EQ(warnings(std::string(kHost) +
                     "rules: [{kind: avoid, guests: [lxc/1], hosts: [pve9]}]\nexporter: {discover: true}\n"),
            "");
}

TEST(ConfigRead, SecretsComeFromFilesAndCredentials) {
  const std::string head = "cluster: homelab\nproxmox_hosts:\n  - {name: pve1, ";
  const auto password = [&](const std::string& key, std::string_view credentials) {
    const ConfigReading reading = reading_of(head + key + "}\n", credentials);
    EXPECT_EQ(describe_faults("f", reading.faults), "");
    EXPECT_FALSE(reading.holds_secret) << key;
    return reading.config.proxmox_hosts.at(0).password.reveal();
  };
  EXPECT_EQ(password("password_file: /secret/ok", ""), "canary-file");
  EXPECT_EQ(password("password: '${CREDENTIALS_DIRECTORY}/pve1'", "/run/credentials/unit"),
            "canary-credential");
  EXPECT_EQ(password("password_file: '${CREDENTIALS_DIRECTORY}/pve1'", "/run/credentials/unit"),
            "canary-credential");
  const Config with_key = good(head + "key_path: '${CREDENTIALS_DIRECTORY}/id'}\n", "/run/credentials/unit");
  EXPECT_EQ(with_key.proxmox_hosts.at(0).key_path, "/run/credentials/unit/id");
  EXPECT_TRUE(reading_of(head + "password: canary}\n").holds_secret);
}

TEST(ConfigRead, NoMessageEverShowsASecret) {
  const char* places[] = {
      "proxmox_hosts: [{name: pve1, password: 'X'}, {name: pve1, passwort: 'X'}]",
      "proxmox_hosts: [{name: pve1, key_path: /k, key_passphrase: 'X', key_passphrase_file: 'X'}]",
      "prometheus: {bearer_token: 'X', basic_password: 'X', basic_pasword: 'X', basic_user: [X]}",
      "prometheus: {headers: {authorization: 'X', X-A: 'X', x-a: 'X'}}",
      "prometheus: {url: 'http://a:X@b', headers: 'X'}",
      "alertmanager: {bearer_token: {a: X}, urls: ['https://X@b', 'http://user:X@h:1/?a=b']}",
      "evaluator: {webhook: {bearer_token: [X]}, webhok: {bearer_token: X}, webhook: X}",
      "notify: {emails: [{password: X}], webhooks: [{bearer_token: X, password: X}]}"};
  for (const std::string secret :
       {"canary", "canary\\", "canary\"", "canary: {", "${CREDENTIALS_DIRECTORY}/canary\x01"}) {
    for (const char* place : places) {
      std::string text = place;
      for (size_t at = text.find('X'); at != std::string::npos; at = text.find('X', at + secret.size())) {
        if (text[at + 1] == '-') {  // the name of a header
          at -= secret.size() - 1;
          continue;
        }
        text.replace(at, 1, secret);
      }
      const ConfigReading reading = reading_of(text);
      EXPECT_FALSE(reading.faults.empty()) << text;
      const std::string shown = describe_faults("f", reading.faults) + describe_faults("f", reading.warnings);
      if (secret.starts_with("canary")) {
        EXPECT_EQ(shown.find("canary"), std::string::npos) << text << "\n" << shown;
      }
    }
  }
}

TEST(ConfigRead, HostileSizesEndQuickly) {
  EXPECT_EQ(faults(std::string(kHost) + std::string((1U << 20U), '#')),
            "f:1:1: the file has 1048639 bytes; at most 1 MiB is read");
  EXPECT_NE(faults("a: " + std::string(200000, '[') + std::string(200000, ']'))
                .find("nested deeper than 16 levels"),
            std::string::npos);
  EXPECT_NE(faults("a: [" +
                   [] {
                     std::string many;
                     for (int i = 0; i < 100000; ++i) many += "1,";
                     return many;
                   }() +
                   "1]")
                .find("more than 100000 values"),
            std::string::npos);
  std::string unknown = kHost;
  for (int i = 0; i < 5000; ++i) unknown += "k" + std::to_string(i) + ": 1\n";
  EXPECT_EQ(reading_of(unknown).faults.size(), 100U);
}

TEST(ConfigRead, EveryCutOffFileIsHandled) {
  const std::string text = read_source_file("config.yaml");
  for (size_t length = 0; length < text.size(); length += 97) reading_of(text.substr(0, length));
  EXPECT_FALSE(faults(text.substr(0, 500)).empty());
}

}  // namespace
}  // namespace pcb
