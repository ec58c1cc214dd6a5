#include "evaluator/decide/cluster_state.h"

#include <cmath>
#include <limits>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace pcb {
namespace {

using ::testing::HasSubstr;

constexpr double kGiB = 1024.0 * 1024 * 1024;

Host host(const std::string& name, double cpu_used, double memory_used) {
  Host h;
  h.name = name;
  h.cpu_cores = 16;
  h.memory_bytes = 64 * kGiB;
  h.cpu_used_cores = cpu_used;
  h.memory_used_bytes = memory_used;
  h.age_seconds = 3;
  return h;
}

Guest guest(const std::string& id, const std::string& on, double cpu_used, double memory_used) {
  Guest g;
  g.id = id;
  g.host = on;
  g.cpu_used_cores = cpu_used;
  g.memory_used_bytes = memory_used;
  return g;
}

class ClusterStateTest : public ::testing::Test {
 protected:
  ClusterStateTest() {
    document_.cluster = "lab";
    document_.taken_at = 100'000;
    document_.hosts = {host("pve1", 14, 40 * kGiB), host("pve2", 2, 10 * kGiB)};
    document_.guests = {guest("lxc/101", "pve1", 9, 20 * kGiB), guest("qemu/201", "pve1", 3, 10 * kGiB),
                        guest("lxc/102", "pve2", 1, 5 * kGiB)};
    load("node/pve1", 12, 13, 38 * kGiB, 39 * kGiB);
    load("node/pve2", 2, 3, 10 * kGiB, 11 * kGiB);
    load("lxc/101", 8, 9.5, 19 * kGiB, 20 * kGiB);
    load("qemu/201", 2, 2.5, 9 * kGiB, 10 * kGiB);
    load("lxc/102", 1, 1.5, 5 * kGiB, 6 * kGiB);
  }

  void load(const std::string& id, double cpu, double cpu_high, double memory, double memory_high) {
    answers_[LoadQuery::cpu_mean][id] = cpu;
    answers_[LoadQuery::cpu_high][id] = cpu_high;
    answers_[LoadQuery::memory_mean][id] = memory;
    answers_[LoadQuery::memory_high][id] = memory_high;
    answers_[LoadQuery::cpu_points][id] = 60;
    answers_[LoadQuery::memory_points][id] = 60;
    answers_[LoadQuery::age][id] = 5;
  }
  void forget(const std::string& id) {
    for (auto& [query, samples] : answers_) samples.erase(id);
  }
  // Eighteen more hosts, so that one is less than a tenth.
  void add_hosts() {
    for (int i = 3; i <= 20; ++i) {
      const std::string name = "pve" + std::to_string(i);
      document_.hosts.push_back(host(name, 1, kGiB));
      load("node/" + name, 1, 1, kGiB, kGiB);
    }
  }
  [[nodiscard]] ClusterState state() const {
    return cluster_state(document_, answers_, {"lab", 60, 900, now_});
  }
  std::optional<double> now_;
  [[nodiscard]] HoldReason held() const {
    const ClusterState s = state();
    EXPECT_EQ(s.cluster.has_value(), s.hold.reason == HoldReason::none);
    EXPECT_EQ(s.hold.sentence.empty(), s.hold.reason == HoldReason::none);
    return s.hold.reason;
  }

  Cluster document_;
  LoadAnswers answers_;
};

TEST_F(ClusterStateTest, PutsTheWindowsLoadWhereTheGuestsAre) {
  const ClusterState s = state();
  ASSERT_TRUE(s.cluster) << s.hold.sentence;
  EXPECT_EQ(s.cluster->hosts[0].cpu_used_cores, 12);
  EXPECT_EQ(s.cluster->hosts[0].memory_used_bytes, 38 * kGiB);
  EXPECT_EQ(s.cluster->guests[0].cpu_used_cores, 8);
  EXPECT_EQ(s.cluster->guests[0].cpu_high_cores, 9.5);
  EXPECT_EQ(s.cluster->guests[0].memory_used_bytes, 19 * kGiB);
  EXPECT_EQ(s.cluster->guests[0].memory_high_bytes, 20 * kGiB);
  EXPECT_TRUE(s.notes.empty());
}

TEST_F(ClusterStateTest, AfterAMoveAHostIsItsOwnRestPlusTheGuestsItHasNow) {
  document_.guests[0].host =
      "pve2";  // moved a minute ago; the means of the hosts still tell of the time before
  document_.guests[0].last_moved_at = 100'000 - 60;
  document_.hosts[0].cpu_used_cores = 4;   // 3 of qemu/201 and 1 of its own
  document_.hosts[1].cpu_used_cores = 11;  // 9 + 1 of guests and 1 of its own
  document_.hosts[0].memory_used_bytes = 14 * kGiB;
  document_.hosts[1].memory_used_bytes = 27 * kGiB;
  const ClusterState s = state();
  ASSERT_TRUE(s.cluster) << s.hold.sentence;
  EXPECT_DOUBLE_EQ(*s.cluster->hosts[0].cpu_used_cores, 1 + 2);
  EXPECT_DOUBLE_EQ(*s.cluster->hosts[1].cpu_used_cores, 1 + 8 + 1);
  EXPECT_DOUBLE_EQ(*s.cluster->hosts[0].memory_used_bytes, (4 + 9) * kGiB);
  EXPECT_DOUBLE_EQ(*s.cluster->hosts[1].memory_used_bytes, (2 + 19 + 5) * kGiB);
  EXPECT_EQ(s.notes.size(), 1U);
}

TEST_F(ClusterStateTest, AMoveBeforeTheWindowChangesNothing) {
  document_.guests[0].last_moved_at = 100'000 - 901;
  EXPECT_EQ(state().cluster->hosts[0].cpu_used_cores, 12);
}

TEST_F(ClusterStateTest, AGuestWithTwoSamplesStays) {
  answers_[LoadQuery::cpu_points]["lxc/101"] = 2;
  const ClusterState s = state();
  ASSERT_TRUE(s.cluster);
  EXPECT_FALSE(s.cluster->guests[0].cpu_used_cores);
  EXPECT_FALSE(s.cluster->guests[0].memory_used_bytes);
  EXPECT_EQ(s.cluster->hosts[0].cpu_used_cores, 12) << "its load is still the host's";
  answers_[LoadQuery::cpu_points]["lxc/101"] = 3;
  EXPECT_EQ(state().cluster->guests[0].cpu_used_cores, 8);
}

TEST_F(ClusterStateTest, AGuestWhoseSeriesEndedStays) {
  answers_[LoadQuery::age].erase("lxc/101");
  EXPECT_FALSE(state().cluster->guests[0].cpu_used_cores);
}

TEST_F(ClusterStateTest, AStoppedGuestNeedsNoSamples) {
  document_.guests[0].status = GuestStatus::stopped;
  forget("lxc/101");
  const ClusterState s = state();
  ASSERT_TRUE(s.cluster);
  EXPECT_TRUE(s.notes.empty());
}

TEST_F(ClusterStateTest, WithoutQuorumNothingIsPlanned) {
  document_.quorate = false;
  EXPECT_EQ(held(), HoldReason::not_quorate);
}

TEST_F(ClusterStateTest, AnOnlineHostThatIsNotReadStopsEverything) {
  add_hosts();
  document_.hosts[1].age_seconds = 61;
  EXPECT_EQ(held(), HoldReason::host_unreadable);
  document_.hosts[1].age_seconds = 1;
  document_.hosts[1].state = HostState::unknown;
  EXPECT_EQ(held(), HoldReason::host_unreadable);
}

TEST_F(ClusterStateTest, AHostThatIsKnownToBeAwayIsNotMissing) {
  for (const HostState away : {HostState::offline, HostState::maintenance}) {
    document_.hosts[1].state = away;
    document_.hosts[1].age_seconds = 9999;
    answers_[LoadQuery::age].erase("node/pve2");
    EXPECT_EQ(held(), HoldReason::none);
  }
}

TEST_F(ClusterStateTest, ADocumentThatIsNoLongerRenewedStopsEverything) {
  document_.taken_at = 1000;
  now_ = 1060;
  EXPECT_EQ(held(), HoldReason::none);
  now_ = 1061;
  EXPECT_EQ(held(), HoldReason::document_stale);
  EXPECT_THAT(state().hold.sentence, testing::HasSubstr("no longer reads"));
  now_ = 900;
  EXPECT_EQ(held(), HoldReason::document_stale);
  EXPECT_THAT(state().hold.sentence, testing::HasSubstr("clocks"));
  document_.taken_at.reset();
  EXPECT_EQ(held(), HoldReason::document_invalid);
}

TEST_F(ClusterStateTest, AnotherClustersDocumentIsRefused) {
  document_.cluster = "other";
  EXPECT_EQ(held(), HoldReason::document_invalid);
  EXPECT_THAT(state().hold.sentence, HasSubstr("other"));
  document_.hosts.clear();
  document_.cluster = "lab";
  EXPECT_EQ(held(), HoldReason::document_invalid);
}

TEST_F(ClusterStateTest, AnyEmptyAnswerStopsEverything) {
  for (const LoadQuery query : kLoadQueries) {
    const LoadSamples kept = answers_[query];
    answers_[query].clear();
    EXPECT_EQ(held(), HoldReason::samples_empty) << name_of(query);
    answers_.erase(query);
    EXPECT_EQ(held(), HoldReason::samples_empty) << name_of(query);
    answers_[query] = kept;
  }
  EXPECT_EQ(held(), HoldReason::none);
}

TEST_F(ClusterStateTest, StaleSamplesStopEverything) {
  answers_[LoadQuery::age]["node/pve1"] = 60;
  EXPECT_EQ(held(), HoldReason::none);
  answers_[LoadQuery::age]["node/pve1"] = 61;
  EXPECT_EQ(held(), HoldReason::samples_stale);
  answers_[LoadQuery::age]["node/pve1"] = std::numeric_limits<double>::quiet_NaN();
  EXPECT_EQ(held(), HoldReason::samples_stale);
}

TEST_F(ClusterStateTest, WhatIsNoLoadIsRejected) {
  add_hosts();
  const double nan = std::numeric_limits<double>::quiet_NaN();
  for (const double value : {nan, std::numeric_limits<double>::infinity(), -1.0, 16 * 1.2}) {
    answers_[LoadQuery::cpu_mean]["lxc/101"] = value;
    const ClusterState s = state();
    ASSERT_TRUE(s.cluster) << s.hold.sentence;
    EXPECT_FALSE(s.cluster->guests[0].cpu_used_cores) << value;
  }
  for (const double value : {0.0, 16 * 1.05}) {  // rates overshoot a little
    answers_[LoadQuery::cpu_mean]["lxc/101"] = value;
    const ClusterState s = state();
    ASSERT_TRUE(s.cluster) << s.hold.sentence;
    EXPECT_EQ(s.cluster->guests[0].cpu_used_cores, value);
  }
  answers_[LoadQuery::cpu_mean]["lxc/101"] = nan;
  answers_[LoadQuery::cpu_mean]["lxc/102"] = nan;
  answers_[LoadQuery::memory_high]["qemu/201"] = nan;
  EXPECT_EQ(held(), HoldReason::samples_rejected) << "3 of 23 are more than a tenth";
}

TEST_F(ClusterStateTest, FewerThanNineTenthsOfTheHostsAreNoPicture) {
  add_hosts();
  forget("node/pve2");
  forget("node/pve3");
  const ClusterState s = state();
  ASSERT_TRUE(s.cluster) << "18 of 20: " << s.hold.sentence;
  EXPECT_EQ(s.cluster->hosts[1].state, HostState::unknown) << "nothing moves from or to it";
  forget("node/pve4");
  EXPECT_EQ(held(), HoldReason::samples_partial);
}

}  // namespace
}  // namespace pcb
