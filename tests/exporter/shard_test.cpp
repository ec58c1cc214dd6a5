#include "exporter/shard.h"

#include <map>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "exporter/snapshot_parts.h"

namespace pcb {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::SizeIs;

TEST(Shard, IsWrittenAsItsNumberAndTheNumberOfAll) {
  const auto shard = read_shard("2/3");
  ASSERT_TRUE(shard.ok());
  EXPECT_EQ(shard->index, 2);
  EXPECT_EQ(shard->count, 3);
  for (const char* wrong : {"", "2", "0/2", "3/2", "-1/2", "1/0", "1/101", "1/2/3", "a/b", "1/ 2", "+1/2"})
    EXPECT_FALSE(read_shard(wrong).ok()) << wrong;
}

TEST(Shard, EveryHostBelongsToExactlyOne) {
  for (int count = 1; count <= 7; ++count) {
    std::map<int, int> hosts_of;
    for (int number = 0; number < 700; ++number) {
      int owners = 0;
      for (int index = 1; index <= count; ++index) {
        if (!Shard{index, count}.has("pve" + std::to_string(number))) continue;
        ++owners;
        ++hosts_of[index];
      }
      EXPECT_EQ(owners, 1) << number << " of " << count;
    }
    for (int index = 1; index <= count; ++index) EXPECT_GT(hosts_of[index], 700 / count / 2) << index;
  }
}

// Two versions that run beside each other must decide alike: these never change.
TEST(Shard, StaysTheSameFromVersionToVersion) {
  std::string owners;
  for (const char* host : {"pve1", "pve2", "pve3", "pve4", "node-a", "node-b", ""})
    for (int index = 1; index <= 3; ++index)
      if (Shard{index, 3}.has(host)) owners += std::to_string(index);
  EXPECT_EQ(owners, "1121123");
}

Config config_with(const std::vector<std::string>& names) {
  Config config;
  for (const auto& name : names) {
    HostConfig host;
    host.name = name;
    config.proxmox_hosts.push_back(host);
  }
  return config;
}

TEST(Shard, ReadsItsOwnHostsAlone) {
  Config first = config_with({"pve1", "pve2", "pve3", "pve4"}), second = first;
  ASSERT_TRUE(keep_own_hosts({1, 2}, first).ok());
  ASSERT_TRUE(keep_own_hosts({2, 2}, second).ok());
  EXPECT_EQ(first.proxmox_hosts.size() + second.proxmox_hosts.size(), 4U);
  for (const auto& host : first.proxmox_hosts) EXPECT_TRUE((Shard{1, 2}.has(host.name)));
  Config all = config_with({"pve1"});
  EXPECT_TRUE(keep_own_hosts({}, all).ok());
  EXPECT_THAT(all.proxmox_hosts, SizeIs(1));
}

TEST(Shard, SaysWhenItHasNoHostOrCannotReachThem) {
  Config config = config_with({"pve1"});
  const int other = Shard{1, 2}.has("pve1") ? 2 : 1;
  const auto none = keep_own_hosts({other, 2}, config);
  ASSERT_FALSE(none.ok());
  EXPECT_THAT(none.error().message, HasSubstr("has none of the hosts"));
  config = config_with({"pve1", "pve2"});
  config.ssh.jump = "pve1";
  EXPECT_THAT(keep_own_hosts({1, 2}, config).error().message, HasSubstr("ssh.jump"));
  EXPECT_TRUE(keep_own_hosts({}, config).ok());
}

TEST(Shard, ShowsItsOwnHostsGuestsAndStoragesAndTheFirstOneTheCluster) {
  Snapshot whole;
  for (const char* name : {"pve1", "pve2", "pve3"}) {
    SnapshotHost host;
    host.document.name = name;
    whole.hosts.push_back(host);
    SnapshotGuest guest;
    guest.document.id = std::string("lxc/10") + name[3];
    guest.document.host = name;
    whole.guests.push_back(guest);
    whole.storages.push_back({name, {}});
  }
  // A host is of the shard that its name in proxmox_hosts says: that is the exporter that reads it.
  whole.hosts[0].configured_name = "pve2";
  ASSERT_NE((Shard{1, 2}.has("pve2")), (Shard{1, 2}.has("pve1")));
  const bool first_has_it = !Shard{1, 2}.has("pve1");
  whole.tasks.push_back({"pve1", "vzdump", std::nullopt, 0});
  std::size_t hosts = 0, guests = 0, storages = 0;
  for (int index = 1; index <= 2; ++index) {
    Snapshot part = whole;
    keep_own({index, 2}, part);
    EXPECT_EQ(part.shows_cluster, index == 1);
    const auto is_own = [&](const std::string& host) {
      return host == "pve1" ? first_has_it == (index == 1) : Shard{index, 2}.has(host);
    };
    for (const auto& host : part.hosts) EXPECT_TRUE(is_own(host.document.name)) << host.document.name;
    for (const auto& guest : part.guests) EXPECT_TRUE(is_own(guest.document.host)) << guest.document.host;
    EXPECT_EQ(part.tasks.size(), is_own("pve1") ? 1U : 0U);
    hosts += part.hosts.size();
    guests += part.guests.size();
    storages += part.storages.size();
  }
  EXPECT_THAT((std::vector{hosts, guests, storages}), ElementsAre(3, 3, 3));
}

}  // namespace
}  // namespace pcb
