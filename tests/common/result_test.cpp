#include "common/result.h"

#include <gtest/gtest.h>

namespace pcb {
namespace {

TEST(Result, HoldsAValueOrASentence) {
  const Result<int> good = 3;
  const Result<int> bad = Error{"no such file; create it"};
  EXPECT_TRUE(good.ok());
  EXPECT_EQ(*good, 3);
  EXPECT_FALSE(bad.ok());
  EXPECT_EQ(bad.error().in("config.yaml").message, "config.yaml: no such file; create it");
}

TEST(ResultDeathTest, ReadingAMissingValueAborts) {
  const Result<int> bad = Error{"why"};
  EXPECT_DEATH((void)bad.value(), "why");
}

}  // namespace
}  // namespace pcb
