#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "exporter/poller/discover.h"

namespace pcb {
namespace {

using testing::ElementsAre;

ssh::ConnectionSettings configured(const std::string& name, const std::string& address) {
  ssh::ConnectionSettings host;
  host.name = name;
  host.address = address;
  host.user = "balancer";
  host.key_path = "/etc/key";
  host.port = 2222;
  return host;
}

Members members(const std::map<std::string, std::string>& addresses) {
  Members members;
  members.clustered = true;
  members.quorate = true;
  members.node_name = "pve1";
  for (const auto& [name, address] : addresses) members.nodes[name] = {std::nullopt, true, address};
  return members;
}

std::vector<std::string> places(const std::vector<ssh::ConnectionSettings>& hosts) {
  std::vector<std::string> all;
  for (const auto& host : hosts) all.push_back(host.name + "@" + host.address);
  return all;
}

TEST(Discover, AddsTheOtherMembersWithTheLoginOfTheFirstHost) {
  const auto hosts =
      with_members({configured("pve1", "10.0.0.1")},
                   members({{"pve1", "10.0.0.1"}, {"pve2", "10.0.0.2"}, {"pve3", "fd00::3"}}), {});
  EXPECT_THAT(places(hosts), ElementsAre("pve1@10.0.0.1", "pve2@10.0.0.2", "pve3@fd00::3"));
  EXPECT_EQ(hosts[2].user, "balancer");
  EXPECT_EQ(hosts[2].key_path, "/etc/key");
  EXPECT_EQ(hosts[2].port, 2222);
}

HostReport report(const std::string& name, const std::string& node_name) {
  HostReport report;
  report.name = name;
  report.node_name = node_name;
  return report;
}

TEST(Discover, LeavesConfiguredHostsAsTheyAreAndAddsNoneTwice) {
  const auto first = report("first", "pve1");
  const auto hosts = with_members(
      {configured("first", "pve1.lan"), configured("pve2", "192.168.0.2"), configured("third", "10.0.0.3")},
      members({{"pve1", "10.0.0.1"},
               {"pve2", "10.0.0.2"},
               {"pve3", "10.0.0.3"},
               {"pve4", "10.0.0.4"},
               {"pve5", "10.0.0.4"}}),
      {&first});
  // pve1 has told its name, pve2 has the name, pve3 the address, pve5 the address of pve4.
  EXPECT_THAT(places(hosts),
              ElementsAre("first@pve1.lan", "pve2@192.168.0.2", "third@10.0.0.3", "pve4@10.0.0.4"));
}

// The newest view comes now from one host, now from another: none may vanish because it is the one that
// tells.
TEST(Discover, IsTheSameWhoeverTells) {
  const auto first = report("first", "pve1"), second = report("pve2", "pve2");
  auto all = members({{"pve1", "10.0.0.1"}, {"pve2", "10.0.0.2"}});
  for (const auto* teller : {"pve1", "pve2"}) {
    all.node_name = teller;
    const auto hosts = with_members({configured("first", "pve1.lan")}, all, {&first, &second});
    EXPECT_THAT(places(hosts), ElementsAre("first@pve1.lan", "pve2@10.0.0.2")) << teller;
  }
}

TEST(Discover, IgnoresNamesAndAddressesThatAreNone) {
  const auto hosts = with_members({configured("pve1", "10.0.0.1")},
                                  members({{"pve2", ""},
                                           {"pve3", "evil.example"},
                                           {"../x", "10.0.0.4"},
                                           {"a b", "10.0.0.5"},
                                           {"-x", "10.0.0.6"},
                                           {std::string(64, 'a'), "10.0.0.7"},
                                           {"", "10.0.0.8"}}),
                                  {});
  EXPECT_THAT(places(hosts), ElementsAre("pve1@10.0.0.1"));
}

TEST(Discover, BelievesTheNewestViewThatHasQuorum) {
  HostReport old_report;
  old_report.view.emplace();
  old_report.view->received_at = 10;
  old_report.view->members = members({});
  HostReport split = old_report;
  split.view->received_at = 20;
  split.view->members.quorate = false;
  HostReport silent;
  EXPECT_EQ(members_view({&silent, &split, &old_report}), &*old_report.view);
  EXPECT_EQ(members_view({&silent, &split}), nullptr);
  HostReport newer = old_report;
  newer.view->received_at = 11;
  EXPECT_EQ(members_view({&newer, &old_report}), &*newer.view);
}

TEST(Discover, AnOlderViewOfTheSameClusterIsOutdone) {
  ClusterView newest;
  newest.received_at = 20;
  newest.members = members({});
  ClusterView older = newest;
  older.received_at = 10;
  EXPECT_TRUE(is_outdone(older, newest));
  EXPECT_FALSE(is_outdone(newest, older));
  EXPECT_FALSE(is_outdone(newest, newest)) << "one is kept";
  older.members.cluster_name = "another";
  EXPECT_FALSE(is_outdone(older, newest));
  older.members = newest.members;
  older.members.clustered = false;
  EXPECT_FALSE(is_outdone(older, newest)) << "a host of its own speaks for itself";
  older.members = newest.members;
  newest.members.quorate = false;
  EXPECT_FALSE(is_outdone(older, newest)) << "without quorum it may be wrong";
}

}  // namespace
}  // namespace pcb
