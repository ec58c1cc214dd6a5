#include "evaluator/decide/move_steps.h"

#include <map>

#include <gtest/gtest.h>

#include "evaluator/journal/schema.h"
#include "evaluator/journal/sqlite.h"

namespace pcb {
namespace {

MigrationVerdict verdict(MoveState state, bool not_started = false) {
  MigrationVerdict made;
  made.state = state;
  made.not_started = not_started;
  return made;
}

TEST(MoveSteps, EveryStepIsOneThatTheJournalAllows) {
  auto database = Database::open(":memory:");
  ASSERT_TRUE(database.ok());
  ASSERT_TRUE(database->execute(kMigrations[0]).ok());
  int steps = 0;
  for (const MoveState is :
       {MoveState::starting, MoveState::running, MoveState::verifying, MoveState::unknown}) {
    for (const MoveState heard : {MoveState::starting, MoveState::running, MoveState::verifying,
                                  MoveState::done, MoveState::failed, MoveState::unknown}) {
      for (const bool not_started : {false, true}) {
        MoveState was = is;
        for (const MoveState becomes : steps_to(is, verdict(heard, not_started))) {
          EXPECT_EQ(*database->integer(std::string("SELECT count(*) FROM move_transitions WHERE was = '") +
                                       name_of(was) + "' AND becomes = '" + name_of(becomes) + "'"),
                    1)
              << name_of(was) << " to " << name_of(becomes);
          was = becomes;
          ++steps;
        }
      }
    }
  }
  EXPECT_GT(steps, 30);
}

TEST(MoveSteps, AnEndIsReachedFromEveryStateAndNeverLeft) {
  for (const MoveState is :
       {MoveState::starting, MoveState::running, MoveState::verifying, MoveState::unknown}) {
    for (const MoveState end : {MoveState::done, MoveState::failed})
      EXPECT_EQ(steps_to(is, verdict(end)).back(), end) << name_of(is);
  }
  for (const MoveState is : {MoveState::done, MoveState::failed, MoveState::skipped, MoveState::cancelled})
    EXPECT_TRUE(steps_to(is, verdict(MoveState::running)).empty());
  EXPECT_EQ(steps_to(MoveState::starting, verdict(MoveState::failed, true)).back(), MoveState::skipped);
  EXPECT_EQ(steps_to(MoveState::unknown, verdict(MoveState::failed, true)).back(), MoveState::failed);
}

}  // namespace
}  // namespace pcb
