#include "evaluator/journal/intake.h"

#include <utility>

namespace pcb {

Intake::Intake(Journal& journal, IntakeSettings settings, std::function<void()> on_stored)
    : journal_(journal), settings_(settings), on_stored_(std::move(on_stored)), thread_([this] { run(); }) {}

Intake::~Intake() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  arrived_.notify_all();
  thread_.join();
}

Status Intake::store(std::vector<ReceivedAlert> alerts, double received_at) {
  auto call = std::make_shared<Call>();
  call->alerts = std::move(alerts);
  call->received_at = received_at;
  std::unique_lock lock(mutex_);
  if (stopping_) return Error{"the evaluator is stopping"};
  if (waiting_.size() >= settings_.max_waiting) return Error{"too many webhooks wait for the disk"};
  waiting_.push_back(call);
  arrived_.notify_one();
  if (!finished_.wait_for(lock, settings_.patience, [&] { return call->finished; })) {
    return Error{"the disk took too long"};
  }
  return call->outcome;
}

std::size_t Intake::unanswered() const {
  const std::lock_guard lock(mutex_);
  return waiting_.size() + committing_;
}

void Intake::run() {
  std::unique_lock lock(mutex_);
  while (true) {
    arrived_.wait(lock, [&] { return stopping_ || !waiting_.empty(); });
    if (waiting_.empty()) return;  // stopping, and nobody waits any more
    std::vector<std::shared_ptr<Call>> calls;
    while (!waiting_.empty() && (settings_.group_commit || calls.empty())) {
      calls.push_back(std::move(waiting_.front()));
      waiting_.pop_front();
    }
    committing_ = calls.size();
    lock.unlock();
    const Status outcome = commit(calls);
    if (outcome) on_stored_();
    lock.lock();
    committing_ = 0;
    for (const auto& call : calls) {
      call->outcome = outcome;
      call->finished = true;
    }
    finished_.notify_all();
  }
}

Status Intake::commit(const std::vector<std::shared_ptr<Call>>& calls) {
  return journal_.transact([&](Tables& tables) -> Status {
    for (const auto& call : calls) {
      for (const ReceivedAlert& received : call->alerts) {
        auto stored = tables.store_alert(received.alert, received.verdict, call->received_at);
        if (!stored) return stored;
      }
    }
    return Done{};
  });
}

}  // namespace pcb
