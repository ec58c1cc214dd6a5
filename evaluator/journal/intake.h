// Intake: from a webhook to the disk, many at a time.
//
// store() may be called by many threads at once; each returns when the transaction that holds its alerts is
// on the disk, or with the reason why it is not. One thread commits: what arrives while a commit runs goes
// together into the next (group commit). A call that has waited longer than `patience`, or finds the queue
// full, fails: the caller answers 503 and Alertmanager sends again. After every commit `on_stored` is called
// (on the intake's thread, short). The Journal must outlive the Intake. Tested by
// tests/evaluator/intake_test.cpp.
#pragma once

#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <thread>
#include <vector>

#include "common/result.h"
#include "evaluator/journal/journal.h"

namespace pcb {

struct ReceivedAlert {
  Alert alert;
  AlertVerdict verdict;
};

struct IntakeSettings {
  std::chrono::milliseconds patience{4000};
  std::size_t max_waiting = 256;  // calls, not alerts
  bool group_commit = true;       // false: one transaction per call (to measure what grouping gives)
};

class Intake {
 public:
  Intake(Journal& journal, IntakeSettings settings, std::function<void()> on_stored);
  ~Intake();
  Intake(const Intake&) = delete;
  Intake& operator=(const Intake&) = delete;

  Status store(std::vector<ReceivedAlert> alerts, double received_at);
  [[nodiscard]] std::size_t unanswered() const;  // calls that wait for their commit

 private:
  struct Call {
    std::vector<ReceivedAlert> alerts;
    double received_at = 0;
    bool finished = false;
    Status outcome = Done{};
  };

  void run();
  Status commit(const std::vector<std::shared_ptr<Call>>& calls);

  Journal& journal_;
  IntakeSettings settings_;
  std::function<void()> on_stored_;
  mutable std::mutex mutex_;
  std::condition_variable arrived_, finished_;
  std::deque<std::shared_ptr<Call>> waiting_;  // guarded by mutex_, as is what a Call says of its outcome
  std::size_t committing_ = 0;                 // calls in the commit that runs
  bool stopping_ = false;
  std::thread thread_;
};

}  // namespace pcb
