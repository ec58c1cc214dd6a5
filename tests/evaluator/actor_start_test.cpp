// What still holds a start back when everything was allowed a moment ago: found by breaking the code.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/evaluator/actor_fixture.h"

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

}  // namespace
}  // namespace pcb
