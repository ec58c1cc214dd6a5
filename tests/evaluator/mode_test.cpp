#include "evaluator/decide/mode.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace pcb {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;

TEST(EffectiveMode, SuggestIsWhatItSays) {
  for (const char* fallback : {"", "suggest"}) {
    const EffectiveMode mode = effective_mode("suggest", fallback);
    EXPECT_EQ(mode.mode, "suggest");
    EXPECT_EQ(mode.reason, "");
  }
}

TEST(EffectiveMode, ApproveAndAutoAreWhatTheySay) {
  for (const char* configured : {"approve", "auto"}) {
    const EffectiveMode mode = effective_mode(configured, "");
    EXPECT_EQ(mode.mode, configured);
    EXPECT_EQ(mode.reason, "");
  }
}

TEST(EffectiveMode, WhatIsNoModeIsSuggest) {
  const EffectiveMode mode = effective_mode("yes", "");
  EXPECT_EQ(mode.mode, "suggest");
  EXPECT_THAT(mode.reason, HasSubstr("not a mode"));
}

TEST(EffectiveMode, AfterADamagedJournalItSaysHowToLeaveTheFallback) {
  const EffectiveMode mode = effective_mode("auto", "suggest");
  EXPECT_EQ(mode.mode, "suggest");
  EXPECT_THAT(mode.reason, AllOf(HasSubstr("damaged"), HasSubstr("then set it to auto again")));
}

TEST(EffectiveMode, breaker_means_suggest_until_a_person_resets_it) {
  const EffectiveMode mode = effective_mode("approve", "", "3 moves in a row failed");
  EXPECT_EQ(mode.mode, "suggest");
  EXPECT_THAT(mode.reason, AllOf(HasSubstr("3 moves in a row failed"), HasSubstr("breaker reset")));
  EXPECT_EQ(effective_mode("suggest", "", "3 moves in a row failed").reason, "");
}

TEST(LowerMode, IsTheOneThatLetsLessHappen) {
  EXPECT_EQ(lower_mode("auto", "approve"), "approve");
  EXPECT_EQ(lower_mode("suggest", "auto"), "suggest");
  EXPECT_EQ(lower_mode("auto", "auto"), "auto");
  EXPECT_EQ(lower_mode("auto", "unheard"), "suggest");
}

}  // namespace
}  // namespace pcb
