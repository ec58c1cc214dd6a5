// Backoff: when a host that refused us may be tried again.
//
// Pure: time comes in. After a refused login 1, 2, 4, 8, then 10 minutes: servers since OpenSSH 9.8 lock out
// the whole source address of a client that keeps trying (PerSourcePenalties), also for administrators. After
// a connect failure a short, jittered, growing delay that never exceeds `longest_connect_delay`. Tested by
// tests/common/ssh_backoff_test.cpp.
#pragma once

#include <chrono>

#include "common/ssh/failure.h"

namespace pcb::ssh {

using Clock = std::chrono::steady_clock;

class Backoff {
 public:
  explicit Backoff(Clock::duration longest_connect_delay) : longest_connect_delay_(longest_connect_delay) {}

  // random_unit: 0 ≤ x < 1. The delay of a connect failure is drawn from its upper half.
  void failed(Failure failure, Clock::time_point now, double random_unit);
  void succeeded();
  // The user changed the configuration: try at once.
  void reset() { succeeded(); }
  [[nodiscard]] Clock::time_point not_before() const { return not_before_; }

 private:
  Clock::duration longest_connect_delay_;
  Clock::time_point not_before_{};
  int logins_refused_ = 0;
  int connects_failed_ = 0;
};

}  // namespace pcb::ssh
