#include "exporter/host_state.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/exporter/fixture.h"

namespace pcb {
namespace {

using test::kNonce;
using test::Tree;

constexpr double kStart = 1764000000;

std::string replaced(std::string text, const std::string& from, const std::string& to) {
  const auto at = text.find(from);
  EXPECT_NE(at, std::string::npos) << from;
  return text.replace(at, from.size(), to);
}

class HostTrackerTest : public ::testing::Test {
 protected:
  HostTrackerTest() : tree_(test::load_tree("pve8/pve1")), later_(test::load_tree("pve8/pve1", true)) {}

  HostTracker::FollowUp take(const Tree& tree, double at) {
    const auto taken = tracker_.accept(test::answer(tree, tracker_.next_request(false)), kNonce, at, 0.1);
    EXPECT_TRUE(taken.ok()) << taken.error().message;
    return *taken;
  }

  Tree tree_, later_;
  HostTracker tracker_{"pve1"};
};

TEST_F(HostTrackerTest, AsksForEverythingOnceAndThenForTheLeast) {
  auto request = tracker_.next_request(false);
  EXPECT_TRUE(request.host && request.guests && request.configs && request.cluster && request.df);
  EXPECT_FALSE(request.rrd);
  EXPECT_EQ(take(tree_, kStart), HostTracker::FollowUp::none);
  request = tracker_.next_request(false);
  EXPECT_TRUE(request.host && request.guests);
  EXPECT_FALSE(request.configs || request.cluster || request.rrd || request.df);
  request = tracker_.next_request(true);
  EXPECT_TRUE(request.cluster && request.rrd);
  EXPECT_FALSE(request.configs);
}

TEST_F(HostTrackerTest, AForgottenViewIsNotMissedUntilGuestsChange) {
  take(tree_, kStart);
  ASSERT_TRUE(tracker_.report().view);
  tracker_.forget_view();
  EXPECT_FALSE(tracker_.report().view);
  EXPECT_FALSE(tracker_.next_request(false).cluster);
  EXPECT_EQ(take(tree_, kStart + 10), HostTracker::FollowUp::none);
  later_["/etc/pve/.version"] = replaced(later_["/etc/pve/.version"], "\"vmlist\": 42", "\"vmlist\": 43");
  EXPECT_EQ(take(later_, kStart + 20), HostTracker::FollowUp::ask_again);
  EXPECT_EQ(take(later_, kStart + 20), HostTracker::FollowUp::none) << "no own guest has changed";
  EXPECT_TRUE(tracker_.report().view);
}

TEST_F(HostTrackerTest, AChangeOfAForeignGuestIsSeenWithoutReadingConfigs) {
  take(tree_, kStart);
  later_["/etc/pve/.version"] = replaced(later_["/etc/pve/.version"], "\"vmlist\": 42", "\"vmlist\": 43");
  later_["/etc/pve/.vmlist"] =
      replaced(later_["/etc/pve/.vmlist"], "\"pve3\", \"type\": \"lxc\", \"version\": 4 ",
               "\"pve3\", \"type\": \"lxc\", \"version\": 43 ");
  EXPECT_EQ(take(later_, kStart + 10), HostTracker::FollowUp::ask_again);
  const auto request = tracker_.next_request(false);
  EXPECT_TRUE(request.cluster);
  EXPECT_FALSE(request.host || request.guests || request.configs) << "a follow-up must not disturb the rates";
  EXPECT_EQ(take(later_, kStart + 10), HostTracker::FollowUp::none);
  EXPECT_FALSE(tracker_.next_request(false).cluster);
}

TEST_F(HostTrackerTest, AChangeOfAnOwnGuestReadsTheConfigsInTheSameCycle) {
  take(tree_, kStart);
  later_["/etc/pve/.version"] = replaced(later_["/etc/pve/.version"], "\"vmlist\": 42", "\"vmlist\": 43");
  later_["/etc/pve/.vmlist"] =
      replaced(later_["/etc/pve/.vmlist"], "\"pve1\", \"type\": \"lxc\", \"version\": 19 ",
               "\"pve1\", \"type\": \"lxc\", \"version\": 43 ");
  later_["/etc/pve/nodes/pve1/lxc/101.conf"] =
      replaced(later_["/etc/pve/nodes/pve1/lxc/101.conf"], "web01", "renamed");
  EXPECT_EQ(take(later_, kStart + 10), HostTracker::FollowUp::ask_again);
  EXPECT_EQ(take(later_, kStart + 10), HostTracker::FollowUp::ask_again);
  EXPECT_TRUE(tracker_.next_request(false).configs);
  EXPECT_EQ(take(later_, kStart + 10), HostTracker::FollowUp::none);
  EXPECT_EQ(tracker_.report().facts->configs.at("lxc/101").name(), "renamed");
  EXPECT_TRUE(tracker_.report().rates.cpu_ratio.has_value());
}

TEST_F(HostTrackerTest, AChangedSettingReadsTheConfigs) {
  take(tree_, kStart);
  later_["/etc/pve/.version"] =
      replaced(later_["/etc/pve/.version"], "\"storage.cfg\": 2", "\"storage.cfg\": 3");
  EXPECT_EQ(take(later_, kStart + 10), HostTracker::FollowUp::ask_again);
  EXPECT_TRUE(tracker_.next_request(false).configs);
}

TEST_F(HostTrackerTest, ANetworkDeviceThatComesReadsTheBridges) {
  tree_["/sys/class/net/vmbr0/operstate"] = "up\n";
  later_["/sys/class/net/vmbr0/operstate"] = "down\n";
  take(tree_, kStart);
  EXPECT_EQ(take(later_, kStart + 10), HostTracker::FollowUp::none);
  later_["/sys/class/net/vmbr7/operstate"] = "up\n";
  EXPECT_EQ(take(later_, kStart + 20), HostTracker::FollowUp::ask_again);
  EXPECT_EQ(take(later_, kStart + 20), HostTracker::FollowUp::none);
  EXPECT_EQ(take(later_, kStart + 30), HostTracker::FollowUp::none) << "read, and not again";
}

TEST_F(HostTrackerTest, ANetworkCardThatComesIsKnownInTheSameCycleAndWithoutEtcPve) {
  tree_["/sys/class/net/lan0/operstate"] = later_["/sys/class/net/lan0/operstate"] = "up\n";
  tree_["pcb/nics"] = "lan0\n";
  const auto answer = test::answer(tree_, tracker_.next_request(false));
  ASSERT_TRUE(tracker_.accept(replaced(answer, "\npve ok\n", "\npve dead\n"), kNonce, kStart, 0.1).ok());
  EXPECT_THAT(tracker_.report().nics, ::testing::ElementsAre("lan0"));
  take(tree_, kStart + 10);
  later_["/sys/class/net/wan0/operstate"] = "up\n";
  later_["pcb/nics"] = "lan0\nwan0\n";
  EXPECT_EQ(take(later_, kStart + 20), HostTracker::FollowUp::ask_again);
  EXPECT_EQ(take(later_, kStart + 20), HostTracker::FollowUp::none);
  EXPECT_THAT(tracker_.report().nics, ::testing::ElementsAre("lan0", "wan0"));
}

TEST_F(HostTrackerTest, WhatNoCounterTellsOfIsReadAgainAllTheSame) {
  take(tree_, kStart);
  int cycles = 1;
  for (; !tracker_.next_request(false).configs && cycles < 200; ++cycles) take(later_, kStart + 10 * cycles);
  EXPECT_EQ(cycles, 61);
  take(later_, kStart + 10 * cycles);
  EXPECT_FALSE(tracker_.next_request(false).configs);
}

TEST_F(HostTrackerTest, TheHaManagersHeartbeatReadsNothing) {
  take(tree_, kStart);
  later_["/etc/pve/.version"] =
      replaced(later_["/etc/pve/.version"], "\"ha/manager_status\": 90011", "\"ha/manager_status\": 90012");
  EXPECT_EQ(take(later_, kStart + 10), HostTracker::FollowUp::none);
}

TEST_F(HostTrackerTest, AFailureOfWhatAnotherHostIsAskedForNowDoesNotStay) {
  tree_["/etc/pve/.rrd"] = "";
  tree_["/etc/pve/ha/manager_status"] = "{ torn";
  test::run_cycle(tracker_, tree_, true, kStart);
  EXPECT_FALSE(tracker_.report().sections.at("rrd").ok);
  EXPECT_FALSE(tracker_.report().sections.at("ha").ok);
  test::run_cycle(tracker_, tree_, false, kStart + 10);
  EXPECT_FALSE(tracker_.report().sections.contains("rrd"));
  EXPECT_FALSE(tracker_.report().sections.contains("ha"));
}

TEST_F(HostTrackerTest, AHalfWrittenConfigIsCountedAndItsFormerValueKept) {
  take(tree_, kStart);
  auto& config = later_["/etc/pve/nodes/pve1/lxc/101.conf"];
  config = config.substr(0, config.size() / 2);
  later_["/etc/pve/.version"] =
      replaced(later_["/etc/pve/.version"], "\"storage.cfg\": 2", "\"storage.cfg\": 3");
  EXPECT_EQ(take(later_, kStart + 10), HostTracker::FollowUp::ask_again);
  EXPECT_EQ(take(later_, kStart + 10), HostTracker::FollowUp::none)
      << "it is read again in the next cycle, not at once";
  const auto& report = tracker_.report();
  EXPECT_FALSE(report.sections.at("configs").ok);
  EXPECT_THAT(report.sections.at("configs").detail, ::testing::StartsWith("1 of 8 guest configs"));
  EXPECT_EQ(report.facts->configs.size(), 8U);
  EXPECT_EQ(report.facts->configs.at("lxc/101").name(), "web01");
  EXPECT_TRUE(tracker_.next_request(false).configs);
}

TEST_F(HostTrackerTest, AHalfWrittenConfigSeenFirstIsSkipped) {
  tree_["/etc/pve/nodes/pve1/lxc/101.conf"] = "arch: amd64\ncores: 2\nfeat";
  take(tree_, kStart);
  EXPECT_EQ(tracker_.report().facts->configs.size(), 7U);
  EXPECT_FALSE(tracker_.report().facts->configs.contains("lxc/101"));
}

TEST_F(HostTrackerTest, ADeadPveLeavesTheConfigsAsTheyWere) {
  take(tree_, kStart);
  auto answer = test::answer(later_, tracker_.next_request(true));
  answer = replaced(answer, "\npve ok\n", "\npve dead\n");
  std::erase_if(later_, [](const auto& file) { return file.first.starts_with("/etc/pve/"); });
  ASSERT_TRUE(tracker_.accept(answer, kNonce, kStart + 10, 0.1).ok());
  EXPECT_FALSE(tracker_.report().sections.at("pve").ok);
  EXPECT_THAT(tracker_.report().sections.at("pve").detail, ::testing::HasSubstr("pve-cluster"));
  EXPECT_EQ(tracker_.report().facts->configs.size(), 8U);
  EXPECT_EQ(tracker_.report().sample->guests.size(), 5U) << "its guests run on";
}

TEST_F(HostTrackerTest, AnEtcPveThatVanishesWhileItIsReadIsNotAHostWithoutGuests) {
  take(tree_, kStart);
  later_["/etc/pve/.version"] =
      replaced(later_["/etc/pve/.version"], "\"storage.cfg\": 2", "\"storage.cfg\": 3");
  take(later_, kStart + 10);
  std::erase_if(later_, [](const auto& file) { return file.first.starts_with("/etc/pve/nodes/pve1/"); });
  take(later_, kStart + 10);
  EXPECT_FALSE(tracker_.report().sections.at("configs").ok);
  EXPECT_EQ(tracker_.report().facts->configs.size(), 8U);
}

TEST_F(HostTrackerTest, RatesNeedTwoSamplesOfOneBoot) {
  take(tree_, kStart);
  EXPECT_FALSE(tracker_.report().rates.cpu_ratio.has_value());
  take(later_, kStart + 10);
  EXPECT_TRUE(tracker_.report().rates.cpu_ratio.has_value());
  EXPECT_EQ(tracker_.report().rates.guest_cpu_cores.size(), 5U);
  auto rebooted = tree_;
  rebooted["/proc/uptime"] = "12.00 20.00\n";
  take(rebooted, kStart + 300);
  EXPECT_FALSE(tracker_.report().rates.cpu_ratio.has_value()) << "a reboot gives no value, and no spike";
  EXPECT_TRUE(tracker_.report().rates.guest_cpu_cores.empty());
}

TEST_F(HostTrackerTest, ARebootThatNobodySawGivesNoRate) {
  tree_["/proc/uptime"] = "12.00 20.00\n";
  take(tree_, kStart);
  later_["/proc/uptime"] = "290.00 20.00\n";  // more than before: it was out of reach while it booted
  take(later_, kStart + 300);
  EXPECT_FALSE(tracker_.report().rates.cpu_ratio.has_value());
  later_["/proc/uptime"] = "300.00 20.00\n";
  take(later_, kStart + 310);
  EXPECT_TRUE(tracker_.report().rates.guest_cpu_cores.contains("lxc/103"));
}

TEST_F(HostTrackerTest, AGuestThatWasRestartedHasNoRate) {
  take(tree_, kStart);
  auto& cpu = later_["/sys/fs/cgroup/lxc/101/cpu.stat"];
  cpu = "usage_usec 5000\nuser_usec 1\nsystem_usec 1\n";
  later_["/proc/3100/stat"] =
      replaced(later_["/proc/3100/stat"], "285520770", "346000000");  // lxc/102, counter higher all the same
  take(later_, kStart + 10);
  EXPECT_FALSE(tracker_.report().rates.guest_cpu_cores.contains("lxc/101"));
  EXPECT_FALSE(tracker_.report().rates.guest_cpu_cores.contains("lxc/102"));
  EXPECT_TRUE(tracker_.report().rates.guest_cpu_cores.contains("lxc/103"));
}

TEST_F(HostTrackerTest, ACgroupThatVanishesWhileItIsReadIsNoGuest) {
  tree_["/sys/fs/cgroup/lxc/101/cgroup.events"] = "";
  tree_["/sys/fs/cgroup/lxc/102/cgroup.events"] = "populated 0\nfrozen 0\n";
  tree_["/sys/fs/cgroup/lxc/103/memory.stat"] = "";
  take(tree_, kStart);
  EXPECT_EQ(tracker_.report().sample->guests.size(), 2U);
  EXPECT_FALSE(tracker_.report().sections.at("cgroups").ok) << "lxc/103 runs but is torn";
}

TEST_F(HostTrackerTest, EveryTornFileFailsItsOwnSectionOnly) {
  const std::map<std::string, std::string> sections = {{"/proc/stat", "stat"},
                                                       {"/proc/meminfo", "meminfo"},
                                                       {"/proc/loadavg", "loadavg"},
                                                       {"/proc/net/dev", "net"},
                                                       {"/proc/pressure/io", "pressure"},
                                                       {"/proc/vmstat", "vmstat"},
                                                       {"/etc/pve/.version", "version"},
                                                       {"/etc/pve/.vmlist", "cluster"},
                                                       {"/etc/pve/storage.cfg", "storage"},
                                                       {"/proc/cpuinfo", "cpuinfo"},
                                                       {"/etc/pve/datacenter.cfg", "datacenter"},
                                                       {"/proc/spl/kstat/zfs/arcstats", "arc"}};
  for (const auto& [path, section] : sections) {
    auto torn = tree_;
    torn[path] = torn[path].substr(0, 9);
    HostTracker tracker("pve1");
    ASSERT_TRUE(tracker.accept(test::answer(torn, tracker.next_request(true)), kNonce, kStart, 0.1).ok());
    for (const auto& [name, state] : tracker.report().sections)
      EXPECT_EQ(state.ok, name != section) << path << " " << name;
  }
}

TEST_F(HostTrackerTest, AnAnswerThatCannotBeUsedChangesNothingButTheFailure) {
  take(tree_, kStart);
  const auto before = tracker_.report().sample->received_at;
  EXPECT_FALSE(tracker_.accept("garbage", kNonce, kStart + 10, 0.1).ok());
  EXPECT_EQ(tracker_.report().failure, FailureReason::script);
  EXPECT_EQ(tracker_.report().sample->received_at, before);
  auto torn = later_;
  torn["/proc/uptime"] = "";
  EXPECT_FALSE(
      tracker_.accept(test::answer(torn, tracker_.next_request(false)), kNonce, kStart + 20, 0.1).ok());
  EXPECT_EQ(tracker_.report().failure, FailureReason::protocol);
  tracker_.fail(FailureReason::auth, "no");
  EXPECT_EQ(tracker_.report().failure, FailureReason::auth);
  EXPECT_EQ(take(later_, kStart + 30), HostTracker::FollowUp::none);
  EXPECT_EQ(tracker_.report().failure, FailureReason::none);
}

// Its name becomes part of every series, and two that differ only in what a page replaces would be the same.
TEST_F(HostTrackerTest, AHostWithANameThatIsNoneIsNotRead) {
  for (const auto* name : {"pve\xff", "p\"ve", "-pve", "pve 1", "p{}"}) {
    auto tree = tree_;
    tree["/proc/sys/kernel/hostname"] = std::string(name) + "\n";
    HostTracker tracker("pve1");
    const auto taken = tracker.accept(test::answer(tree, tracker.next_request(false)), kNonce, kStart, 0.1);
    ASSERT_FALSE(taken.ok()) << name;
    EXPECT_TRUE(text::is_utf8(taken.error().message)) << name;
    EXPECT_EQ(tracker.report().failure, FailureReason::protocol);
    EXPECT_EQ(tracker.report().node_name, "");
  }
}

TEST_F(HostTrackerTest, DfIsAskedSeldom) {
  int asked = 0;
  for (int cycle = 0; cycle < 21; ++cycle) {
    asked += tracker_.next_request(false).df ? 1 : 0;
    auto tree = tree_;
    tree["/proc/uptime"] = std::to_string(3460008 + cycle * 10) + ".00 1.00\n";
    take(tree, kStart + cycle * 10);
  }
  EXPECT_EQ(asked, 3);
}

TEST_F(HostTrackerTest, AFileSystemThatHangsDfDoesNotKeepTheHostFromBeingRead) {
  Tree tree{{"/proc/sys/kernel/hostname", "pve1\n"},
            {"/proc/uptime", "1000.00 1.00\n"},
            {"pcb/filesystems", "ext4 1 1 1000 400 600 /\n"}};
  double at = kStart;
  const auto read_until_df = [&] {
    int cycles = 0;
    for (; cycles < 1000 && !tracker_.next_request(false).df; ++cycles) take(tree, at += 10);
    return cycles;
  };
  const auto hangs = [&] { tracker_.fail(FailureReason::command_timeout, "too late"); };
  const auto& report = tracker_.report();
  take(tree, at);
  EXPECT_EQ(read_until_df(), 9);
  hangs();
  EXPECT_EQ(read_until_df(), 1) << "it may have been something else";
  EXPECT_TRUE(report.sections.at("df").ok);
  EXPECT_NE(report.node_files.slow, nullptr);
  hangs();
  EXPECT_FALSE(report.sections.at("df").ok);
  EXPECT_EQ(report.node_files.slow, nullptr) << "too old to be told";
  EXPECT_EQ(read_until_df(), 9);
  hangs();
  EXPECT_EQ(read_until_df(), 18);
  for (int i = 0; i < 8; ++i) {
    hangs();
    EXPECT_LE(read_until_df(), 288);
  }
  take(tree, at += 10);
  EXPECT_TRUE(report.sections.at("df").ok);
  EXPECT_NE(report.node_files.slow, nullptr);
  EXPECT_EQ(read_until_df(), 9);
  // Only what waited for df puts it off.
  take(tree, at += 10);
  hangs();
  EXPECT_EQ(read_until_df(), 9);
  tracker_.fail(FailureReason::connect_timeout, "gone");
  EXPECT_TRUE(tracker_.next_request(false).df);
}

}  // namespace
}  // namespace pcb
