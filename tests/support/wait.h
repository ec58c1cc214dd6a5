// wait_until(): how tests wait, for a condition and never for a time.
//
// Gives whether `condition` came true before the deadline; it is looked at at least once, and again every
// kLook. The deadline only bounds how long a test that fails takes. Header alone, so that every test program
// can use it.
#pragma once

#include <chrono>
#include <thread>

namespace pcb::test {

inline constexpr std::chrono::milliseconds kLook{5};
inline constexpr std::chrono::seconds kPatience{30};

template <class Condition>
bool wait_until(Condition&& condition, std::chrono::duration<double> within = kPatience) {
  const auto deadline = std::chrono::steady_clock::now() + within;
  while (!condition()) {
    if (std::chrono::steady_clock::now() > deadline) return false;
    std::this_thread::sleep_for(kLook);
  }
  return true;
}

}  // namespace pcb::test
