#include "cluster/document_json.h"

#include <algorithm>
#include <chrono>
#include <fstream>
#include <limits>
#include <random>
#include <sstream>

#include <gtest/gtest.h>

#include "cluster/json_tree.h"

namespace pcb {
namespace {

std::string file(const std::string& name) {
  std::ifstream in(std::string(PCB_SOURCE_DIR) + "/tests/cluster/documents/" + name);
  EXPECT_TRUE(in.is_open()) << name;
  std::stringstream text;
  text << in.rdbuf();
  return text.str();
}

ReadCluster good(const std::string& text) {
  Result<ReadCluster> reading = read_cluster(text);
  EXPECT_TRUE(reading.ok()) << (reading.ok() ? "" : reading.error().message);
  return reading.ok() ? std::move(*reading) : ReadCluster{};
}

std::string fault(const std::string& text) {
  const Result<ReadCluster> reading = read_cluster(text);
  return reading.ok() ? "was read" : reading.error().message;
}

// A document with two hosts; the arguments go where their names say.
std::string with(const std::string& host_fields, const std::string& guests = "",
                 const std::string& rules = "") {
  return R"({"schema": "balancer.cluster/1", "hosts": [{"name": "a", "cpu_cores": 4, "memory_bytes": 8)" +
         host_fields + R"(}, {"name": "b", "cpu_cores": 4, "memory_bytes": 8}], "guests": [)" + guests +
         R"(], "rules": [)" + rules + "]}";
}

std::string in_guest(const std::string& fields) {
  return with("", R"({"id": "lxc/100", "host": "a"}, {"id": "lxc/101", "host": "a", )" + fields + "}");
}

TEST(DocumentJson, MinimalDocumentLeavesTheRestAbsent) {
  const ReadCluster reading = good(file("minimal.json"));
  EXPECT_TRUE(reading.warnings.empty());
  ASSERT_EQ(reading.cluster.hosts.size(), 2U);
  EXPECT_EQ(reading.cluster.hosts[0].name, "pve1");
  EXPECT_EQ(reading.cluster.hosts[0].cpu_cores, 8);
  EXPECT_FALSE(reading.cluster.hosts[0].cpu_used_cores);
  EXPECT_FALSE(reading.cluster.hosts[0].storages);
  EXPECT_FALSE(reading.cluster.taken_at);
  ASSERT_EQ(reading.cluster.guests.size(), 1U);
  EXPECT_FALSE(reading.cluster.guests[0].status);
}

TEST(DocumentJson, FullDocumentIsReadFieldByField) {
  const ReadCluster reading = good(file("full.json"));
  EXPECT_TRUE(reading.warnings.empty());
  const Cluster& cluster = reading.cluster;
  EXPECT_EQ(cluster.cluster, "homelab");
  EXPECT_EQ(cluster.taken_at, 1764000010.0);
  EXPECT_EQ(cluster.auto_rebalance, false);
  const Host& host = cluster.hosts.at(0);
  EXPECT_EQ(host.state, HostState::online);
  EXPECT_EQ(host.memory_used_bytes, 61000000000.0);
  EXPECT_EQ(host.pressure->cpu_some, 0.31);
  EXPECT_EQ(host.bridges->at(0).mtu, 1500);
  EXPECT_EQ(host.bridges->at(1).name, "vmbr1");
  EXPECT_FALSE(host.bridges->at(1).vlan_aware);
  EXPECT_EQ(host.storages->at(0).content, (std::vector<std::string>{"images", "rootdir"}));
  EXPECT_EQ(host.storages->at(0).free_bytes, 0.0);
  EXPECT_EQ(cluster.hosts.at(1).state, HostState::maintenance);
  const Guest& guest = cluster.guests.at(0);
  EXPECT_EQ(guest.lock, "backup");
  EXPECT_EQ(guest.cpu_high_cores, 3.0);
  EXPECT_EQ(guest.volumes->at(0).used_bytes, 5e9);
  EXPECT_EQ(guest.bridges->at(1).tag, 30);
  EXPECT_EQ(guest.tags.at(1), "plb_pin_pve1");
  EXPECT_TRUE(guest.ha->managed);
  EXPECT_EQ(guest.ha->hosts->at(0).priority, 2.0);
  EXPECT_EQ(guest.replication.at(0).last_sync_at, 1763999000.0);
  EXPECT_EQ(guest.blockers.at(0).code, "bind_mount");
  EXPECT_EQ(cluster.guests.at(1).status, GuestStatus::stopped);
  EXPECT_EQ(cluster.rules.at(0).kind, RuleKind::apart);
  EXPECT_FALSE(cluster.rules.at(1).strict);
  EXPECT_EQ(cluster.warnings.size(), 1U);
}

TEST(DocumentJson, WritingWhatWasReadIsStable) {
  for (const char* name : {"minimal.json", "full.json"}) {
    const std::string once = write_cluster(good(file(name)).cluster);
    EXPECT_EQ(write_cluster(good(once).cluster), once) << name;
  }
}

TEST(DocumentJson, WritesOneLineForEachHostGuestAndRule) {
  const std::string text = write_cluster(good(file("full.json")).cluster);
  std::istringstream lines(text);
  int hosts = 0;
  int guests = 0;
  int rules = 0;
  for (std::string line; std::getline(lines, line);) {
    hosts += line.starts_with("    {\"name\": ") ? 1 : 0;
    guests += line.starts_with("    {\"id\": \"lxc/") || line.starts_with("    {\"id\": \"qemu/") ? 1 : 0;
    rules += line.starts_with("    {\"kind\": ") ? 1 : 0;
  }
  EXPECT_EQ(hosts, 2);
  EXPECT_EQ(guests, 2);
  EXPECT_EQ(rules, 2);
  EXPECT_NE(text.find("\"memory_bytes\": 67430000000,"), std::string::npos);
  EXPECT_NE(text.find("\"bridges\": [\"vmbr0\", {\"name\": \"vmbr0\", \"tag\": 30}]"), std::string::npos);
}

TEST(DocumentJson, WhatIsNotFiniteIsNotWritten) {
  Cluster cluster = good(file("minimal.json")).cluster;
  cluster.hosts[0].cpu_used_cores = std::numeric_limits<double>::quiet_NaN();
  cluster.taken_at = std::numeric_limits<double>::infinity();
  const Cluster again = good(write_cluster(cluster)).cluster;
  EXPECT_FALSE(again.hosts[0].cpu_used_cores);
  EXPECT_FALSE(again.taken_at);
}

TEST(DocumentJson, HostileNamesSurviveTheRoundTrip) {
  Cluster cluster = good(file("minimal.json")).cluster;
  const std::string name = std::string("\"}],\\\n<script>\x01 ü", 19) + std::string(1, '\0');
  cluster.guests[0].name = name;
  EXPECT_EQ(good(write_cluster(cluster)).cluster.guests[0].name, name);
  cluster.guests[0].name = "bad \xff byte";
  EXPECT_EQ(good(write_cluster(cluster)).cluster.guests[0].name, "bad \xEF\xBF\xBD byte");
}

TEST(DocumentJson, RefusalsNameThePathAndWhatIsAllowed) {
  const std::pair<std::string, std::string> cases[] = {
      {"",
       "line 1, column 1: syntax error while parsing value - unexpected end of input; expected '[', '{', or "
       "a literal"},
      {"[]", "$: found a list, expected an object"},
      {R"({"hosts": []})", R"($: "schema" is missing; this program reads "balancer.cluster/1")"},
      {R"({"schema": "balancer.cluster/2", "hosts": []})",
       R"($.schema: found "balancer.cluster/2"; this program reads "balancer.cluster/1")"},
      {R"({"schema": 1, "hosts": []})", R"($.schema: found 1; this program reads "balancer.cluster/1")"},
      {R"({"schema": "balancer.cluster/1"})", R"($: "hosts" is missing; it is required)"},
      {R"({"schema": "balancer.cluster/1", "hosts": {}})", "$.hosts: found an object, expected a list"},
      {R"({"schema": "balancer.cluster/1", "hosts": [3]})", "$.hosts[0]: found 3, expected an object"},
      {R"({"schema": "balancer.cluster/1", "hosts": [{"cpu_cores": 1, "memory_bytes": 1}]})",
       R"($.hosts[0]: "name" is missing; it is required)"},
      {R"({"schema": "balancer.cluster/1", "hosts": [{"name": "", "cpu_cores": 1, "memory_bytes": 1}]})",
       R"($.hosts[0].name: found "", expected a name)"},
      {R"({"schema": "balancer.cluster/1", "hosts": [{"name": "a", "memory_bytes": 1}]})",
       R"($.hosts[0]: "cpu_cores" is missing; it is required)"},
      {R"({"schema": "balancer.cluster/1", "hosts": [{"name": "a", "cpu_cores": 1}]})",
       R"($.hosts[0]: "memory_bytes" is missing; it is required)"},
      {R"({"schema": "balancer.cluster/1", "hosts": [{"name": "a", "cpu_cores": 1, "memory_bytes": 1},
                                                     {"cpu_cores": 1, "memory_bytes": 1, "name": "a"}]})",
       "$.hosts[1].name: this name stands in the list for the second time"},
      {with(R"(, "cpu_cores": 5)"), "$.hosts[0].cpu_cores: this key stands here for the second time"},
      {with(R"(, "cpu_used_cores": "5")"), R"($.hosts[0].cpu_used_cores: found "5", expected a number)"},
      {with(R"(, "cpu_used_cores": null)"),
       "$.hosts[0].cpu_used_cores: found null, expected a number; leave the field out when it is not known"},
      {with(R"(, "cpu_used_cores": -0.5)"), "$.hosts[0].cpu_used_cores: found -0.5, expected 0 or more"},
      {with(R"(, "last_moved_at": -1)"), "$.hosts[0].last_moved_at: found -1, expected 0 or more"},
      {with(R"(, "cpu_threshold": 80)"),
       "$.hosts[0].cpu_threshold: found 80, expected a ratio 0..1 such as 0.85"},
      {with(R"(, "state": "up")"),
       R"($.hosts[0].state: found "up", expected one of online, offline, maintenance, unknown)"},
      {with(R"(, "state": true)"),
       "$.hosts[0].state: found true, expected one of online, offline, maintenance, unknown"},
      {with(R"(, "pressure": {"io_full": -1})"), "$.hosts[0].pressure.io_full: found -1, expected 0 or more"},
      {with(R"(, "pressure": 0.3)"), "$.hosts[0].pressure: found 0.3, expected an object"},
      {with(R"(, "bridges": "vmbr0")"), R"($.hosts[0].bridges: found "vmbr0", expected a list)"},
      {with(R"(, "bridges": [""])"), R"($.hosts[0].bridges[0]: found "", expected a name)"},
      {with(R"(, "bridges": [5])"), "$.hosts[0].bridges[0]: found 5, expected an object"},
      {with(R"(, "bridges": ["v", {"name": "v"}])"),
       "$.hosts[0].bridges[1].name: this name stands in the list for the second time"},
      {with(R"(, "bridges": ["v", "v"])"),
       "$.hosts[0].bridges[1]: this name stands in the list for the second time"},
      {with(R"(, "bridges": [{"name": "v", "mtu": 1.5}])"),
       "$.hosts[0].bridges[0].mtu: found 1.5, expected a whole number 0..65535"},
      {with(R"(, "storages": [{"name": "s"}, {"name": "t"}, {"name": "s"}])"),
       "$.hosts[0].storages[2].name: this name stands in the list for the second time"},
      {with(R"(, "storages": [{"type": "dir"}])"),
       R"($.hosts[0].storages[0]: "name" is missing; it is required)"},
      {with(R"(, "storages": [{"name": "s", "content": [1]}])"),
       "$.hosts[0].storages[0].content[0]: found 1, expected a string"},
      {with(R"(, "storages": [{"name": "s", "shared": 1}])"),
       "$.hosts[0].storages[0].shared: found 1, expected true or false"},
      {with("", R"({"host": "a"})"), R"($.guests[0]: "id" is missing; it is required)"},
      {with("", R"({"id": "lxc/100"})"), R"($.guests[0]: "host" is missing; it is required)"},
      {with("", R"({"id": "lxc/100", "host": "c"})"),
       "$.guests[0].host: there is no host of this name in $.hosts"},
      {in_guest(R"("x": 0}, {"host": "a", "id": "lxc/101")"),
       "$.guests[2].id: this id stands in the list for the second time"},
      {in_guest(R"("status": "on")"),
       R"($.guests[1].status: found "on", expected one of running, stopped, paused, unknown)"},
      {in_guest(R"("template": 0)"), "$.guests[1].template: found 0, expected true or false"},
      {in_guest(R"("volumes": [{"key": "rootfs"}])"),
       R"($.guests[1].volumes[0]: "storage" is missing; it is required)"},
      {in_guest(R"("volumes": [{"key": "mp0", "storage": "s"}, {"key": "mp0", "storage": "t"}])"),
       "$.guests[1].volumes[1].key: this key stands in the list for the second time"},
      {in_guest(R"("ha": {"hosts": [{"priority": 1}]})"),
       R"($.guests[1].ha.hosts[0]: "name" is missing; it is required)"},
      {in_guest(R"("blockers": [{"detail": "mp0"}])"),
       R"($.guests[1].blockers[0]: "code" is missing; it is required)"},
      {in_guest(R"("tags": "prod")"), R"($.guests[1].tags: found "prod", expected a list)"},
      {with("", "", R"({"kind": "near", "guests": []})"),
       R"($.rules[0].kind: found "near", expected one of together, apart, only_on, avoid)"},
      {with("", "", R"({"kind": "apart"})"), R"($.rules[0]: "guests" is missing; it is required)"},
  };
  for (const auto& [text, message] : cases) EXPECT_EQ(fault(text), message) << text;
}

TEST(DocumentJson, GuestIdsAreKindAndNumber) {
  for (const char* id : {"", "101", "lxc/", "lxc/0", "lxc/0101", "ct/101", "LXC/101", "lxc/10a", "lxc/-1",
                         " lxc/101", "lxc/101 ", "lxc/1234567890", "qemu/1.5", "lxc//1", "lxc/101\\u0000"}) {
    const std::string message = fault(with("", std::string(R"({"host": "a", "id": ")") + id + "\"}"));
    EXPECT_TRUE(message.starts_with("$.guests[0].id: found \"")) << id << ": " << message;
  }
  for (const char* id : {"lxc/1", "lxc/100", "qemu/999999999"}) {
    EXPECT_EQ(fault(with("", std::string(R"({"host": "a", "id": ")") + id + "\"}")), "was read") << id;
  }
}

TEST(DocumentJson, HostileTextIsRefusedWithoutHarm) {
  const auto starts = [](const std::string& text, const std::string& message) {
    const std::string found = fault(text);
    EXPECT_TRUE(found.starts_with(message)) << found;
    EXPECT_LT(found.size(), 300U);
    EXPECT_EQ(found.find('\n'), std::string::npos);
    EXPECT_EQ(found.find('\xff'), std::string::npos);
  };
  starts(std::string(100000, '['), "$: nested deeper than 32 levels");
  std::string deep;
  for (int i = 0; i < 100000; ++i) deep += R"({"a":)";
  starts(deep, "$: nested deeper than 32 levels");
  starts(with(R"(, "x": 1e999)"), "line 1, column ");
  starts(with(R"(, "x": "\ud800")"), "line 1, column ");
  starts(with(", \"x\": \"\xff\""), "line 1, column ");
  starts(with(", \"x\": \"\xc0\xaf\""), "line 1, column ");
  starts(with(std::string(", \"x\": \"\0\"", 10)), "line 1, column ");
  starts(with(R"(, "x": NaN)"), "line 1, column ");
  starts(with(R"(, "x": 01)"), "line 1, column ");
  starts(with("") + "\n\n  x", "line 3, column 3: syntax error");
  starts(with("") + std::string(1, '\0'), "line 1, column ");
  starts(with("").substr(0, 60), "line 1, column 61: syntax error");
  starts("{\n \"schema\": tru }", "line 2, column ");
  starts("[" + std::string(kMaxJsonBytes, ' '), "the document has ");
  starts(with(", \"" + std::string(100000, 'k') + "\": 1, \"" + std::string(100000, 'k') + "\": 2"),
         "$.hosts[0][\"kkk");
  std::string many = "[0";
  for (size_t i = 0; i < kMaxJsonNodes; ++i) many += ",0";
  starts(many + "]", "more than 4000000 values");
}

TEST(DocumentJson, ThirtyTwoLevelsAreRead) {
  const std::string open(31, '[');
  const std::string close(31, ']');
  EXPECT_EQ(fault(R"({"schema": "balancer.cluster/1", "hosts": [], "x": )" + open + close + "}"), "was read");
  EXPECT_EQ(fault(R"({"schema": "balancer.cluster/1", "hosts": [], "x": [)" + open + close + "]}"),
            "$: nested deeper than 32 levels; a cluster document needs 5");
}

TEST(DocumentJson, EqualKeysAreFoundInLargeObjectsToo) {
  std::string text = R"({"schema": "balancer.cluster/1", "hosts": [])";
  for (int i = 0; i < 50000; ++i) text += ", \"k" + std::to_string(i) + "\": 0";
  EXPECT_EQ(fault(text + "}"), "was read");
  EXPECT_EQ(fault(text + R"(, "k17": 0, "k16": 0})"), "$.k17: this key stands here for the second time");
}

TEST(DocumentJson, UnknownFieldsAreIgnoredWithOneWarningEach) {
  const ReadCluster reading =
      good(with(R"(, "colour": 1, "a b": {}, "pressure": {"gpu": 1})",
                R"({"id": "lxc/1", "host": "a", "colour": 2}, {"id": "lxc/2", "host": "a", "colour": 2})"));
  EXPECT_EQ(reading.warnings, (std::vector<std::string>{
                                  R"($.hosts[0].pressure.gpu: unknown field ignored)",
                                  R"($.guests[0].colour: unknown field ignored (here and in 1 other places))",
                                  R"($.hosts[0]["a b"]: unknown field ignored)",
                                  R"($.hosts[0].colour: unknown field ignored)"}));
  std::string many = R"({"schema": "balancer.cluster/1", "hosts": [])";
  for (int i = 0; i < 5000; ++i) many += ", \"k" + std::to_string(i) + "\": 0";
  EXPECT_LE(good(many + "}").warnings.size(), 50U);
}

TEST(DocumentJson, RulesThatNameWhatIsNotThereAreIgnoredWithAWarning) {
  const ReadCluster reading = good(with(
      "", R"({"id": "lxc/1", "host": "a"}, {"id": "lxc/2", "host": "b"})",
      R"({"kind": "apart", "guests": ["lxc/1", "lxc/9"]}, {"kind": "apart", "guests": ["lxc/1", "lxc/2"]},
         {"kind": "avoid", "guests": ["lxc/1"], "hosts": ["c"]}, {"kind": "only_on", "guests": ["lxc/1"]},
         {"kind": "together", "guests": []})"));
  EXPECT_EQ(reading.warnings, (std::vector<std::string>{
                                  R"($.rules[0]: rule ignored, it names a guest that is not there: "lxc/9")",
                                  R"($.rules[2]: rule ignored, it names a host that is not there: "c")",
                                  "$.rules[3]: rule ignored, it names no host",
                                  "$.rules[4]: rule ignored, it names no guest"}));
  ASSERT_EQ(reading.cluster.rules.size(), 1U);
  EXPECT_EQ(reading.cluster.rules[0].guests, (std::vector<std::string>{"lxc/1", "lxc/2"}));
}

// Writes a JSON tree again, the members of every object in a random order.
std::string shuffled(const JsonTree& tree, uint32_t index, std::mt19937& random) {
  const JsonNode& node = tree.nodes[index];
  if (node.kind == JsonKind::string) return "\"" + node.text + "\"";
  if (node.kind != JsonKind::array && node.kind != JsonKind::object) return describe_json(node);
  std::vector<std::string> parts;
  for (uint32_t i = index + 1; i < node.next; i = tree.nodes[i].next) {
    const std::string key =
        node.kind == JsonKind::object ? "\"" + std::string(tree.nodes[i].key) + "\":" : "";
    parts.push_back(key + shuffled(tree, i, random));
  }
  if (node.kind == JsonKind::object) std::shuffle(parts.begin(), parts.end(), random);
  std::string out;
  for (const std::string& part : parts) out += (out.empty() ? "" : ",") + part;
  return node.kind == JsonKind::object ? "{" + out + "}" : "[" + out + "]";
}

TEST(DocumentJson, TheOrderOfKeysMeansNothing) {
  const std::string text = file("full.json");
  const std::string expected = write_cluster(good(text).cluster);
  Result<JsonTree> tree = read_json_tree(text);
  ASSERT_TRUE(tree.ok());
  std::mt19937 random(7);
  for (int i = 0; i < 200; ++i) {
    const std::string other = shuffled(*tree, 0, random);
    ASSERT_EQ(write_cluster(good(other).cluster), expected) << other;
  }
}

TEST(DocumentJson, EveryCutOffDocumentIsRefused) {
  const std::string text = file("full.json");
  const size_t end = text.rfind('}');
  for (size_t length = 0; length <= end; length += 7) {
    EXPECT_TRUE(fault(text.substr(0, length)).starts_with("line ")) << length;
  }
}

}  // namespace
}  // namespace pcb
