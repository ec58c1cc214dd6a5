#include "common/os/clock.h"

#include <fstream>

#include <gtest/gtest.h>

namespace pcb {
namespace {

double uptime() {
  std::ifstream file("/proc/uptime");
  double seconds = 0;
  file >> seconds;
  return seconds;
}

// The kernel counts sleep in /proc/uptime, too.
TEST(Clock, SecondsSinceBootAreThoseOfTheKernel) {
  const double before = uptime();
  const double seconds = os::seconds_since_boot();
  EXPECT_GT(before, 0);
  EXPECT_GE(seconds, before - 0.02);
  EXPECT_LE(seconds, uptime() + 0.02);
}

}  // namespace
}  // namespace pcb
