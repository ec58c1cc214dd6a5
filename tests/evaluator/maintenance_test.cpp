#include "evaluator/decide/maintenance.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/evaluator/envelope_fixture.h"

namespace pcb {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

Guest ha_guest(const std::string& id, GuestStatus status = GuestStatus::running) {
  Guest guest = envelope_guest(id, "pve1");
  guest.status = status;
  guest.ha.emplace();
  guest.ha->managed = true;
  guest.ha->state = status == GuestStatus::running ? "started" : "stopped";
  return guest;
}

Cluster cluster_with(std::vector<Guest> guests) {
  Cluster cluster;
  for (const char* name : {"pve1", "pve2"}) cluster.hosts.push_back(envelope_host(name));
  cluster.guests = std::move(guests);
  return cluster;
}

Move step(int number, const std::string& guest, std::vector<int> after = {}) {
  Move move = envelope_move(guest, "pve1", "pve2", "ha");
  move.step = number;
  move.after = std::move(after);
  return move;
}

std::vector<std::string> guests_of(const Plan& plan) {
  std::vector<std::string> guests;
  for (const Move& move : plan.moves) guests.push_back(move.guest);
  return guests;
}

TEST(Maintenance, NeedsEveryHostToKnowIt) {
  const auto with = [](std::optional<std::string> version) {
    Cluster cluster = cluster_with({});
    cluster.hosts[1].pve_version = std::move(version);
    return has_node_maintenance(cluster);
  };
  EXPECT_TRUE(with("8.4.1"));
  EXPECT_TRUE(with("7.4-18"));
  EXPECT_FALSE(with("7.3-6"));
  EXPECT_TRUE(with("10.0"));
  EXPECT_FALSE(with("7"));
  EXPECT_FALSE(with("x.9"));
  EXPECT_FALSE(with(std::nullopt));
}

TEST(Maintenance, TakesRunningHaGuestsAndLeavesTheRestToThePlan) {
  Plan plan;
  plan.moves = {step(1, "lxc/101"), step(2, "qemu/201"), step(3, "lxc/102", {1})};
  Guest elsewhere = ha_guest("lxc/105");
  elsewhere.host = "pve2";
  const Cluster cluster = cluster_with({envelope_guest("lxc/101", "pve1"), ha_guest("qemu/201"),
                                        envelope_guest("lxc/102", "pve1"), elsewhere});
  const DrainSplit split = split_drain(cluster, "pve1", plan);
  EXPECT_THAT(split.left_to_ha, ElementsAre("qemu/201"));
  EXPECT_TRUE(split.wants_maintenance);
  EXPECT_THAT(guests_of(split.own), ElementsAre("lxc/101", "lxc/102"));
}

TEST(Maintenance, WhatComesAfterAMoveOfHaIsNotMovedEither) {
  Plan plan;
  plan.moves = {step(1, "qemu/201"), step(2, "lxc/101", {1}), step(3, "lxc/102", {2}), step(4, "lxc/103")};
  const Cluster cluster = cluster_with({ha_guest("qemu/201")});
  EXPECT_THAT(guests_of(split_drain(cluster, "pve1", plan).own), ElementsAre("lxc/103"));
}

TEST(Maintenance, WithoutHaGuestsOrOnOldHostsThePlanStaysAsItIs) {
  Plan plan;
  plan.moves = {step(1, "qemu/201")};
  Cluster cluster = cluster_with({ha_guest("qemu/201")});
  cluster.hosts[0].pve_version = "7.2-3";
  const DrainSplit old = split_drain(cluster, "pve1", plan);
  EXPECT_FALSE(old.wants_maintenance);
  EXPECT_THAT(old.left_to_ha, IsEmpty());
  EXPECT_THAT(guests_of(old.own), ElementsAre("qemu/201"));
  EXPECT_FALSE(
      split_drain(cluster_with({envelope_guest("qemu/201", "pve1")}), "pve1", plan).wants_maintenance);
}

TEST(Maintenance, IsNotAskedForWhereAnHaGuestCannotLeave) {
  Plan plan;
  plan.moves = {step(1, "qemu/202")};
  Cluster cluster = cluster_with({ha_guest("qemu/201"), ha_guest("qemu/202")});
  cluster.guests[0].blockers = {{"bind_mount", "mp0", ""}};
  const DrainSplit split = split_drain(cluster, "pve1", plan);
  EXPECT_FALSE(split.wants_maintenance);
  EXPECT_THAT(guests_of(split.own), ElementsAre("qemu/202"));
  EXPECT_THAT(split.left_to_ha, IsEmpty());
  cluster.guests[0].blockers = {{"auto_rebalance", "crs", ""}, {"ha_state", "migrate", ""}};
  EXPECT_TRUE(split_drain(cluster, "pve1", plan).wants_maintenance) << "these are Proxmox's own affair";
}

// In maintenance the HA manager leaves them where they are, and takes no command for them.
TEST(Maintenance, StoppedHaGuestsLeaveBeforeItBegins) {
  Plan plan;
  plan.moves = {step(1, "qemu/201"), step(2, "lxc/101"), step(3, "qemu/202")};
  Cluster cluster = cluster_with(
      {ha_guest("qemu/201"), envelope_guest("lxc/101", "pve1"), ha_guest("qemu/202", GuestStatus::stopped)});
  DrainSplit split = split_drain(cluster, "pve1", plan);
  EXPECT_FALSE(split.wants_maintenance);
  EXPECT_THAT(guests_of(split.own), ElementsAre("qemu/202"));
  cluster.hosts[0].state = HostState::maintenance;
  split = split_drain(cluster, "pve1", plan);
  EXPECT_TRUE(split.wants_maintenance) << "somebody was quicker";
}

TEST(Maintenance, HaIsBusyWhileAnyOfThemIsOnItsWay) {
  Cluster cluster = cluster_with({ha_guest("qemu/201"), ha_guest("qemu/202")});
  EXPECT_FALSE(ha_is_busy(cluster, {"qemu/201", "qemu/202"}));
  cluster.guests[1].ha->state = "migrate";
  EXPECT_TRUE(ha_is_busy(cluster, {"qemu/201", "qemu/202"}));
  EXPECT_FALSE(ha_is_busy(cluster, {"qemu/201"}));
  cluster.guests[1].ha->state = "error";
  EXPECT_FALSE(ha_is_busy(cluster, {"qemu/202"}));
}

TEST(Maintenance, EnvelopeOfMaintenance) {
  const auto verdict = [](const std::function<void(EnvelopeCase&)>& change) {
    EnvelopeCase c;
    c.known.mode = "approve";
    change(c);
    std::string names;
    for (const Refusal& refusal : judge_maintenance("pve1", c.known, c.settings))
      names += (names.empty() ? "" : " ") + std::string(name_of(refusal.reason));
    return names;
  };
  EXPECT_EQ(verdict([](EnvelopeCase&) {}), "");
  EXPECT_EQ(verdict([](EnvelopeCase& c) { c.cluster.hosts[0].state = HostState::maintenance; }), "");
  EXPECT_EQ(verdict([](EnvelopeCase& c) { c.cluster.auto_rebalance = true; }), "")
      << "it is Proxmox that moves";
  EXPECT_EQ(verdict([](EnvelopeCase& c) { c.known.paused = true; }), "paused");
  EXPECT_EQ(verdict([](EnvelopeCase& c) { c.known.breaker = "open"; }), "breaker");
  EXPECT_EQ(verdict([](EnvelopeCase& c) { c.known.holds_lock = false; }), "cluster_lock");
  EXPECT_EQ(verdict([](EnvelopeCase& c) { c.known.mode = "suggest"; }), "mode");
  EXPECT_EQ(verdict([](EnvelopeCase& c) { c.cluster.quorate = false; }), "not_quorate");
  EXPECT_EQ(verdict([](EnvelopeCase& c) { c.cluster.hosts[2].state = HostState::offline; }), "member_down");
  EXPECT_EQ(verdict([](EnvelopeCase& c) { c.known.backup_hosts = {"pve1"}; }), "backup_running");
  EXPECT_EQ(verdict([](EnvelopeCase& c) { c.cluster.taken_at = EnvelopeCase::kNow - 61; }), "stale");
  EXPECT_EQ(verdict([](EnvelopeCase& c) {
              c.past("lxc/101", "pve1", "pve2", EnvelopeCase::kNow - 5, std::nullopt, false);
            }),
            "at_once");
}

}  // namespace
}  // namespace pcb
