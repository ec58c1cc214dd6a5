// The outbox: carries messages from the journal to the sinks, one thread per sink.
//
// A message that a sink does not take is tried again after 5 s, 10 s, … 15 min (± 25 %), for 24 hours, also
// over a restart; then it is given up, and the log says so. What waits for a receiver that is none of the
// sinks is given up at the start. After five failures in a row the sink rests (its breaker is open) for a
// minute, and one message tries it out. A slow or dead sink holds up neither the others nor the loop. More
// than digest_above messages at once reach people as one, except critical ones. wake() says that there is
// something new. The Journal and the Counters must outlive the Outbox. Tested by
// tests/evaluator/outbox_test.cpp.
#pragma once

#include <condition_variable>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <random>
#include <thread>
#include <vector>

#include "evaluator/journal/journal.h"
#include "evaluator/trigger/counters.h"
#include "evaluator/trigger/sinks.h"

namespace pcb {

struct OutboxSettings {
  double first_delay_seconds = 5;
  double longest_delay_seconds = 900;
  double give_up_after_seconds = 24 * 3600;
  int breaker_failures = 5;
  double breaker_seconds = 60;
  std::size_t digest_above = 5;  // due at once, to a sink that takes digests
};

// Pure: when to try again, `jitter` in 0..1; nothing when the message is too old to be tried again.
std::optional<double> next_attempt_at(const OutboxSettings& settings, double created_at, int attempts,
                                      double now, double jitter);

class Outbox {
 public:
  Outbox(Journal& journal, Counters& counters, std::vector<std::unique_ptr<Sink>> sinks,
         std::function<double()> now, OutboxSettings settings = {});
  ~Outbox();
  Outbox(const Outbox&) = delete;
  Outbox& operator=(const Outbox&) = delete;

  void wake();

 private:
  void end_what_nobody_delivers();
  void run(Sink& sink);
  // Tries what is due; returns the seconds until the sink is needed again.
  double deliver_due(Sink& sink, int& failures, double& closed_until, std::minstd_rand& random);
  [[nodiscard]] std::vector<std::vector<Delivery>> parcels_of(const Sink& sink,
                                                              std::vector<Delivery> due) const;
  bool deliver(Sink& sink, const std::vector<Delivery>& parcel, double jitter);
  [[nodiscard]] std::optional<double> next_of(const Delivery& delivery, double now, double jitter) const;

  Journal& journal_;
  Counters& counters_;
  std::vector<std::unique_ptr<Sink>> sinks_;
  std::function<double()> now_;
  OutboxSettings settings_;
  std::mutex mutex_;
  std::condition_variable changed_;
  unsigned long wakes_ = 0;  // guarded by mutex_
  bool stopping_ = false;
  std::vector<std::thread> threads_;
};

}  // namespace pcb
