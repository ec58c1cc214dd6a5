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
