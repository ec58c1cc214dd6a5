#include "cluster/document_merge.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "cluster/document_json.h"

namespace pcb {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::UnorderedElementsAre;

// What two shards say while lxc/101 moves from a to b; the second one is 3 s older.
constexpr const char* kFirst =
    R"({"schema": "balancer.cluster/1", "cluster": "lab", "taken_at": 1003, "quorate": true,
  "hosts": [{"name": "a", "cpu_cores": 4, "memory_bytes": 100, "age_seconds": 1}],
  "guests": [{"id": "lxc/101", "host": "a"}, {"id": "lxc/102", "host": "a"}],
  "rules": [{"kind": "apart", "strict": true, "guests": ["lxc/102"], "hosts": [], "origin": "tag"}],
  "backup_jobs": [{"id": "j", "schedule": "sat 01:00", "guests": ["lxc/102"], "next_at": 2000}],
  "warnings": ["of both"]})";
constexpr const char* kSecond =
    R"({"schema": "balancer.cluster/1", "cluster": "lab", "taken_at": 1000, "quorate": true,
  "hosts": [{"name": "b", "cpu_cores": 8, "memory_bytes": 200, "age_seconds": 2}],
  "guests": [{"id": "lxc/101", "host": "b"}, {"id": "lxc/103", "host": "b"}],
  "rules": [{"kind": "apart", "strict": true, "guests": ["lxc/103"], "hosts": [], "origin": "tag"},
            {"kind": "apart", "strict": false, "guests": ["lxc/103"], "hosts": [], "origin": "tag"}],
  "backup_jobs": [{"id": "j", "schedule": "sat 01:00", "guests": ["lxc/103"], "next_at": 1900}],
  "tasks": [{"host": "b", "type": "vzdump", "guest": "lxc/103", "started_at": 990}],
  "warnings": ["of both", "of b"]})";

Cluster merged(const std::vector<std::string>& texts) {
  const auto text = merge_documents(texts);
  EXPECT_TRUE(text.ok()) << (text.ok() ? "" : text.error().message);
  return text.ok() ? read_cluster(*text)->cluster : Cluster{};
}

template <class Items, class Get>
std::vector<std::string> each(const Items& items, Get get) {
  std::vector<std::string> all;
  for (const auto& item : items) all.push_back(get(item));
  return all;
}

TEST(DocumentMerge, HasTheHostsAndGuestsOfAllPartsOnce) {
  for (const auto& order : {std::vector<std::string>{kFirst, kSecond}, {kSecond, kFirst}}) {
    const Cluster cluster = merged(order);
    EXPECT_EQ(cluster.cluster, "lab");
    EXPECT_EQ(cluster.taken_at, 1003);
    EXPECT_EQ(cluster.quorate, true);
    EXPECT_THAT(each(cluster.hosts, [](const Host& host) { return host.name; }),
                UnorderedElementsAre("a", "b"));
    EXPECT_THAT(each(cluster.guests, [](const Guest& guest) { return guest.id + "@" + guest.host; }),
                UnorderedElementsAre("lxc/101@a", "lxc/102@a", "lxc/103@b"))
        << "the part that was taken last knows where it is";
    EXPECT_THAT(cluster.warnings, ElementsAre("of both", "of b"));
  }
}

TEST(DocumentMerge, BringsAgesToTheNewestPartsTime) {
  const Cluster cluster = merged({kFirst, kSecond});
  EXPECT_EQ(cluster.hosts[0].age_seconds, 1);
  EXPECT_EQ(cluster.hosts[1].age_seconds, 5) << "2 s when it was taken, and 3 s since";
}

TEST(DocumentMerge, ARuleOfTwoPartsIsOne) {
  const Cluster cluster = merged({kFirst, kSecond});
  ASSERT_EQ(cluster.rules.size(), 2U) << "strict and preferred are two";
  EXPECT_THAT(cluster.rules[0].guests, UnorderedElementsAre("lxc/102", "lxc/103"));
}

std::string rules_alone(const std::string& cluster_facts, const std::string& rules) {
  return R"({"schema": "balancer.cluster/1", "cluster": "lab", )" + cluster_facts + R"("hosts": [
    {"name": "a", "cpu_cores": 4, "memory_bytes": 100}, {"name": "b", "cpu_cores": 4, "memory_bytes": 100}],
  "guests": [{"id": "lxc/1", "host": "a"}, {"id": "lxc/2", "host": "a"}], "rules": [)" +
         rules + "]}";
}

TEST(DocumentMerge, RulesOfAnotherKindOrOriginOrAboutOtherHostsAreOthers) {
  const std::string one =
      R"({"kind": "only_on", "strict": true, "guests": ["lxc/1"], "hosts": ["a"], "origin": "x"})";
  for (const auto& [what, other] : std::vector<std::pair<std::string, std::string>>{
           {"only_on", "avoid"}, {R"(["a"])", R"(["b"])"}, {R"("x")", R"("y")"}}) {
    std::string changed = one;
    changed.replace(changed.find(what), what.size(), other);
    EXPECT_EQ(merged({rules_alone("", one), rules_alone("", changed)}).rules.size(), 2U) << other;
  }
  const Cluster same = merged({rules_alone("", one), rules_alone("", one)});
  ASSERT_EQ(same.rules.size(), 1U);
  EXPECT_THAT(same.rules[0].guests, ElementsAre("lxc/1"));
}

TEST(DocumentMerge, ProxmoxsOwnRebalancingAnywhereIsTheClusters) {
  const std::string on = rules_alone(R"("auto_rebalance": true, )", ""),
                    off = rules_alone(R"("auto_rebalance": false, )", ""), unknown = rules_alone("", "");
  EXPECT_EQ(merged({on, off}).auto_rebalance, true);
  EXPECT_EQ(merged({off, on}).auto_rebalance, true);
  EXPECT_EQ(merged({unknown, off}).auto_rebalance, false);
  EXPECT_EQ(merged({off, unknown}).hosts.size(), 2U) << "each host once";
}

TEST(DocumentMerge, TheNextBackupIsTheEarliestOfAllParts) {
  std::string later = kSecond;
  later.replace(later.find("1900"), 4, "2100");
  EXPECT_EQ(merged({kFirst, later}).backup_jobs[0].next_at, 2000);
  later.replace(later.find(R"(, "next_at": 2100)"), 17, "");
  EXPECT_EQ(merged({kFirst, later}).backup_jobs[0].next_at, 2000);
}

TEST(DocumentMerge, KeepsBackupsThatRunAndThoseToCome) {
  const Cluster cluster = merged({kFirst, kSecond});
  ASSERT_EQ(cluster.backup_jobs.size(), 1U);
  EXPECT_THAT(*cluster.backup_jobs[0].guests, UnorderedElementsAre("lxc/102", "lxc/103"));
  EXPECT_EQ(cluster.backup_jobs[0].next_at, 1900);
  ASSERT_EQ(cluster.tasks.size(), 1U);
  EXPECT_EQ(cluster.tasks[0].guest, "lxc/103");
}

TEST(DocumentMerge, OnePartThatDeniesQuorumIsEnough) {
  std::string denied = kSecond;
  denied.replace(denied.find("\"quorate\": true"), 15, "\"quorate\": false");
  EXPECT_EQ(merged({kFirst, denied}).quorate, false);
  EXPECT_EQ(merged({denied, kFirst}).quorate, false);
}

TEST(DocumentMerge, AMissingPartOrAnotherClusterIsAnError) {
  EXPECT_FALSE(merge_documents({}).ok());
  EXPECT_FALSE(merge_documents({kFirst, "{}"}).ok());
  EXPECT_FALSE(merge_documents({kFirst, ""}).ok());
  std::string other = kSecond;
  other.replace(other.find("\"lab\""), 5, "\"office\"");
  const auto two = merge_documents({kFirst, other});
  ASSERT_FALSE(two.ok());
  EXPECT_THAT(two.error().message, HasSubstr("two clusters"));
}

TEST(DocumentMerge, OneDocumentIsHandedOnAsItIs) {
  EXPECT_EQ(merge_documents({"as it is"}).value(), "as it is");
}

}  // namespace
}  // namespace pcb
