// The actor's way from a started migration to its recorded end.
#include <algorithm>
#include <utility>

#include "common/log/log.h"
#include "evaluator/cli/actor_records.h"
#include "evaluator/cli/tell.h"
#include "evaluator/decide/act_messages.h"
#include "evaluator/decide/breaker.h"
#include "evaluator/decide/move_steps.h"

namespace pcb {
namespace {

constexpr double kClearAgainSeconds = 30;
constexpr std::size_t kMostWatched = 12;  // more than may run at once, with some that have ended
constexpr const char* kMe = "evaluator";

std::string key_of(const OperationRecord& operation, const char* what) {
  return "operation/" + operation.id + "/" + what;
}

Message message_of(const OperationRecord& operation, const MigrationVerdict& verdict, MoveState state) {
  const Move move = to_move(operation.move);
  if (state == MoveState::done)
    return done_message(move, operation.with_local_disks, verdict.duration_seconds, verdict.downtime_seconds);
  if (state == MoveState::skipped) return skipped_message(move, verdict.sentence);
  return failed_message(move, verdict.sentence, verdict.command, state == MoveState::failed);
}

}  // namespace

void Actor::follow(const OperationRecord& operation) {
  if (operation.ended_at) {
    clear_away(operation);
    return;
  }
  const Operation asked = to_operation(operation);
  auto found = migrations_.find(operation.id);
  if (found == migrations_.end()) {  // since a restart: the hosts know what became of it
    const MoveState was = operation.move.state;
    const bool begun = operation.begun || was == MoveState::running || was == MoveState::verifying;
    found =
        migrations_.emplace(operation.id, Migration(asked, parts_.rules, parts_.steady_now(), begun)).first;
    log::info("looking for what became of a migration", {{"guest", asked.guest}, {"operation", asked.id}});
  }
  const Observation seen = parts_.migrator.look(asked);
  const MigrationVerdict verdict = found->second.see(seen);
  watch(operation, verdict, seen);
  const double now = outside_->now();
  const std::vector<MoveState> steps = steps_to(operation.move.state, verdict);
  if (!steps.empty()) {
    const Status noted = note(operation, verdict, steps, now);
    if (!noted) {
      log::error("what became of a migration cannot be recorded", {{"reason", noted.error().message}});
      return;  // looked at again in the next round
    }
    parts_.on_message();
    if (is_final(steps.back())) {
      parts_.on_change();
      OperationRecord ended = operation;
      ended.ended_at = now;
      clear_away(ended);
    }
  } else if (verdict.overdue && overdue_told_.insert(operation.id).second) {
    const Status told = parts_.journal.transact([&](Tables& tables) {
      return tell(tables, config_->notify, key_of(operation, "overdue"),
                  overdue_message(to_move(operation.move), verdict.sentence, verdict.command),
                  operation.move.incident_id, now);
    });
    if (told) parts_.on_message();
  }
  // Who was killed around the request may not have sent it. It is safe to ask again: the host starts nothing
  // that runs, nor where the unit of the first request is at it.
  const bool asked_before = operation.guest_start_asked && starts_asked_.count(operation.id) != 0;
  if (!verdict.start_guest_on.empty() && !asked_before)
    start_guest_again(operation, asked, verdict.start_guest_on);
}

// For those who look on. A log that is not there any more is still worth reading: the last one stays.
void Actor::watch(const OperationRecord& operation, const MigrationVerdict& verdict,
                  const Observation& seen) {
  auto found = std::find_if(watched_.begin(), watched_.end(),
                            [&](const WatchedMove& move) { return move.operation == operation.id; });
  if (found == watched_.end()) {
    if (watched_.size() >= kMostWatched) watched_.erase(watched_.begin());
    found = watched_.insert(watched_.end(), {operation.id, verdict.state, "", {}, 0});
  }
  found->state = verdict.state;
  found->sentence = verdict.sentence;
  found->looked_at = outside_->now();
  for (const HostSample& host : seen.hosts) {
    if (host.unit.operation == operation.id && !host.log.empty()) found->log = host.log;
  }
}

// A container that a failed migration left stopped. What a host surely did not do is asked of it again, when
// the next verdict says so.
void Actor::start_guest_again(const OperationRecord& operation, const Operation& asked,
                              const std::string& host) {
  if (!holds_lock()) return;
  const double now = outside_->now();
  const Status noted = parts_.journal.transact([&](Tables& tables) -> Status {
    auto done = tables.note_guest_start(operation.id, true);
    if (!done) return done;
    return tables.add_event(
        {now, "move", kMe, asked.guest, "left stopped on " + host + "; it is started there"});
  });
  if (!noted) return;
  starts_asked_.insert(operation.id);
  using Kind = StartAnswer::Kind;
  StartAnswer answer{Kind::refused, "", "the red button is pressed", ""};
  parts_.button.unless_pressed([&] { answer = parts_.migrator.start_guest(asked, host); });
  if (answer.kind == Kind::started || answer.kind == Kind::nobody_knows) return;
  log::warning("a guest that was left stopped is not started",
               {{"guest", asked.guest}, {"host", host}, {"reason", answer.sentence}});
  const Status undone =
      parts_.journal.transact([&](Tables& tables) { return tables.note_guest_start(operation.id, false); });
  if (!undone) log::error("it is not asked for again", {{"reason", undone.error().message}});
}

Status Actor::note(const OperationRecord& operation, const MigrationVerdict& verdict,
                   const std::vector<MoveState>& steps, double now) {
  const MoveState end = steps.back();
  const Status noted = parts_.journal.transact([&](Tables& tables) -> Status {
    for (const MoveState step : steps) {
      auto changed = tables.change_move(operation.move.id, step, kMe, verdict.sentence, now);
      // Seen at it: should it vanish without a trace from now on, it was begun nevertheless.
      const bool seen = step == MoveState::running || step == MoveState::verifying;
      if (changed && seen && !operation.begun) changed = tables.note_begun(operation.id);
      if (!changed) return changed;
    }
    auto done = tables.add_event(
        {now, "move", kMe, operation.move.guest,
         std::string(name_of(end)) + (verdict.sentence.empty() ? "" : ": " + verdict.sentence)});
    if (!done || (!is_final(end) && end != MoveState::unknown)) return done;
    if (is_final(end)) {
      OperationRecord ended = operation;
      ended.ended_at = now;
      ended.duration_seconds = verdict.duration_seconds;
      ended.downtime_seconds = verdict.downtime_seconds;
      ended.command = verdict.command;
      done = tables.note_end(ended);
      if (done) done = judge_failures(tables, now);
      const Initiator by = operation.initiator;
      if (done && (by == Initiator::automatic ||
                   by == Initiator::approved)) {  // judged once the loads are those of the new placement
        OutcomeRecord outcome;
        outcome.plan_id = operation.move.plan_id;
        outcome.due_at = now + config_->prometheus.window.count() + 2 * config_->evaluator.interval.count();
        done = tables.promise(outcome);
      }
    }
    if (!done) return done;
    return tell(tables, config_->notify, key_of(operation, name_of(end)), message_of(operation, verdict, end),
                operation.move.incident_id, now);
  });
  if (!noted) return noted;
  log::write(end == MoveState::failed || end == MoveState::unknown ? log::Level::warning : log::Level::info,
             "a move is " + std::string(name_of(end)),
             {{"guest", operation.move.guest}, {"operation", operation.id}, {"sentence", verdict.sentence}});
  if (!is_final(end)) return noted;
  parts_.counters.add("balancer_moves_total", {name_of(end)});
  if (verdict.duration_seconds)
    parts_.counters.observe("balancer_move_duration_seconds", *verdict.duration_seconds);
  if (verdict.downtime_seconds)
    parts_.counters.observe("balancer_move_downtime_seconds", *verdict.downtime_seconds);
  return noted;
}

// Opens the breaker after so many failures in a row. What was never begun is none, as for what is skipped:
// only that it was not begun was not known for a while, so that the journal's steps lead to `failed`.
Status Actor::judge_failures(Tables& tables, double now) {
  const auto history = tables.operations_since(now - 30 * 86400.0);
  if (!history) return history.error();
  const auto last = tables.newest_switch(SwitchName::breaker);
  if (!last) return last.error();
  if (*last && (*last)->on) return Done{};
  std::vector<EndedMove> ended;
  for (const OperationRecord& record : *history) {
    const bool failed = record.move.state == MoveState::failed;
    if (record.ended_at && record.move.state != MoveState::skipped && (record.begun || !failed))
      ended.push_back({*record.ended_at, failed});
  }
  const int failures = failures_in_a_row(std::move(ended), *last ? (*last)->at : 0);
  if (failures < config_->evaluator.limits.failures) return Done{};
  const std::string reason = std::to_string(failures) + " moves in a row have failed";
  auto done = tables.set_switch({now, SwitchName::breaker, true, kMe, "", reason});
  if (done) done = tables.add_event({now, "switch", kMe, "breaker", "open: " + reason});
  if (!done) return done;
  return tell(tables, config_->notify, "breaker/" + std::to_string(static_cast<long>(now)),
              breaker_message(reason), 0, now);
}

void Actor::clear_away(const OperationRecord& operation) {
  const double steady = parts_.steady_now();
  if (steady < clear_again_at_[operation.id]) return;
  if (const Status cleared = parts_.migrator.clear(to_operation(operation)); !cleared) {
    clear_again_at_[operation.id] = steady + kClearAgainSeconds;
    return;
  }
  const Status noted =
      parts_.journal.transact([&](Tables& tables) { return tables.note_cleared(operation.id); });
  if (!noted) return;
  clear_again_at_.erase(operation.id);
  migrations_.erase(operation.id);
  overdue_told_.erase(operation.id);
  starts_asked_.erase(operation.id);
}

// Nothing starts while an earlier start may still be beginning: after a restart, or without an answer.
bool Actor::is_settled(const std::vector<OperationRecord>& open) const {
  return std::all_of(open.begin(), open.end(), [&](const OperationRecord& operation) {
    return operation.ended_at ||
           (operation.move.state != MoveState::starting && operation.move.state != MoveState::approved &&
            migrations_.count(operation.id) != 0);
  });
}

}  // namespace pcb
