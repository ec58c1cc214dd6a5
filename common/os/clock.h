// Seconds since the machine started, the time it slept included.
//
// For deadlines that must not outlive a suspend: std::chrono::steady_clock stands still meanwhile. Never
// jumps, never fails, any thread. Tested by tests/common/clock_test.cpp.
#pragma once

#include <ctime>

namespace pcb::os {

inline double seconds_since_boot() {
  constexpr double kNanoseconds = 1e-9;
  std::timespec now{};
  ::clock_gettime(CLOCK_BOOTTIME, &now);
  return static_cast<double>(now.tv_sec) + static_cast<double>(now.tv_nsec) * kNanoseconds;
}

}  // namespace pcb::os
