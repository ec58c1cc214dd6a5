// Backup jobs: their files, what they cover, and when they begin on each host.
#include "exporter/parse/backup_jobs.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "common/rfc3339.h"
#include "exporter/render.h"
#include "exporter/render_pve.h"
#include "tests/exporter/fixture.h"

namespace pcb {
namespace {

using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;
using ::testing::UnorderedElementsAre;

TEST(ParseBackupJobs, JobsCfg) {
  const auto jobs = parse_jobs_cfg(
      "vzdump: a\n\tschedule sat 01:00\n\tvmid 101,102\n\tnode pve1\n\tmode stop\n\tstorage nas\n\n"
      "realm-sync: b\n\tschedule daily\n\nvzdump: c\n\tschedule 2:00\n\tenabled 0\n\texclude 5\n\n"
      "vzdump: d\n\tpool prod\n\texclude 7\n");
  ASSERT_TRUE(jobs.ok());
  ASSERT_EQ(jobs->size(), 3U);
  const auto& first = jobs.value()[0];
  EXPECT_EQ(first.id + "|" + first.schedule + "|" + first.node + "|" + first.mode + "|" + first.storage,
            "a|sat 01:00|pve1|stop|nas");
  EXPECT_THAT(first.guests, ElementsAre("101", "102"));
  EXPECT_TRUE(first.enabled && !first.all);
  EXPECT_FALSE(jobs.value()[1].enabled);
  EXPECT_TRUE(jobs.value()[1].all) << "all but what is excluded";
  EXPECT_FALSE(jobs.value()[2].all);
  EXPECT_FALSE(parse_jobs_cfg("vzdump: a\n\tsched").ok());
}

TEST(ParseBackupJobs, VzdumpCron) {
  struct Case {
    const char* line;
    const char* expected;  // "schedule|on or off|all|guests"; empty: no job
  };
  const Case cases[] = {
      {"0 21 * * 6           root vzdump 100 101 --quiet 1 --mode snapshot", "sat 21:0|on||100 101"},
      {"30 3 * * *  root /usr/bin/vzdump --all 1 --storage nas", "3:30|on|all|"},
      {"30 3 * * mon-fri  root vzdump --exclude 7,8", "mon..fri 3:30|on|all|"},
      {"30 3 * * 1-5,0  root #vzdump 9 --mailto 'a 12 b' --compress=zstd", "mon..fri,sun 3:30|off||9"},
      {"30 3 * * 7 root vzdump --notes-template \"x 13\" 4", "sun 3:30|on||4"},
      {"# 0 21 * * 6 root vzdump 100", ""},
      {"PATH=\"/usr/sbin\"", ""},
      {"0 21 1 * 6 root vzdump 100", ""},
      {"0 21 * * 8 root vzdump 100", ""},
      {"0 21 * * 6 daemon vzdump 100", ""},
      {"0 21 * * 6 root rm -rf /", ""},
  };
  for (const auto& one : cases) {
    const auto jobs = parse_vzdump_cron(std::string(one.line) + "\n");
    ASSERT_TRUE(jobs.ok());
    std::string found;
    for (const auto& job : jobs.value()) {
      found = job.schedule + "|" + (job.enabled ? "on" : "off") + "|" + (job.all ? "all" : "") + "|" +
              text::join(job.guests, " ");
    }
    EXPECT_EQ(found, one.expected) << one.line;
  }
  EXPECT_FALSE(parse_vzdump_cron("0 21 * *").ok());
}

TEST(ParseBackupJobs, Pools) {
  const auto pools =
      parse_pools("pool:prod:Production:101,102:nas:\nuser:root@pam:1:0:::::\npool:a/b::3::\n");
  EXPECT_THAT(pools.at("prod"), ElementsAre("101", "102"));
  EXPECT_THAT(pools.at("a/b"), ElementsAre("3"));
  EXPECT_EQ(pools.size(), 2U);
}

// The cluster prod8 of three hosts in Berlin; Monday, 2025-11-24, 17:00 there.
class Backups : public ::testing::Test {
 protected:
  void SetUp() override {
    for (const auto* name : {"pve1", "pve2", "pve3"})
      trees_[name] = test::load_tree(std::string("pve8/") + name);
  }
  Snapshot build() {
    std::vector<HostTracker> trackers;
    SnapshotSettings settings;
    for (const auto& [name, tree] : trees_) {
      SnapshotSettings::HostSettings host;
      host.name = name;
      settings.hosts.push_back(std::move(host));
      trackers.emplace_back(name);
      test::run_cycle(trackers.back(), tree, trackers.size() == 1, 1764000000.4);
    }
    std::vector<const HostReport*> reports;
    for (const auto& tracker : trackers) reports.push_back(&tracker.report());
    return build_snapshot(reports, settings, 1764000000.4);
  }
  void jobs(const std::string& text) {
    for (auto& [name, tree] : trees_) {
      tree["/etc/pve/jobs.cfg"] = text;
      tree.erase("/etc/pve/vzdump.cron");
    }
  }
  static std::string next_of(const Snapshot& snapshot, const std::string& name) {
    for (const auto& host : snapshot.hosts) {
      if (host.document.name == name)
        return host.document.next_backup_at ? format_rfc3339(*host.document.next_backup_at) : "unknown";
    }
    return "no such host";
  }

  std::map<std::string, test::Tree> trees_;
};

TEST_F(Backups, EveryHostHasTheFirstOfItsOwnJobs) {
  const auto snapshot = build();
  ASSERT_EQ(snapshot.backup_jobs.size(), 5U) << "three of jobs.cfg, two of vzdump.cron, no realm-sync";
  EXPECT_EQ(next_of(snapshot, "pve1"), "2025-11-24T20:00:00Z") << "21:00 in Berlin, pve1's guests alone";
  EXPECT_EQ(next_of(snapshot, "pve2"), "2025-11-29T01:30:00Z") << "the pool's guests run there";
  EXPECT_EQ(next_of(snapshot, "pve3"), "2025-11-25T02:30:00Z") << "by vzdump.cron; the job at noon is off";
  EXPECT_THAT(*snapshot.backup_jobs[0].guests, Not(::testing::Contains("lxc/106")));
  EXPECT_THAT(*snapshot.backup_jobs[0].guests, ::testing::Contains("lxc/101"));
  EXPECT_THAT(*snapshot.backup_jobs[1].guests, UnorderedElementsAre("lxc/111", "lxc/112"));
  EXPECT_EQ(snapshot.backup_jobs[2].next_at, std::nullopt);
}

TEST_F(Backups, OneThatHasJustBegunStaysForAMinute) {
  jobs("vzdump: a\n\tschedule 16:59:30\n\tall 1\n");
  EXPECT_EQ(next_of(build(), "pve1"), "2025-11-24T15:59:30Z");
  jobs("vzdump: a\n\tschedule 16:58:30\n\tall 1\n");
  EXPECT_EQ(next_of(build(), "pve1"), "2025-11-25T15:58:30Z");
}

TEST_F(Backups, AHostWhoseClockIsWrongBeginsByItsOwnTime) {
  auto& stat = trees_["pve1"]["/proc/stat"];
  const auto at = stat.find("btime ") + 6;
  const auto booted = std::stoll(stat.substr(at));
  stat.replace(at, std::to_string(booted).size(), std::to_string(booted + 600));
  EXPECT_EQ(next_of(build(), "pve1"), "2025-11-24T19:50:00Z") << "it will be 21:00 there ten minutes before";
}

TEST_F(Backups, WhatIsNotKnownIsAbsent) {
  jobs("vzdump: a\n\tschedule whenever\n\tall 1\n");
  auto snapshot = build();
  EXPECT_EQ(next_of(snapshot, "pve1"), "unknown");
  EXPECT_THAT(snapshot.warnings, ::testing::Contains(HasSubstr("jobs.cfg:a: when it runs is not known")));
  jobs("vzdump: a\n\tschedule 21:00\n\tpool prod\n");
  for (auto& [name, tree] : trees_) {  // as an older script, installed as a forced command, answers
    tree.erase("pcb/pools");
    if (name == "pve2") tree.erase("pcb/zone");
  }
  snapshot = build();
  EXPECT_EQ(next_of(snapshot, "pve1"), "2025-11-24T20:00:00Z") << "its guests may be anyone's";
  EXPECT_EQ(next_of(snapshot, "pve2"), "unknown");
  EXPECT_EQ(snapshot.backup_jobs[0].guests, std::nullopt);
  EXPECT_EQ(snapshot.not_backed_up, std::nullopt);
  EXPECT_THAT(render_metrics(snapshot, {}), Not(HasSubstr("pve_not_backed_up")));
}

TEST_F(Backups, CoverageIsCountedAsProxmoxCountsIt) {
  const auto snapshot = build();
  ASSERT_TRUE(snapshot.not_backed_up);
  // 122 is named by a job that is off, 201 is excluded, 106 is excluded, 221 is in vzdump.cron.
  EXPECT_THAT(*snapshot.not_backed_up,
              AllOf(Not(::testing::Contains("lxc/122")), ::testing::Contains("qemu/201"),
                    ::testing::Contains("lxc/106"), Not(::testing::Contains("qemu/221")),
                    ::testing::Contains("lxc/113")));
  const auto count = std::to_string(snapshot.not_backed_up->size());
  for (const auto& page :
       {render_metrics(snapshot, {}), render_pve(snapshot, "pve1", {}, Exposition::prometheus)}) {
    EXPECT_THAT(page, HasSubstr("\npve_not_backed_up_total{id=\"cluster/prod8\"} " + count + "\n"));
    EXPECT_THAT(page, HasSubstr("\npve_not_backed_up_info{id=\"qemu/201\"} 1\n"));
    EXPECT_THAT(page, Not(HasSubstr("pve_not_backed_up_info{id=\"lxc/122\"}")));
  }
  jobs("vzdump: a\n\tschedule 21:00\n\tall 1\n");
  EXPECT_THAT(*build().not_backed_up, IsEmpty());
}

TEST_F(Backups, RunningTasksStandInTheDocument) {
  trees_["pve1"]["/var/log/pve/tasks/active"] =
      "UPID:pve1:0001A2B3:0F00BA12:69247ED0:vzmigrate:115:root@pam: 1 69247F0C OK\n"
      "UPID:pve1:0001B000:0F00FF00:692480EC:vzdump:106:root@pam: 0\n"
      "UPID:pve1:0001B001:0F00FF00:692480ED:vzdump::root@pam: 0\n"
      "UPID:pve1:0001B002:0F00FF00:692480EE:vncproxy:106:root@pam: 0\n"
      "UPID:pve1:0001B004:0F00FF00:692480EF:vncshell::root@pam: 0\n"
      "UPID:pve1:0001B005:0F00FF00:692480F0:otherproxy:101:root@pam: 0\n"
      "UPID:pve1:0001B003:00000100:00000010:qmigrate:201:root@pam: 0\n";
  const auto document = render_document(build());
  std::vector<std::string> found;
  for (const auto& task : document.tasks) {
    if (task.host == "pve1") found.push_back(task.type + " " + task.guest.value_or("none"));
  }
  EXPECT_THAT(found, ElementsAre("vzdump lxc/106", "vzdump none", "otherproxy lxc/101"))
      << "no known console, nothing that has ended, nothing from before the boot";
  EXPECT_EQ(document.backup_jobs.size(), 5U);
}

TEST_F(Backups, AChangedJobIsReadAgain) {
  HostTracker tracker("pve1");
  auto& tree = trees_["pve1"];
  test::run_cycle(tracker, tree, true, 1764000000.4);
  EXPECT_FALSE(tracker.next_request(true).configs);
  for (const auto* file : {"jobs.cfg", "vzdump.cron", "user.cfg"}) {
    auto& version = tree["/etc/pve/.version"];
    const auto key = "\"" + std::string(file) + "\": ";
    const auto at = version.find(key);
    if (at == std::string::npos)
      version.insert(version.find("\"vmlist\""), key + "9, ");
    else
      version.insert(at + key.size(), "9");
    const auto request = tracker.next_request(true);
    const auto taken = tracker.accept(test::answer(tree, request), test::kNonce, 1764000010.4, 0.05);
    ASSERT_TRUE(taken.ok());
    EXPECT_EQ(*taken, HostTracker::FollowUp::ask_again) << file;
    test::run_cycle(tracker, tree, true, 1764000015.4);
  }
}

}  // namespace
}  // namespace pcb
