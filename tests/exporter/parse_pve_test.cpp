// Readers of what pmxcfs and Proxmox write: status, .rrd, section files, HA, tasks.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "exporter/parse/ha_config.h"
#include "exporter/parse/migration_network.h"
#include "exporter/parse/pve_status.h"
#include "exporter/parse/rrd.h"
#include "exporter/parse/section_config.h"
#include "exporter/parse/tasks.h"
#include "tests/support/crs_spellings.h"

namespace pcb {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

TEST(ParseMembers, ClusteredAndAlone) {
  const auto members = parse_members(
      R"({"nodename":"pve1","version":7,"cluster":{"name":"c","version":3,"nodes":2,"quorate":0},
          "nodelist":{"pve1":{"id":1,"online":1,"ip":"10.0.0.1"},"pve2":{"id":2,"online":0}}})");
  ASSERT_TRUE(members.ok());
  EXPECT_TRUE(members->clustered);
  EXPECT_EQ(members->quorate, false);
  EXPECT_EQ(members->nodes.at("pve1").id, 1);
  EXPECT_FALSE(members->nodes.at("pve2").online);
  EXPECT_EQ(members->nodes.at("pve2").address, "") << "a node that has not published one yet";
  const auto alone = parse_members("{\n\"nodename\": \"v2solo\",\n\"version\": 0\n}\n");
  ASSERT_TRUE(alone.ok());
  EXPECT_FALSE(alone->clustered);
  for (const auto* torn : {"", "{", "[]", "{}", R"({"nodename":"a","cluster":{"name":"c"})",
                           R"({"nodename":"a","cluster":{}})"}) {
    EXPECT_FALSE(parse_members(torn).ok()) << torn;
  }
}

TEST(ParseVmlist, AnEmptyClusterIsNotATornFile) {
  EXPECT_TRUE(parse_vmlist("{\"version\":0\n\n}")->guests.empty());
  const auto list =
      parse_vmlist(R"({"version": 42,"ids": {"201": { "node": "pve1", "type": "qemu", "version": 3 }}})");
  ASSERT_TRUE(list.ok());
  EXPECT_EQ(list->guests.at("qemu/201").node, "pve1");
  EXPECT_EQ(list->guests.at("qemu/201").version, 3U);
  EXPECT_FALSE(parse_vmlist(R"({"version": 42,"ids": {"201": { "node": "pve1", "type": "qemu", "ver)").ok());
  EXPECT_FALSE(parse_vmlist(R"({"version": 42,"ids": {"../1": {"node": "pve1", "type": "qemu"}}})").ok());
  EXPECT_FALSE(parse_vmlist("{}").ok());
  EXPECT_FALSE(parse_vmlist("").ok());
}

TEST(ParseVersion, CountersByFile) {
  const auto counters =
      parse_version(R"({"starttime":5,"vmlist":42,"storage.cfg":2,"kvstore":{"pve1":{"tasklist":1}}})");
  ASSERT_TRUE(counters.ok());
  EXPECT_EQ(counters->at("storage.cfg"), 2U);
  EXPECT_FALSE(counters->contains("kvstore"));
  EXPECT_FALSE(parse_version(R"({"starttime":5)").ok());
}

TEST(ParseHaStatus, MaintenanceAndServicesOnTheMove) {
  const auto status = parse_manager_status(
      R"({"timestamp":99,"node_status":{"a":"online","b":"maintenance"},"node_request":{"c":{"maintenance":1}},
          "service_status":{"ct:1":{"node":"a","state":"started"},"vm:2":{"node":"a","state":"relocate","target":"b"},
                            "ct:3":{"node":"a","state":"started","cmd":["migrate","b"]},"odd:4":{"node":"a"}}})");
  ASSERT_TRUE(status.ok());
  EXPECT_TRUE(status->in_maintenance.contains("b"));
  EXPECT_TRUE(status->in_maintenance.contains("c"));
  EXPECT_FALSE(status->in_maintenance.contains("a"));
  EXPECT_FALSE(status->services.at("lxc/1").moving);
  EXPECT_TRUE(status->services.at("qemu/2").moving);
  EXPECT_TRUE(status->services.at("lxc/3").moving);
  EXPECT_EQ(status->services.size(), 3U);
  EXPECT_EQ(*parse_lrm_mode(R"({"mode":"maintenance","state":"active"})"), "maintenance");
}

TEST(ParseReplication, StateOfJobs) {
  const auto states = parse_replication_state(
      R"({"101":{"local/pve2":{"last_sync":1764000000,"last_try":1764000001,"duration":2.5,"fail_count":0},"local/pve3":{"last_sync":0,"fail_count":2,"pid":77}}})");
  ASSERT_TRUE(states.ok());
  ASSERT_EQ(states->size(), 2U);
  EXPECT_EQ(states->at(0).target, "pve2");
  EXPECT_EQ(states->at(0).last_sync_at, 1764000000);
  EXPECT_EQ(states->at(0).last_try_at, 1764000001);
  EXPECT_EQ(states->at(0).duration_seconds, 2.5);
  EXPECT_TRUE(states->at(0).ok);
  EXPECT_FALSE(states->at(1).last_sync_at.has_value()) << "never synchronised";
  EXPECT_FALSE(states->at(1).ok);
  EXPECT_TRUE(states->at(1).running);
  const auto jobs =
      parse_replication_cfg("local: 101-0\n\ttarget pve2\n\nlocal: 101-1\n\ttarget pve3\n\tdisable 1\n");
  ASSERT_EQ(jobs->at("101").size(), 1U);
  EXPECT_EQ(jobs->at("101")[0].id, "101-0");
  EXPECT_EQ(jobs->at("101")[0].type, "local");
  EXPECT_EQ(jobs->at("101")[0].target, "pve2");
}

TEST(ParseRrd, UnknownIsAbsentAndTheNewestRowOfAGuestWins) {
  const auto rrd = parse_rrd(
      "pve2.3-vm/801:0:old:stopped:0:1000:1:U:512:U:4096:0:U:U:U:U\n"
      "pve-vm-9.0/801:50:new:running:0:1200:0.5:0.02:512:100:4096:7:1:2:3:4:U:0.00:0.00:0.00:0.00:0.00:0.00\n"
      "pve2-node/pve1:2029::1200:1.0:2:0.3:0.003:900:500:0:0:80:20:1:2\n"
      "pve-storage-9.0/pve1/local:1200:100:40\n"
      "pve-later-10/x:1:2\n");
  ASSERT_TRUE(rrd.ok());
  const auto& guest = rrd->guests.at("801");
  EXPECT_EQ(guest.status, "running");
  EXPECT_EQ(guest.name, "new");
  EXPECT_EQ(guest.cpus, 0.5);
  EXPECT_EQ(rrd->nodes.at("pve1").level, "") << "the empty field counts as one";
  EXPECT_EQ(rrd->nodes.at("pve1").root_used_bytes, 20);
  EXPECT_EQ(rrd->storages.at("pve1/local").used_bytes, 40);
  EXPECT_EQ(rrd->torn_rows, 0U);
  const auto stopped = parse_rrd("pve2.3-vm/801:0:old:stopped:0:1000:1:U:512:U:4096:0:U:U:U:U\n");
  EXPECT_FALSE(stopped->guests.at("801").cpu_ratio.has_value());
  EXPECT_FALSE(stopped->guests.at("801").memory_bytes.has_value());
}

TEST(ParseRrd, TornAndHostileRowsCostOnlyThemselves) {
  const auto rrd = parse_rrd(
      "pve2.3-vm/1:0:a:stopped:0:1000:1:U:512:U:4096:0:U:U:U:U\n"
      "pve2.3-vm/2:0:b:stopped:0:1000\n"
      "no colon\n:\n/\npve2.3-vm/x:0:b:stopped:0:1000:1:U:512:U:4096:0:U:U:U:U\n"
      "pve2.3-vm/3:-5:c:running:0:1000:1:-0.002:512:10:4096:0:1:1:1:1\n"
      "pve2.3-vm/4:0:d:running:0:1000:1:0.5:512:10:4096:0:1:1:1:123");
  ASSERT_TRUE(rrd.ok());
  EXPECT_EQ(rrd->guests.size(), 2U) << "the last row may have been longer";
  EXPECT_EQ(rrd->guests.at("3").cpu_ratio, 0) << "the first sample after a start is a little negative";
  EXPECT_EQ(rrd->torn_rows, 6U);
  EXPECT_FALSE(parse_rrd("").ok()) << "all rows have vanished: not a cluster without guests";
  EXPECT_FALSE(parse_rrd("garbage\n").ok());
}

TEST(ParseStorage, WhatIsSharedAndWhere) {
  const auto storages = parse_storage_cfg(
      "# comment\nnfs: n\n\tserver 1.2.3.4\n\nzfspool: z\n\tnodes a,b\n\tsparse 1\n\ndir: d\n\tshared "
      "1\n\tcontent rootdir\n\n"
      "pbs: p\n\tdisable\n\nrbd: r\n\tcontent images,rootdir\n");
  ASSERT_TRUE(storages.ok());
  ASSERT_EQ(storages->size(), 6U) << "and local, which always exists";
  const auto& nfs = storages->at(0);
  EXPECT_TRUE(nfs.shared);
  EXPECT_THAT(nfs.content, ElementsAre("images")) << "no containers on NFS unless it says so";
  EXPECT_FALSE(storages->at(1).shared);
  EXPECT_TRUE(storages->at(1).is_on("b"));
  EXPECT_FALSE(storages->at(1).is_on("c"));
  EXPECT_THAT(storages->at(1).content, ElementsAre("images", "rootdir"));
  EXPECT_TRUE(storages->at(2).shared);
  EXPECT_TRUE(storages->at(3).disabled);
  EXPECT_EQ(storages->at(5).name, "local");
  EXPECT_FALSE(parse_storage_cfg("nfs: n\n\tserver 1.2.").ok()) << "cut off";
}

TEST(ParseDatacenter, AutoRebalanceInEverySpelling) {
  using Says = test::CrsSpelling::Says;
  for (const auto& [datacenter_cfg, says] : test::kCrsSpellings) {
    const auto on = parse_auto_rebalance(datacenter_cfg);
    EXPECT_EQ(on.ok(), says != Says::unclear) << datacenter_cfg;
    if (on) {
      EXPECT_EQ(*on, says == Says::on) << datacenter_cfg;
    }
  }
}

TEST(ParseDatacenter, AutoRebalanceOfAFileThatDoesNotEnd) {
  EXPECT_FALSE(parse_auto_rebalance("crs: ha=dyn").ok()) << "the rest may have switched it on";
  EXPECT_TRUE(*parse_auto_rebalance("crs: ha=dynamic,ha-auto-rebalance=1"));
  EXPECT_FALSE(parse_auto_rebalance("keyboard: de").ok());
}

TEST(ParseDatacenter, MigrationsHaveANetworkOfTheirOwn) {
  const auto corosync = [](const std::string& first, const std::string& second) {
    return "nodelist {\n  node {\n    name: a\n    nodeid: 1\n    ring0_addr: " + first +
           "\n  }\n  node {\n    name: b\n    ring0_addr: 10.1.1.2\n    ring1_addr: " + second + "\n  }\n}\n";
  };
  const std::string rings = corosync("10.1.1.1", "10.2.2.2");
  const std::string network = "migration: secure,network=10.10.0.0/24\n";
  EXPECT_EQ(migration_is_apart(network, rings), true);
  EXPECT_EQ(migration_is_apart("migration: network=10.10.0.0/24,type=insecure\n", rings), true);
  EXPECT_EQ(migration_is_apart("migration: secure,network=10.1.1.0/24\n", rings), false);
  EXPECT_EQ(migration_is_apart("migration: secure,network=10.2.2.128/24\n", rings), false)
      << "the second ring";
  EXPECT_EQ(migration_is_apart("migration: secure,network=10.2.2.128/25\n", rings), true);
  EXPECT_EQ(migration_is_apart("migration: secure,network=0.0.0.0/0\n", rings), false);
  EXPECT_EQ(migration_is_apart("migration: secure\n", rings), false);
  EXPECT_EQ(migration_is_apart("keyboard: de\n", rings), false);
  EXPECT_EQ(migration_is_apart("", rings), false);
  EXPECT_EQ(migration_is_apart("migration: network=fd00:1::/64\n", corosync("fd00:2::1", "fd00:3::1")), true);
  EXPECT_EQ(migration_is_apart("migration: network=fd00:1::/64\n", corosync("fd00:1::1", "fd00:3::1")),
            false);
  for (const char* odd :
       {"10.10.0.0", "10.10.0.0/33", "10.10.0.0/-1", "10.10.0/24", "x/24", "/24", "10.10.0.0/24/1"})
    EXPECT_EQ(migration_is_apart(std::string("migration: network=") + odd + "\n", rings), std::nullopt)
        << odd;
  EXPECT_EQ(migration_is_apart(network, corosync("alpha.lan", "10.2.2.2")), std::nullopt)
      << "a name is no address";
  EXPECT_EQ(migration_is_apart(network, ""), std::nullopt);
}

TEST(ParseMapping, NodesOfAMapping) {
  const auto mappings = parse_mappings(
      "gpu0\n\tmap id=10de:2204,node=alpha,path=0000:01:00.0\n\tmap "
      "id=10de:2204,node=beta,path=0000:02:00.0\n"
      "\tlive-migration-capable 1\n\nstick\n\tmap id=1:2,node=alpha\n");
  ASSERT_TRUE(mappings.ok());
  EXPECT_THAT(mappings->at("gpu0").nodes, ElementsAre("alpha", "beta"));
  EXPECT_TRUE(mappings->at("gpu0").live_migration);
  EXPECT_FALSE(mappings->at("stick").live_migration);
}

TEST(ParseHa, AGroupThatIsNotRestrictedAllowsTheRestBehindIt) {
  const std::string resources =
      "ct: 101\n\tgroup g\n\tstate started\n\nvm: 201\n\tgroup r\n\nct: 9\n\tstate ignored\n\nct: "
      "7\n\tfailback 0\n";
  const std::string groups =
      "group: g\n\tnodes a:2,b\n\tnofailback 1\n\ngroup: r\n\tnodes b\n\trestricted 1\n";
  const auto ha = parse_ha_config({resources, groups, {}}, {"a", "b", "c"});
  ASSERT_TRUE(ha.ok());
  EXPECT_EQ(ha->resources.size(), 3U) << "ignored is not managed";
  const auto& first = *ha->resources.at("lxc/101").hosts;
  ASSERT_EQ(first.size(), 3U);
  EXPECT_EQ(first[0].priority, 3);
  EXPECT_EQ(first[1].priority, 1);
  EXPECT_EQ(first[2].name, "c");
  EXPECT_EQ(first[2].priority, 0);
  EXPECT_EQ(ha->resources.at("lxc/101").failback, false);
  EXPECT_EQ(ha->resources.at("qemu/201").hosts->size(), 1U);
  EXPECT_FALSE(ha->resources.at("lxc/7").hosts.has_value());
  EXPECT_EQ(ha->resources.at("lxc/7").failback, false);
  ASSERT_EQ(ha->rules.size(), 2U);
  EXPECT_FALSE(ha->rules[0].strict);
  EXPECT_THAT(ha->rules[0].hosts, ElementsAre("a", "b"));
  EXPECT_TRUE(ha->rules[1].strict);
}

TEST(ParseHa, RulesOfVersionNine) {
  const std::string resources = "ct: 1\n\nct: 2\n\nvm: 3\n";
  const std::string rules =
      "node-affinity: n\n\tnodes a:2,b:1\n\tresources ct:1,vm:3\n\tstrict 1\n\n"
      "resource-affinity: apart\n\taffinity negative\n\tresources ct:1,ct:2\n\n"
      "resource-affinity: off\n\taffinity positive\n\tdisable 1\n\tresources ct:1,ct:2\n\n"
      "resource-affinity: together\n\taffinity positive\n\tresources ct:2,vm:3\n";
  const auto ha = parse_ha_config({resources, {}, rules}, {"a", "b", "c"});
  ASSERT_TRUE(ha.ok());
  ASSERT_EQ(ha->rules.size(), 3U);
  EXPECT_EQ(ha->rules[0].kind, RuleKind::only_on);
  EXPECT_THAT(ha->rules[0].guests, ElementsAre("lxc/1", "qemu/3"));
  EXPECT_EQ(ha->rules[1].kind, RuleKind::apart);
  EXPECT_TRUE(ha->rules[1].strict);
  EXPECT_EQ(ha->rules[1].origin, "ha/rules.cfg:apart");
  EXPECT_EQ(ha->rules[2].kind, RuleKind::together);
  EXPECT_EQ(ha->resources.at("lxc/1").hosts->size(), 2U);
  EXPECT_FALSE(parse_ha_config({"ct: 1\n\tst", {}, {}}, {}).ok());
}

TEST(ParseTasks, RunningAndEnded) {
  const auto tasks = parse_active_tasks(
      "UPID:pve1:0001A2B3:0F00BA12:69247ED0:vzmigrate:115:root@pam: 1 69247F0C OK\n"
      "UPID:pve1:0001B000:0F00FF00:692480EC:vzdump:106:root@pam: 0\n"
      "UPID:pve1:0001B001:0F00FF00:692480EC:qmstart:7:root@pam: 1 69248100 command failed\n"
      "nonsense\nUPID:pve1:zz\n");
  ASSERT_EQ(tasks.size(), 3U);
  EXPECT_EQ(tasks[0].ended_at, 0x69247F0C);
  EXPECT_TRUE(tasks[0].succeeded);
  EXPECT_FALSE(tasks[1].ended_at.has_value());
  EXPECT_EQ(tasks[1].guest, "106");
  EXPECT_FALSE(tasks[2].succeeded);
}

TEST(ParsePvecfg, TakesTheLiterals) {
  const auto version = parse_pvecfg(
      "sub version {\n    return '8.4.1';\n}\nsub release {\n    return \"8.4\";\n}\nsub repoid {\n return "
      "'ab';\n}\n");
  ASSERT_TRUE(version.ok());
  EXPECT_EQ(version->version, "8.4.1");
  EXPECT_EQ(version->release, "8.4");
  EXPECT_EQ(version->repoid, "ab");
  EXPECT_FALSE(parse_pvecfg("sub version {\n    return 'eight';\n}\n").ok());
  EXPECT_FALSE(parse_pvecfg("").ok());
}

}  // namespace
}  // namespace pcb
