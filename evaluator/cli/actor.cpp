#include "evaluator/cli/actor.h"

#include <algorithm>
#include <chrono>
#include <ctime>
#include <utility>

#include "common/log/log.h"
#include "common/os/random.h"
#include "evaluator/cli/actor_records.h"
#include "evaluator/decide/mode.h"

namespace pcb {
namespace {

constexpr std::chrono::milliseconds kBusyPause{1000};  // while something is under way
constexpr std::chrono::milliseconds kIdlePause{5000};
constexpr double kHistorySeconds = 30 * 86400;  // the longest that cooldowns and return_ban can be set to
constexpr double kLockAgainSeconds = 10;        // after it was not to be had
constexpr double kLockPartBetweenRenewals = 3;  // of how long it is valid
constexpr std::size_t kOwnerBytes = 16;
constexpr const char* kOwnerSetting = "lock_owner";

}  // namespace

Operation to_operation(const OperationRecord& record) {
  Operation operation;
  operation.id = record.id;
  operation.guest = record.move.guest;
  operation.from = record.move.from;
  operation.to = record.move.to;
  operation.method = move_method_from(record.move.method).value_or(MoveMethod::restart);
  operation.was_running = record.was_running;
  operation.with_local_disks = record.with_local_disks;
  operation.bandwidth_bytes_per_second = record.bandwidth_bytes_per_second;
  operation.target_memory_bytes = record.target_memory_bytes;
  return operation;
}

Move to_move(const MoveRecord& record) {
  Move move;
  move.step = record.step;
  move.after = record.after;
  move.guest = record.guest;
  move.name = record.name;
  move.from = record.from;
  move.to = record.to;
  move.method = record.method;
  move.downtime_seconds = record.downtime_seconds;
  move.copy_bytes = record.copy_bytes;
  move.why = record.why;
  return move;
}

LocalTime local_time(double unix_seconds) {
  const auto whole = static_cast<std::time_t>(unix_seconds);
  std::tm parts{};
  ::localtime_r(&whole, &parts);
  return {(parts.tm_wday + 6) % 7, parts.tm_hour * 60 + parts.tm_min};
}

Actor::Actor(ActorParts parts, std::shared_ptr<const Config> config, MakeOutside make_outside)
    : parts_(std::move(parts)), make_outside_(std::move(make_outside)), next_config_(std::move(config)) {
  take_configuration();
}

void Actor::run() {
  std::unique_lock lock(mutex_);
  while (!stopping_) {
    woken_ = false;
    lock.unlock();
    round();
    lock.lock();
    changed_.wait_for(lock, under_way_ > 0 ? kBusyPause : kIdlePause, [&] { return stopping_ || woken_; });
  }
  // The cluster's lock is not given back: no host is asked any more. It is taken again by this evaluator
  // after a restart, and by another once it has run out.
}

void Actor::see(Situation situation) {
  auto shared = std::make_shared<const Situation>(std::move(situation));
  {
    const std::lock_guard lock(mutex_);
    situation_ = std::move(shared);
  }
  wake();
}

void Actor::wake() {
  {
    const std::lock_guard lock(mutex_);
    woken_ = true;
  }
  changed_.notify_all();
}

void Actor::reconfigure(std::shared_ptr<const Config> config) {
  const std::lock_guard lock(mutex_);
  next_config_ = std::move(config);
}

void Actor::stop() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  changed_.notify_all();
  parts_.migrator.interrupt();
}

void Actor::take_configuration() {
  const std::lock_guard lock(mutex_);
  now_seen_ = situation_;
  if (!next_config_) return;
  config_ = std::move(next_config_);
  next_config_.reset();
  outside_ = make_outside_(*config_);
}

std::string Actor::mode() const {
  return now_seen_ ? lower_mode(now_seen_->mode, config_->evaluator.mode) : "suggest";
}

void Actor::round() {
  take_configuration();
  const double now = outside_->now();
  const auto records = read_records(now);
  if (!records) {  // what cannot be written down is not done; what runs on the hosts goes on
    log::error("the actor waits for the journal", {{"reason", records.error().message}});
    return;
  }
  under_way_ = static_cast<std::size_t>(
      std::count_if(records->open.begin(), records->open.end(), [](const auto& o) { return !o.ended_at; }));
  const bool may_act = mode() != "suggest";
  keep_lock(may_act || under_way_ > 0);  // to clear away needs none: another evaluator may want it
  for (const OperationRecord& operation : records->open) follow(operation);
  // What was heard just now changes what is allowed.
  const auto fresh = records->open.empty() ? records : read_records(now);
  if (!fresh || !may_act) {
    show({}, "");
    return;
  }
  if (!is_settled(fresh->open)) {
    show({}, "");
  } else if (now_seen_->maintenance) {
    ask_maintenance(*fresh, outside_->now());
  } else {
    start_one(*fresh, outside_->now());
  }
}

Result<Actor::Records> Actor::read_records(double now) {
  Records records;
  const Status read = parts_.journal.read([&](Tables& tables) -> Status {
    auto open = tables.open_operations();
    auto history = tables.operations_since(now - kHistorySeconds);
    auto plan = tables.standing_plan();
    auto errand = tables.active_errand();
    const auto breaker = tables.newest_switch(SwitchName::breaker);
    const auto owner = tables.setting(kOwnerSetting);
    if (!open) return open.error();
    if (!history) return history.error();
    if (!plan) return plan.error();
    if (!errand) return errand.error();
    if (!breaker) return breaker.error();
    if (!owner) return owner.error();
    records.open = std::move(open).value();
    records.history = std::move(history).value();
    records.errand = std::move(errand).value();
    if (*breaker && (*breaker)->on) records.breaker = (*breaker)->reason;
    if (*plan) {
      records.plan_id = (*plan)->id;
      auto moves = tables.moves_of_plan(records.plan_id);
      if (!moves) return moves.error();
      records.moves = std::move(moves).value();
    }
    lock_owner_ = owner->value_or("");
    return Done{};
  });
  if (!read) return read.error();
  return records;
}

// The owner's name lives as long as the journal: a restarted evaluator still holds its lock.
void Actor::keep_lock(bool wanted) {
  if (!wanted) {
    release_lock();
    return;
  }
  const double before = parts_.steady_now();
  if (before < lock_again_at_) return;
  if (lock_owner_.empty()) {
    lock_owner_ = os::random_hex(kOwnerBytes);
    const Status kept = parts_.journal.transact(
        [&](Tables& tables) { return tables.set_setting(kOwnerSetting, lock_owner_); });
    if (!kept) return;
  }
  const LockAnswer answer =
      holds_lock() ? parts_.migrator.renew_lock(lock_owner_) : parts_.migrator.take_lock(lock_owner_);
  if (answer.kind == LockAnswer::Kind::held) {
    if (!holds_lock()) acting_since_ = outside_->now();
    lock_until_ = before + answer.valid_seconds;
    lock_again_at_ = before + answer.valid_seconds / kLockPartBetweenRenewals;
    lock_sentence_.clear();
    return;
  }
  if (answer.kind != LockAnswer::Kind::unknown) lock_until_ = 0;  // unknown: valid until it runs out
  lock_again_at_ = before + kLockAgainSeconds;
  if (lock_sentence_ != answer.sentence)
    log::warning("the cluster's lock is not held", {{"reason", answer.sentence}});
  lock_sentence_ = answer.sentence;
}

bool Actor::holds_lock() const { return parts_.steady_now() < lock_until_; }

void Actor::release_lock() {
  if (lock_until_ <= 0) return;
  lock_until_ = 0;
  lock_again_at_ = 0;
  if (const Status done = parts_.migrator.release_lock(lock_owner_); !done)
    log::warning("the cluster's lock is not released, it runs out by itself",
                 {{"reason", done.error().message}});
}

// Counted when they are new; shown afterwards.
void Actor::note_refusals(const Refusals& refusals) {
  if (sentences_of(refusals) == last_refusals_) return;
  for (const Refusal& refusal : refusals)
    parts_.counters.add("balancer_rejected_total", {name_of(refusal.reason)});
}

void Actor::show(Refusals refusals, const std::string& what) {
  const std::string said = sentences_of(refusals);
  if (said != last_refusals_ && !said.empty()) log::info("not started", {{"move", what}, {"reason", said}});
  last_refusals_ = said;
  parts_.board.show(
      {holds_lock(), lock_sentence_, parts_.button.pressed(), std::move(refusals), under_way_, watched_});
}

}  // namespace pcb
