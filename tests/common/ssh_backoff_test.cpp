#include <gtest/gtest.h>

#include "common/ssh/backoff.h"

namespace pcb::ssh {
namespace {

using std::chrono::minutes;
using std::chrono::seconds;

const Clock::time_point kStart{std::chrono::hours(1)};

TEST(Backoff, DoublesFromOneToTenMinutesAfterRefusedLogins) {
  Backoff backoff(seconds(60));
  for (const int expected : {1, 2, 4, 8, 10, 10, 10}) {
    backoff.failed(Failure::auth, kStart, 0.0);
    EXPECT_EQ(backoff.not_before() - kStart, minutes(expected));
  }
  for (int i = 0; i < 100; ++i) backoff.failed(Failure::auth, kStart, 0.0);
  EXPECT_EQ(backoff.not_before() - kStart, minutes(10));
}

TEST(Backoff, GrowsWithJitterAndNeverBeyondItsLimitAfterFailedConnects) {
  Backoff low(seconds(20));
  Backoff high(seconds(20));
  for (const int longest : {1, 2, 4, 8, 16, 20, 20}) {
    low.failed(Failure::connect_timeout, kStart, 0.0);
    high.failed(Failure::connect_timeout, kStart, 0.999);
    EXPECT_EQ(low.not_before() - kStart, std::chrono::milliseconds(500 * longest));
    EXPECT_LT(high.not_before() - kStart, seconds(longest));
    EXPECT_GT(high.not_before() - kStart, seconds(longest) * 9 / 10);
  }
}

TEST(Backoff, ForgetsEverythingAfterASuccess) {
  Backoff backoff(seconds(20));
  backoff.failed(Failure::auth, kStart, 0.0);
  backoff.failed(Failure::auth, kStart, 0.0);
  backoff.succeeded();
  EXPECT_LT(backoff.not_before(), kStart);
  backoff.failed(Failure::auth, kStart, 0.0);
  EXPECT_EQ(backoff.not_before() - kStart, minutes(1));
}

}  // namespace
}  // namespace pcb::ssh
