#include "exporter/snapshot.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "exporter/render.h"
#include "tests/exporter/fixture.h"

namespace pcb {
namespace {

using test::Tree;
using ::testing::Contains;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

constexpr double kStart = 1764000000.4, kLater = 1764000010.4;

std::string replaced(std::string text, const std::string& from, const std::string& to) {
  const auto at = text.find(from);
  EXPECT_NE(at, std::string::npos) << from;
  return text.replace(at, from.size(), to);
}

// The cluster prod8 with all three hosts read at kLater, before a test changes it.
class SnapshotTest : public ::testing::Test {
 protected:
  void SetUp() override {
    for (const auto* name : {"pve1", "pve2", "pve3"}) {
      SnapshotSettings::HostSettings host;
      host.name = name;
      settings_.hosts.push_back(std::move(host));
      trees_[name] = test::load_tree(std::string("pve8/") + name);
      later_[name] = test::load_tree(std::string("pve8/") + name, true);
      trackers_.emplace(name, HostTracker(name));
    }
  }

  void read(const std::string& name, bool later = true) {
    test::run_cycle(trackers_.at(name), trees_.at(name), name == "pve1", kStart);
    if (later) test::run_cycle(trackers_.at(name), later_.at(name), name == "pve1", kLater);
  }
  void read_all() {
    for (const auto* name : {"pve1", "pve2", "pve3"}) read(name);
  }
  Snapshot build(double now = kLater) {
    std::vector<const HostReport*> reports;
    for (const auto& [name, tracker] : trackers_) reports.push_back(&tracker.report());
    return build_snapshot(reports, settings_, now);
  }

  static const SnapshotHost& host(const Snapshot& snapshot, const std::string& name) {
    for (const auto& one : snapshot.hosts) {
      if (one.document.name == name) return one;
    }
    ADD_FAILURE() << name << " is not there";
    static const SnapshotHost kNone;
    return kNone;
  }
  static const SnapshotGuest& guest(const Snapshot& snapshot, const std::string& id) {
    for (const auto& one : snapshot.guests) {
      if (one.document.id == id) return one;
    }
    ADD_FAILURE() << id << " is not there";
    static const SnapshotGuest kNone;
    return kNone;
  }

  SnapshotSettings settings_;
  std::map<std::string, Tree> trees_, later_;
  std::map<std::string, HostTracker> trackers_;
};

TEST_F(SnapshotTest, AHostThatWasNeverReadIsDownWithItsReasonAndCostsTheOthersNothing) {
  read("pve1");
  read("pve2");
  trackers_.at("pve3").fail(FailureReason::connect_timeout, "no answer on port 22");
  const auto snapshot = build();
  const auto& pve3 = host(snapshot, "pve3");
  EXPECT_FALSE(pve3.up);
  EXPECT_EQ(pve3.failure, FailureReason::connect_timeout);
  EXPECT_EQ(pve3.document.state, HostState::unknown)
      << "the cluster says it is online: known only as unreadable";
  EXPECT_EQ(pve3.document.cpu_cores, 16) << "its size is in .rrd";
  EXPECT_TRUE(host(snapshot, "pve1").up);
  EXPECT_EQ(guest(snapshot, "lxc/121").document.status, GuestStatus::unknown);
  EXPECT_FALSE(guest(snapshot, "lxc/121").document.cpu_used_cores.has_value());
  EXPECT_EQ(guest(snapshot, "lxc/121").document.name, "pressure");
  EXPECT_THAT(snapshot.warnings, Contains(HasSubstr("pve3 is not read: no answer on port 22")));
  const auto page = render_metrics(snapshot, {});
  EXPECT_THAT(page, HasSubstr("pve_up{id=\"node/pve3\"} 0\n"));
  EXPECT_THAT(page, Not(HasSubstr("lxc/121")));
}

TEST_F(SnapshotTest, DataOlderThanTwoIntervalsLeavesThePage) {
  read_all();
  test::run_cycle(trackers_.at("pve1"), later_.at("pve1"), true, kLater + 31);
  const auto snapshot = build(kLater + 31);
  EXPECT_TRUE(host(snapshot, "pve1").read);
  EXPECT_FALSE(host(snapshot, "pve2").read);
  EXPECT_EQ(host(snapshot, "pve2").document.age_seconds, 31);
  EXPECT_EQ(host(snapshot, "pve2").document.cpu_cores, 8) << "a size does not grow old";
  EXPECT_FALSE(host(snapshot, "pve2").document.cpu_used_cores.has_value());
  const auto page = render_metrics(snapshot, {});
  EXPECT_THAT(page, HasSubstr("pve_up{id=\"node/pve2\"} 0\n"));
  EXPECT_THAT(page, Not(HasSubstr("pve_load1{id=\"node/pve2\"}")));
  EXPECT_THAT(page, Not(HasSubstr("lxc/111")));
  const auto earlier = build(kLater + 29);
  EXPECT_TRUE(host(earlier, "pve2").read) << "up to two intervals of 15 s it stays";
}

TEST_F(SnapshotTest, AHostThatAQuorateClusterShowsOfflineIsOffline) {
  later_.at("pve1")["/etc/pve/.members"] = replaced(later_.at("pve1")["/etc/pve/.members"],
                                                    "\"id\": 3, \"online\": 1", "\"id\": 3, \"online\": 0");
  read("pve1");
  read("pve2");
  EXPECT_EQ(host(build(), "pve3").document.state, HostState::offline);
  read("pve3");
  EXPECT_EQ(host(build(), "pve3").document.state, HostState::unknown)
      << "it answers, but its pmxcfs is not in the cluster";
  EXPECT_THAT(build().warnings, Contains(HasSubstr("pve3 is read, but the other members do not see it")));
}

TEST_F(SnapshotTest, AMinorityDecidesNothing) {
  for (auto& [name, tree] : later_) {
    tree["/etc/pve/.members"] = replaced(tree["/etc/pve/.members"], "\"quorate\": 1", "\"quorate\": 0");
  }
  later_.at("pve1")["/etc/pve/.members"] = replaced(later_.at("pve1")["/etc/pve/.members"],
                                                    "\"id\": 3, \"online\": 1", "\"id\": 3, \"online\": 0");
  read("pve1");
  const auto snapshot = build();
  EXPECT_EQ(snapshot.quorate, false);
  EXPECT_EQ(host(snapshot, "pve3").document.state, HostState::unknown);
}

TEST_F(SnapshotTest, AGuestThatHasMovedStandsOnceUnderItsNewHost) {
  read_all();
  // lxc/111 has gone from pve2 to pve1: pve1 has its config and runs it, pve2 still shows its cgroup.
  auto& tree = later_.at("pve1");
  tree["/etc/pve/.version"] = replaced(tree["/etc/pve/.version"], "\"vmlist\": 42", "\"vmlist\": 43");
  tree["/etc/pve/.vmlist"] =
      replaced(tree["/etc/pve/.vmlist"], "\"111\": { \"node\": \"pve2\"", "\"111\": { \"node\": \"pve1\"");
  tree["/etc/pve/nodes/pve1/lxc/111.conf"] = trees_.at("pve2")["/etc/pve/nodes/pve2/lxc/111.conf"];
  for (const auto& [path, content] : trees_.at("pve2")) {
    if (path.starts_with("/sys/fs/cgroup/lxc/111/")) tree[path] = content;
  }
  test::run_cycle(trackers_.at("pve1"), tree, true, kLater + 5);
  const auto snapshot = build(kLater + 5);
  EXPECT_EQ(guest(snapshot, "lxc/111").document.host, "pve1");
  EXPECT_EQ(guest(snapshot, "lxc/111").document.status, GuestStatus::running);
  EXPECT_FALSE(guest(snapshot, "lxc/111").document.cpu_used_cores.has_value())
      << "one sample there is no rate";
  const auto page = render_metrics(snapshot, {});
  const std::string info = "pve_guest_info{id=\"lxc/111\"";
  EXPECT_EQ(page.find(info), page.rfind(info));
}

TEST_F(SnapshotTest, AConfigReadAfterTheListOfGuestsIsNewerThanIt) {
  read_all();
  // Between the list (from pve1, at kLater) and pve3's configs, lxc/111 has moved from pve2 to pve3.
  auto& tree = later_.at("pve3");
  tree["/etc/pve/.version"] = replaced(tree["/etc/pve/.version"], "\"vmlist\": 42", "\"vmlist\": 43");
  tree["/etc/pve/.vmlist"] =
      replaced(tree["/etc/pve/.vmlist"], "\"111\": { \"node\": \"pve2\"", "\"111\": { \"node\": \"pve3\"");
  tree["/etc/pve/nodes/pve3/lxc/111.conf"] = trees_.at("pve2")["/etc/pve/nodes/pve2/lxc/111.conf"];
  tree["/etc/pve/.members"] =
      replaced(tree["/etc/pve/.members"], "\"quorate\": 1", "\"quorate\": 0");  // no view of its own
  test::run_cycle(trackers_.at("pve3"), tree, false, kLater + 1);
  EXPECT_EQ(guest(build(kLater + 1), "lxc/111").document.host, "pve3");
}

TEST_F(SnapshotTest, AGuestThatIsGoneIsGone) {
  read_all();
  auto& tree = later_.at("pve1");
  tree["/etc/pve/.version"] = replaced(tree["/etc/pve/.version"], "\"vmlist\": 42", "\"vmlist\": 43");
  tree["/etc/pve/.vmlist"] = replaced(
      tree["/etc/pve/.vmlist"], "\"113\": { \"node\": \"pve2\", \"type\": \"lxc\", \"version\": 10 },\n", "");
  test::run_cycle(trackers_.at("pve1"), tree, true, kLater + 5);
  for (const auto& one : build(kLater + 5).guests) EXPECT_NE(one.document.id, "lxc/113");
}

TEST_F(SnapshotTest, FiguresThatOnlyQemuKnowsComeFromFreshRowsOfRrd) {
  auto& rrd = later_.at("pve1")["/etc/pve/.rrd"];
  rrd = replaced(rrd, ":3250585600:", ":1234567890:");
  read_all();
  EXPECT_EQ(guest(build(), "qemu/221").figures.memory_usage_bytes, 1234567890);
  EXPECT_TRUE(guest(build(), "qemu/221").figures.disk_read_bytes_total.has_value());
  auto& old = later_.at("pve1");
  std::string aged;
  for (const auto line : text::split_lines(old["/etc/pve/.rrd"]))
    aged += replaced(std::string(line), "1764000010", "1763999900") + "\n";
  old["/etc/pve/.rrd"] = aged;
  test::run_cycle(trackers_.at("pve1"), old, true, kLater + 1);
  const auto snapshot = build(kLater + 1);
  const auto& vm = guest(snapshot, "qemu/221");
  EXPECT_EQ(vm.figures.memory_usage_bytes, 3250585600) << "the row is 110 s old: the scope's own figure";
  EXPECT_FALSE(vm.figures.disk_size_bytes.has_value());
  EXPECT_FALSE(vm.figures.disk_read_bytes_total || vm.figures.disk_written_bytes_total)
      << "the scope counts otherwise: shown in between, a reset and a leap";
  EXPECT_EQ(snapshot.storages.front().document.active, false);
}

TEST_F(SnapshotTest, AJumpOfTheExportersClockMakesNothingFreshAndNoRateWrong) {
  read_all();
  const auto rate = host(build(), "pve2").document.cpu_used_cores;
  ASSERT_TRUE(rate.has_value());
  EXPECT_FALSE(host(build(kLater + 3600), "pve2").read) << "put forward: until the next answer it is too old";
  EXPECT_FALSE(host(build(kLater - 3600), "pve2").read)
      << "put back: an answer of the future must not stay fresh for an hour";
  trackers_.clear();
  for (const auto* name : {"pve1", "pve2", "pve3"}) {
    trackers_.emplace(name, HostTracker(name));
    test::run_cycle(trackers_.at(name), trees_.at(name), name == std::string("pve1"), kStart);
    test::run_cycle(trackers_.at(name), later_.at(name), name == std::string("pve1"), kLater - 3600);
  }
  EXPECT_EQ(host(build(kLater - 3600), "pve2").document.cpu_used_cores, rate)
      << "rates are by the host's uptime";
}

TEST_F(SnapshotTest, AWrongClockOfAHostIsToldAndChangesNoRate) {
  read_all();
  const auto rate = host(build(), "pve2").document.cpu_used_cores;
  EXPECT_NEAR(host(build(), "pve2").clock_offset_seconds.value(), 0, 2);
  for (auto* trees : {&trees_, &later_}) {
    if (auto& stat = trees->at("pve2")["/proc/stat"]; !stat.empty())
      stat = replaced(stat, "btime 1760539992", "btime 1760543592");
  }
  trackers_.at("pve2") = HostTracker("pve2");
  read("pve2");
  const auto snapshot = build();
  EXPECT_NEAR(host(snapshot, "pve2").clock_offset_seconds.value(), 3600, 2);
  EXPECT_EQ(host(snapshot, "pve2").document.cpu_used_cores, rate);
  EXPECT_TRUE(host(snapshot, "pve2").read);
}

TEST_F(SnapshotTest, CountersThatFallAreShownAsTheyAreAndGiveNoRate) {
  auto& stat = later_.at("pve2")["/sys/fs/cgroup/lxc/111/cpu.stat"];
  read("pve1");
  read("pve3");
  const auto line = std::string(text::split_lines(stat).front());
  stat = replaced(stat, line, "usage_usec 1000");
  read("pve2");
  const auto snapshot = build();
  EXPECT_EQ(guest(snapshot, "lxc/111").figures.cpu_seconds_total, 0.001);
  EXPECT_EQ(guest(snapshot, "lxc/111").document.cpu_used_cores, std::nullopt);
  EXPECT_THAT(render_metrics(snapshot, {}), HasSubstr("pve_cpu_seconds_total{id=\"lxc/111\"} 0.001\n"));
}

TEST_F(SnapshotTest, AnotherGuestUnderTheSameNumberHasNotMoved) {
  read_all();
  EXPECT_EQ(guest(build(), "lxc/115").document.last_moved_at, 0x69247F0C);
  auto& tasks = later_.at("pve2")["/var/log/pve/tasks/active"];
  tasks = "UPID:pve2:0001A2B3:0F00BA12:69247F10:vzcreate:115:root@pam: 1 69247F20 OK\n";
  read("pve2");
  EXPECT_EQ(guest(build(), "lxc/115").document.last_moved_at, std::nullopt);
  tasks = "UPID:pve2:0001A2B3:0F00BA12:69247E10:vzcreate:115:root@pam: 1 69247E20 OK\n";
  read("pve2");
  EXPECT_EQ(guest(build(), "lxc/115").document.last_moved_at, 0x69247F0C) << "it has moved since";
}

TEST_F(SnapshotTest, APausedVmIsPaused) {
  auto& rrd = later_.at("pve1")["/etc/pve/.rrd"];
  rrd = replaced(rrd, "864010:balloon:running", "864010:balloon:paused");
  read_all();
  EXPECT_EQ(guest(build(), "qemu/221").document.status, GuestStatus::paused);
}

TEST_F(SnapshotTest, MemoryThatIsUsedCreditsTheZfsCache) {
  settings_.defaults.arc_credit = 0.25;
  read_all();
  const auto snapshot = build();
  const auto& pve1 = host(snapshot, "pve1");
  const double used = *pve1.figures.memory_usage_bytes, arc = *pve1.arc_size_bytes - *pve1.arc_min_bytes;
  EXPECT_EQ(arc, 4.0 * 1024 * 1024 * 1024);
  EXPECT_EQ(pve1.document.memory_used_bytes, used - 0.25 * arc);
  EXPECT_EQ(pve1.memory_available_bytes, pve1.document.memory_bytes - *pve1.document.memory_used_bytes);
  const auto& pve2 = host(snapshot, "pve2");
  EXPECT_EQ(pve2.document.memory_used_bytes, pve2.figures.memory_usage_bytes) << "no ZFS, no credit";
}

TEST_F(SnapshotTest, AHostsTrafficIsThatOfItsNetworkCardsByTheNamesTheyHave) {
  read_all();
  const auto by_name = host(build(), "pve1").figures.network_receive_bytes_total;
  ASSERT_TRUE(by_name.has_value());
  for (auto* trees : {&trees_, &later_}) {
    auto& tree = trees->at("pve1");
    tree["/proc/net/dev"] = replaced(tree["/proc/net/dev"], " eno1:", " lan0:");
    tree["pcb/nics"] = "lan0\n";
  }
  trackers_.at("pve1") = HostTracker("pve1");
  read("pve1");
  EXPECT_EQ(host(build(), "pve1").figures.network_receive_bytes_total, by_name);
}

TEST_F(SnapshotTest, ThresholdsByDefaultHostTagAndGuest) {
  settings_.hosts[0].cpu_threshold = 0.5;
  settings_.hosts[0].container_memory_threshold = 0.6;
  settings_.guests["tag:prod"].memory = 0.7;
  settings_.guests["tag:db"].memory = 0.65;
  settings_.guests["lxc/101"].memory = 0.99;
  read_all();
  const auto snapshot = build();
  EXPECT_EQ(host(snapshot, "pve1").document.cpu_threshold, 0.5);
  EXPECT_EQ(host(snapshot, "pve2").document.cpu_threshold, 0.8);
  EXPECT_EQ(guest(snapshot, "lxc/101").figures.memory_threshold, 0.99) << "its own wins";
  EXPECT_EQ(guest(snapshot, "lxc/102").figures.memory_threshold, 0.65) << "the lowest of its tags";
  EXPECT_EQ(guest(snapshot, "lxc/103").figures.memory_threshold, 0.6) << "its host's";
  EXPECT_EQ(guest(snapshot, "lxc/113").figures.memory_threshold, 0.9);
  EXPECT_EQ(guest(snapshot, "lxc/113").figures.cpu_threshold, 0.9);
}

TEST_F(SnapshotTest, TheReserveIsTheLargerOfFourGibibytesAndFivePercent) {
  read_all();
  constexpr double kGiB = 1024.0 * 1024 * 1024;
  EXPECT_EQ(host(build(), "pve1").document.memory_reserved_bytes, 4 * kGiB);
  for (auto& [name, tree] : later_)
    tree["/proc/meminfo"] = replaced(tree["/proc/meminfo"], "MemTotal:       ", "MemTotal:       9");
  test::run_cycle(trackers_.at("pve3"), later_.at("pve3"), false, kLater + 1);
  const auto snapshot = build(kLater + 1);
  EXPECT_DOUBLE_EQ(*host(snapshot, "pve3").document.memory_reserved_bytes,
                   0.05 * host(snapshot, "pve3").document.memory_bytes);
  settings_.hosts[2].memory_reserved_bytes = 1e9;
  EXPECT_EQ(host(build(kLater + 1), "pve3").document.memory_reserved_bytes, 1e9);
}

TEST_F(SnapshotTest, AnAllowedBlockerIsGoneAndShows) {
  settings_.allow_blockers["lxc/103"] = {"bind_mount"};
  read_all();
  const auto snapshot = build();
  EXPECT_THAT(guest(snapshot, "lxc/103").document.blockers, IsEmpty());
  EXPECT_THAT(snapshot.warnings, Contains("lxc/103: bind_mount (mp0) is allowed by config.yaml"));
}

TEST_F(SnapshotTest, AHalfWrittenConfigSkipsThatGuestAlone) {
  trees_.at("pve2")["/etc/pve/nodes/pve2/lxc/111.conf"] =
      later_.at("pve2")["/etc/pve/nodes/pve2/lxc/111.conf"] = "arch: amd";
  read_all();
  const auto snapshot = build();
  EXPECT_FALSE(guest(snapshot, "lxc/111").read);
  EXPECT_TRUE(guest(snapshot, "lxc/113").read);
  const auto page = render_metrics(snapshot, {});
  EXPECT_THAT(page, Not(HasSubstr("lxc/111")));
  EXPECT_THAT(page, HasSubstr("balancer_collect_success{id=\"node/pve2\",section=\"configs\"} 0\n"));
  EXPECT_EQ(guest(snapshot, "lxc/111").document.host, "pve2") << "the document still knows that it is there";
}

TEST_F(SnapshotTest, AMemberThatIsNotConfiguredIsKnownFromTheCluster) {
  settings_.hosts.pop_back();
  trackers_.erase("pve3");
  read("pve1");
  read("pve2");
  const auto snapshot = build();
  const auto& pve3 = host(snapshot, "pve3");
  EXPECT_FALSE(pve3.configured);
  EXPECT_TRUE(pve3.up) << "what the cluster says of it";
  EXPECT_EQ(pve3.document.state, HostState::unknown);
  EXPECT_THAT(snapshot.warnings,
              Contains(HasSubstr("pve3 is a member of the cluster but not in proxmox_hosts")));
}

TEST_F(SnapshotTest, AHostUnderAWrongNameIsToldAndUsedUnderItsOwn) {
  settings_.hosts[0].name = "first";
  settings_.hosts[0].cpu_threshold = 0.5;
  trackers_.erase("pve1");
  HostTracker first("first");
  test::run_cycle(first, trees_.at("pve1"), true, kLater);
  trackers_.emplace("first", std::move(first));
  const auto snapshot = build();
  EXPECT_TRUE(host(snapshot, "pve1").read);
  EXPECT_EQ(host(snapshot, "pve1").document.cpu_threshold, 0.5);
  EXPECT_THAT(snapshot.warnings, Contains(HasSubstr("write name: pve1")));
  EXPECT_EQ(snapshot.hosts.size(), 3U) << "there is no other host that would be down";
  ASSERT_NE(find_target(snapshot, "first"), nullptr);
  EXPECT_EQ(find_target(snapshot, "first")->document.name, "pve1");
}

TEST_F(SnapshotTest, NothingReadIsAnEmptyPictureThatSaysWhy) {
  const auto snapshot = build();
  EXPECT_EQ(snapshot.hosts.size(), 3U);
  EXPECT_FALSE(snapshot.quorate.has_value());
  const auto document = render_document(snapshot);
  EXPECT_THAT(document.hosts, IsEmpty()) << "no size, no host";
  EXPECT_THAT(document.warnings, Contains(HasSubstr("pve2 is not read: no answer yet")));
}

}  // namespace
}  // namespace pcb
