// What still holds a start back when everything was allowed a moment ago: found by breaking the code.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/evaluator/errand_fixture.h"

namespace pcb {
namespace {

TEST_F(ActorTest, AnIntentThatCannotBeWrittenStartsNothing) {
  approve();
  auto database = Database::open(directory_.path() + "/journal.sqlite");
  ASSERT_TRUE(database
                  ->execute("CREATE TRIGGER full BEFORE INSERT ON operations "
                            "BEGIN SELECT RAISE(ABORT, 'no room'); END")
                  .ok());
  go(5);
  EXPECT_TRUE(migrator_.starts.empty());
  ASSERT_TRUE(database->execute("DROP TRIGGER full").ok());
  go(2);
  EXPECT_EQ(migrator_.starts.size(), 1U);
}

TEST_F(ActorTest, AnApprovedMoveWaitsWhileItsPlanCannotBeMadeAgain) {
  approve();
  world_.prometheus_answers = false;
  go(5);
  EXPECT_TRUE(migrator_.starts.empty());
  world_.prometheus_answers = true;
  go(2);
  EXPECT_EQ(migrator_.starts.size(), 1U);
}

// It slept while Alertmanager was asked: what was judged before is not what is.
TEST_F(ActorTest, AMoveThatWasJudgedTooLongAgoIsSkipped) {
  approve();
  tick();
  world_.on_lists = [this] { migrator_.now_seconds += 25; };
  actor_->round();
  EXPECT_TRUE(migrator_.starts.empty());
  EXPECT_THAT(moves(), ::testing::Contains(::testing::HasSubstr("lxc/103>pve2 skipped")));
}

// The lock is judged with all else; between that and the start the intent is written, which may take long.
TEST_F(ActorTest, AMoveWhoseLockRunsOutAfterItWasJudgedIsSkipped) {
  approve();
  tick();
  migrator_.now_seconds = 50;        // it was taken at 5, for 60 s
  migrator_.lock_reachable = false;  // and cannot be renewed
  world_.on_lists = [this] {
    // The time is asked for once to judge anew, and then for the intent.
    world_.on_now = [this, times = 0]() mutable {
      if (++times == 2) migrator_.now_seconds += 16;
    };
  };
  actor_->round();
  EXPECT_TRUE(migrator_.starts.empty());
  EXPECT_THAT(moves(), ::testing::Contains(::testing::HasSubstr("lxc/103>pve2 skipped")));
  EXPECT_EQ(operations().size(), 1U) << "it was judged fit to start";
}

// A host that died for good can never be cleared up: that must not keep another evaluator from the lock.
TEST_F(ActorTest, WhatOnlyWaitsToBeClearedAwayDoesNotHoldTheLock) {
  approve();
  migrator_.clears = false;
  go(20);
  ASSERT_THAT(moves(), ::testing::Contains(::testing::HasSubstr("lxc/103>pve2 done")));
  ASSERT_NE(migrator_.lock_owner, "");
  config_.evaluator.mode = "suggest";
  actor_->reconfigure(std::make_shared<const Config>(config_));
  go(2);
  EXPECT_EQ(migrator_.lock_owner, "");
  migrator_.clears = true;
  go(10);
  EXPECT_EQ(migrator_.cleared.size(), 1U);
}

TEST_F(ActorErrand, NothingStartsWhileNobodyKnowsWhetherAnEarlierStartHappened) {
  config_.evaluator.limits.into_host_at_once = 2;
  begin_again();
  calm();
  go();
  migrator_.looks_per_move = 1000;
  migrator_.next_starts = {{StartAnswer::Kind::nobody_knows, "", "the connection was cut", ""}};
  migrator_.silent_hosts = {"pve1", "pve2", "pve3"};
  int asked = 0;
  migrator_.called = [&](const char* call) { asked += std::string(call) == "start" ? 1 : 0; };
  ASSERT_EQ(begin_it("drain", "pve1").status, 200);
  go(5);
  EXPECT_EQ(asked, 1);
  migrator_.silent_hosts.clear();  // the first is seen not to have happened
  migrator_.looks_per_move = 2;
  go(60);
  EXPECT_EQ(migrator_.starts.size(), 2U);
}

}  // namespace
}  // namespace pcb
