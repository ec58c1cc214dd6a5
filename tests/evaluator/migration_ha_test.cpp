// What a migration by the HA manager has come to.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/evaluator/migration_scene.h"

namespace pcb {
namespace {

using test::kHa;
using test::scene;
using test::UnitState;
using test::Watch;
using ::testing::HasSubstr;

TEST(MigrationByHa, IsDoneOnceItRestsOnTheTarget) {
  Watch watch(kHa);
  const auto queued = scene(kHa).unit(UnitState::succeeded).at({"pve1"}).runs("pve1").ha("started", "pve1");
  EXPECT_EQ(watch.see(queued, 10).state, MoveState::running);  // exit 0 means queued
  EXPECT_EQ(watch.see(scene(kHa).at({"pve1"}, "migrate").ha("migrate", "pve1", "pve2"), 5).state,
            MoveState::running);
  EXPECT_EQ(watch.see(scene(kHa).at({"pve2"}).ha("started", "pve2"), 5).state, MoveState::running);
  const auto there = scene(kHa).at({"pve2"}).runs("pve2").ha("started", "pve2");
  EXPECT_EQ(watch.see(there, 13).state, MoveState::verifying);  // 24 of 25 seconds
  EXPECT_EQ(watch.see(there, 2).state, MoveState::done);
}

TEST(MigrationByHa, MovedBackIsAFailureThatNamesTheReason) {
  Watch watch(kHa);
  watch.see(scene(kHa).at({"pve2"}).runs("pve2").ha("started", "pve2"), 4);
  watch.see(scene(kHa).at({"pve2"}).ha("migrate", "pve2", "pve1"), 2);
  const auto verdict = watch.see(scene(kHa).at({"pve1"}).runs("pve1").ha("started", "pve1"), 3);
  EXPECT_EQ(verdict.state, MoveState::failed);
  EXPECT_THAT(verdict.sentence, HasSubstr("moved ct:103 back to pve1"));
}

TEST(MigrationByHa, TriedAndFailedOrNeverTakenUp) {
  Watch tried(kHa);
  tried.see(scene(kHa).at({"pve1"}).ha("migrate", "pve1", "pve2"));
  EXPECT_EQ(tried.see(scene(kHa).at({"pve1"}).runs("pve1").ha("started", "pve1"), 3).state,
            MoveState::failed);
  Watch ignored(kHa);
  const auto rests = scene(kHa).unit(UnitState::succeeded).at({"pve1"}).runs("pve1").ha("started", "pve1");
  EXPECT_EQ(ignored.see(rests, 89).state, MoveState::running);
  const auto verdict = ignored.see(rests, 5);
  EXPECT_EQ(verdict.state, MoveState::failed);
  EXPECT_THAT(verdict.sentence, HasSubstr("did not take the request up"));
}

TEST(MigrationByHa, ErrorIsToldWithTheWayOut) {
  Watch watch(kHa);
  const auto verdict = watch.see(scene(kHa).at({"pve2"}).ha("error", "pve2"), 3);
  EXPECT_EQ(verdict.state, MoveState::failed);
  EXPECT_EQ(verdict.command, "ssh root@pve1 ha-manager set ct:103 --state disabled");
}

TEST(MigrationByHa, AnErrorFromBeforeIsNoFailureOfAMoveThatLeftNoTrace) {
  const auto error = scene(kHa).at({"pve1"}).ha("error", "pve1");
  Watch restarted(kHa, false);
  restarted.skip(58);
  EXPECT_EQ(restarted.see(error).state, MoveState::starting) << "it may still begin";
  const auto verdict = restarted.see(error, 4);
  EXPECT_EQ(verdict.state, MoveState::failed);
  EXPECT_TRUE(verdict.not_started);
  EXPECT_THAT(verdict.sentence, HasSubstr("nothing was started"));
  Watch begun(kHa, false);
  begun.see(scene(kHa).at({"pve1"}).ha("migrate", "pve1", "pve2"));
  EXPECT_FALSE(begun.see(error, 40).not_started);
}

TEST(MigrationByHa, ARefusedRequestEndsAtOnce) {
  Watch watch(kHa);
  const auto verdict = watch.see(
      scene(kHa)
          .unit(UnitState::failed, "service 'ct:103' in error state, must be disabled and fixed first")
          .at({"pve1"})
          .runs("pve1")
          .ha("started", "pve1"),
      3);
  EXPECT_EQ(verdict.state, MoveState::failed);
  EXPECT_THAT(verdict.sentence, HasSubstr("must be disabled and fixed first"));
}

}  // namespace
}  // namespace pcb
