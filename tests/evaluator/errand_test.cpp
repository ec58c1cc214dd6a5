#include "evaluator/decide/errand.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/evaluator/envelope_fixture.h"

namespace pcb {
namespace {

using ::testing::HasSubstr;

Cluster cluster() {
  Cluster made;
  for (const char* name : {"pve1", "pve2"}) {
    made.hosts.push_back(envelope_host(name));
    made.hosts.back().cpu_used_cores = 1;
    made.hosts.back().memory_used_bytes = 1e9;
  }
  made.guests = {envelope_guest("lxc/101", "pve2"), envelope_guest("qemu/201", "pve2")};
  for (Guest& guest : made.guests) {
    guest.cpu_used_cores = 0.5;
    guest.memory_used_bytes = 1e9;
    guest.memory_bytes = 2e9;
  }
  return made;
}

TEST(Errand, BringsHomeWhatIsStillWhereTheDrainPutIt) {
  Cluster state = cluster();
  state.guests.push_back(state.guests[0]);
  state.guests[2].id = "lxc/102";
  state.guests[2].host = "pve1";  // home already
  const Plan plan = return_plan(
      state, "pve1", {{"lxc/101", "pve2"}, {"qemu/201", "pve2"}, {"lxc/102", "pve2"}, {"lxc/999", "pve2"}},
      Policy{});
  EXPECT_EQ(plan.result, PlanResult::moves);
  ASSERT_EQ(plan.moves.size(), 2U);
  EXPECT_EQ(plan.moves[0].guest + plan.moves[0].from + plan.moves[0].to + plan.moves[0].method,
            "lxc/101pve2pve1restart");
  EXPECT_EQ(plan.moves[1].method, "live");
  EXPECT_EQ(plan.moves[1].step, 2);
  EXPECT_EQ(plan.reason, "2 guests go back to pve1");
  EXPECT_EQ(return_plan(state, "pve1", {{"lxc/101", "pve2"}}, Policy{}).reason, "1 guest goes back to pve1");
}

TEST(Errand, WhatMayNotGoHomeIsNamed) {
  Cluster state = cluster();
  state.guests[0].lock = "backup";
  const Plan plan = return_plan(state, "pve1", {{"lxc/101", "pve2"}}, Policy{});
  EXPECT_EQ(plan.result, PlanResult::infeasible);
  ASSERT_EQ(plan.rejected.size(), 1U);
  EXPECT_EQ(plan.rejected[0].code, "lock");
  const ErrandState is = return_state(plan);
  EXPECT_TRUE(is.over);
  EXPECT_FALSE(is.complete);
  EXPECT_THAT(is.progress, HasSubstr("1 not back on pve1 yet: lxc/101 (lock)"));
}

TEST(Errand, ADrainIsCompleteWhenNothingIsLeft) {
  Cluster state = cluster();
  Plan plan;
  plan.rejected = {{"lxc/101", std::nullopt, "bind_mount", "mp0"}};
  const ErrandState left = drain_state(state, "pve2", false, plan);
  EXPECT_TRUE(left.over);
  EXPECT_FALSE(left.complete);
  EXPECT_EQ(left.progress, "2 guests are left on pve2: lxc/101 (bind_mount: mp0), qemu/201");
  state.guests[0].status = GuestStatus::stopped;
  state.guests[1].host = "pve1";
  EXPECT_TRUE(drain_state(state, "pve2", false, Plan{}).complete);
  EXPECT_FALSE(drain_state(state, "pve2", true, Plan{}).complete) << "stopped ones shall leave, too";
}

TEST(Errand, ADrainMovesNobodyOnceNoneLeavesTheHost) {
  Cluster state = cluster();
  Plan plan;
  plan.moves = {envelope_move("lxc/122", "pve1", "pve3", "ha")};
  EXPECT_TRUE(drain_state(state, "pve2", false, plan).over) << "who is left on it cannot leave";
  for (Guest& guest : state.guests) guest.host = "pve1";
  const ErrandState is = drain_state(state, "pve2", false, plan);
  EXPECT_TRUE(is.over && is.complete);
  EXPECT_EQ(is.progress, "pve2 is empty");
  state = cluster();
  plan.moves.push_back(envelope_move("lxc/101", "pve2", "pve1", "restart"));
  EXPECT_FALSE(drain_state(state, "pve2", false, plan).over) << "the first may make room for the second";
}

TEST(Errand, ThePlanIsKeptWhileItIsTheSame) {
  Plan plan;
  plan.moves = {envelope_move("lxc/101", "pve2", "pve1", "restart")};
  EXPECT_TRUE(is_planned({{"lxc/101", "pve2", "pve1"}}, plan));
  EXPECT_FALSE(is_planned({}, plan));
  EXPECT_FALSE(is_planned({{"lxc/101", "pve2", "pve3"}}, plan));
}

}  // namespace
}  // namespace pcb
