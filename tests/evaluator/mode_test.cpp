#include "evaluator/decide/mode.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace pcb {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;

TEST(EffectiveMode, SuggestIsWhatItSays) {
  for (const char* fallback : {"", "suggest"}) {
    const EffectiveMode mode = effective_mode("suggest", fallback);
    EXPECT_EQ(mode.mode, "suggest");
    EXPECT_EQ(mode.reason, "");
  }
}

TEST(EffectiveMode, WhatThisVersionCannotDoIsSuggestAndSaysWhy) {
  for (const char* configured : {"approve", "auto"}) {
    const EffectiveMode mode = effective_mode(configured, "");
    EXPECT_EQ(mode.mode, "suggest");
    EXPECT_THAT(mode.reason, AllOf(HasSubstr(std::string("config.yaml says ") + configured),
                                   HasSubstr("only suggests"), Not(HasSubstr("damaged"))));
  }
}

TEST(EffectiveMode, AfterADamagedJournalItSaysHowToLeaveTheFallback) {
  const EffectiveMode mode = effective_mode("auto", "suggest");
  EXPECT_EQ(mode.mode, "suggest");
  EXPECT_THAT(mode.reason, AllOf(HasSubstr("damaged"), HasSubstr("then set it to auto again")));
}

}  // namespace
}  // namespace pcb
