#include "evaluator/trigger/outbox.h"

#include <algorithm>
#include <chrono>
#include <cmath>
#include <map>
#include <string>
#include <utility>

#include "common/log/log.h"
#include "evaluator/trigger/message_text.h"

namespace pcb {
namespace {

constexpr int kBatch = 50;
constexpr double kLongestWaitSeconds = 60;  // a clock that jumps is noticed within this
constexpr double kJournalFaultWaitSeconds = 5;

}  // namespace

std::optional<double> next_attempt_at(const OutboxSettings& settings, double created_at, int attempts,
                                      double now, double jitter) {
  constexpr int kMostDoublings = 30;
  const double grown = settings.first_delay_seconds * std::exp2(std::clamp(attempts - 1, 0, kMostDoublings));
  const double delay = std::min(grown, settings.longest_delay_seconds) * (0.75 + 0.5 * jitter);
  if (now + delay > created_at + settings.give_up_after_seconds) return std::nullopt;
  return now + delay;
}

Outbox::Outbox(Journal& journal, Counters& counters, std::vector<std::unique_ptr<Sink>> sinks,
               std::function<double()> now, OutboxSettings settings)
    : journal_(journal),
      counters_(counters),
      sinks_(std::move(sinks)),
      now_(std::move(now)),
      settings_(settings) {
  for (const auto& sink : sinks_) {
    for (const char* result : {"sent", "retried", "given_up"})
      counters_.begin("balancer_notifications_total", {sink->name(), result});
  }
  end_what_nobody_delivers();
  for (const auto& sink : sinks_) threads_.emplace_back([this, &sink = *sink] { run(sink); });
}

Outbox::~Outbox() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  changed_.notify_all();
  for (std::thread& thread : threads_) thread.join();
}

void Outbox::wake() {
  {
    const std::lock_guard lock(mutex_);
    ++wakes_;
  }
  changed_.notify_all();
}

// Receivers are read at the start alone: what waits for one that is gone would wait for ever.
void Outbox::end_what_nobody_delivers() {
  std::vector<std::string> names;
  for (const auto& sink : sinks_) names.push_back(sink->name());
  std::map<std::string, int> given_up;
  const Status ended = journal_.transact([&](Tables& tables) -> Status {
    auto found = tables.give_up_all_but(names, "the receiver is not in config.yaml any more");
    if (!found) return found.error();
    given_up = std::move(found).value();
    return Done{};
  });
  if (!ended)
    log::error("messages to receivers that are gone still wait", {{"reason", ended.error().message}});
  if (!ended) return;
  for (const auto& [sink, count] : given_up) {
    log::warning("messages are given up: their receiver is not in config.yaml any more",
                 {{"sink", sink}, {"messages", std::to_string(count)}});
  }
}

void Outbox::run(Sink& sink) {
  std::minstd_rand random{std::random_device{}()};
  int failures = 0;
  double closed_until = 0;
  std::unique_lock lock(mutex_);
  while (!stopping_) {
    const unsigned long seen = wakes_;
    lock.unlock();
    const double wait = deliver_due(sink, failures, closed_until, random);
    lock.lock();
    changed_.wait_for(lock, std::chrono::duration<double>(wait), [&] { return stopping_ || wakes_ != seen; });
  }
}

double Outbox::deliver_due(Sink& sink, int& failures, double& closed_until, std::minstd_rand& random) {
  double now = now_();
  if (now < closed_until) return std::min(closed_until - now, kLongestWaitSeconds);
  std::vector<Delivery> due;
  std::optional<double> next;
  bool sent_any = false;
  const Status read = journal_.read([&](Tables& tables) -> Status {
    auto found = tables.due_deliveries(sink.name(), now, kBatch);
    if (!found) return found.error();
    due = std::move(found).value();
    auto at = tables.next_delivery_at(sink.name());
    if (!at) return at.error();
    next = *at;
    return Done{};
  });
  if (!read) {
    log::error("messages wait", {{"sink", sink.name()}, {"reason", read.error().message}});
    return kJournalFaultWaitSeconds;
  }
  for (const std::vector<Delivery>& parcel : parcels_of(sink, std::move(due))) {
    {
      const std::lock_guard lock(mutex_);
      if (stopping_) return 0;
    }
    const double jitter = std::uniform_real_distribution<double>(0, 1)(random);
    failures = deliver(sink, parcel, jitter) ? 0 : failures + 1;
    if (failures >= settings_.breaker_failures) {
      closed_until = now_() + settings_.breaker_seconds;
      return std::min(settings_.breaker_seconds, kLongestWaitSeconds);
    }
    sent_any = true;
  }
  if (sent_any) return 0;
  now = now_();
  return next ? std::clamp(*next - now, 0.05, kLongestWaitSeconds) : kLongestWaitSeconds;
}

// A storm of messages to people becomes one; what is critical comes first and on its own.
std::vector<std::vector<Delivery>> Outbox::parcels_of(const Sink& sink, std::vector<Delivery> due) const {
  std::vector<std::vector<Delivery>> parcels;
  const bool digest = sink.takes_digests() && due.size() > settings_.digest_above;
  std::vector<Delivery> together;
  for (Delivery& delivery : due) {
    if (digest && delivery.notification.severity != "critical") {
      together.push_back(std::move(delivery));
    } else {
      parcels.emplace_back().push_back(std::move(delivery));
    }
  }
  if (!together.empty()) parcels.push_back(std::move(together));
  return parcels;
}

bool Outbox::deliver(Sink& sink, const std::vector<Delivery>& parcel, double jitter) {
  std::vector<Notification> notifications;
  notifications.reserve(parcel.size());
  for (const Delivery& delivery : parcel) notifications.push_back(delivery.notification);
  const Status sent = sink.send(parcel.size() == 1 ? notifications.front() : digest_of(notifications));
  const double now = now_();
  const Status recorded = journal_.transact([&](Tables& tables) -> Status {
    for (const Delivery& delivery : parcel) {
      auto kept =
          sent ? tables.delivery_sent(delivery.notification.id, sink.name())
               : tables.delivery_failed(delivery, sent.error().message, next_of(delivery, now, jitter));
      if (!kept) return kept;
    }
    return Done{};
  });
  if (!recorded)
    log::error("a message's delivery cannot be recorded", {{"reason", recorded.error().message}});
  for (const Delivery& delivery : parcel) {
    const bool again = !sent && next_of(delivery, now, jitter);
    counters_.add("balancer_notifications_total", {sink.name(), sent    ? "sent"
                                                                : again ? "retried"
                                                                        : "given_up"});
    if (sent || (delivery.attempts != 0 && again)) continue;
    log::warning(again ? "a message could not be delivered, it will be tried again" : "a message is given up",
                 {{"sink", sink.name()},
                  {"subject", delivery.notification.subject},
                  {"reason", sent.error().message}});
  }
  return sent.ok() && recorded.ok();
}

std::optional<double> Outbox::next_of(const Delivery& delivery, double now, double jitter) const {
  return next_attempt_at(settings_, delivery.notification.created_at, delivery.attempts + 1, now, jitter);
}

}  // namespace pcb
