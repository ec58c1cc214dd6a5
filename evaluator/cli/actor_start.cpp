// The actor's way from an allowed move to its start.
#include <algorithm>
#include <utility>

#include "common/log/log.h"
#include "common/os/random.h"
#include "evaluator/cli/actor_records.h"
#include "evaluator/cli/tell.h"
#include "evaluator/decide/act_messages.h"
#include "evaluator/decide/move_steps.h"
#include "evaluator/decide/sight.h"
#include "evaluator/decide/silence.h"
#include "evaluator/planner/plan_output.h"

namespace pcb {
namespace {

constexpr const char* kMe = "evaluator";
constexpr std::size_t kOperationBytes = 16;
constexpr double kMostSecondsToStart =
    20;  // from the judgement to the start: a process that slept judges anew
constexpr double kRestAfterRefusal = 600;
constexpr double kErrandRestAfterRefusal = 60;
constexpr double kDueLater = 7 * 86400;  // of an outcome, until its last move has ended

const Guest* guest_of(const Cluster& cluster, const std::string& id) {
  const auto found =
      std::find_if(cluster.guests.begin(), cluster.guests.end(), [&](const Guest& g) { return g.id == id; });
  return found == cluster.guests.end() ? nullptr : &*found;
}

}  // namespace

Circumstances Actor::circumstances(const Records& records, double now) const {
  Circumstances known{now_seen_->cluster};
  known.now = now;
  known.local = local_time(now);
  known.mode = mode();
  known.pause_reason = parts_.button.pressed();
  known.paused = !known.pause_reason.empty();
  known.breaker = records.breaker;
  known.holds_lock = holds_lock();
  known.acting_since = acting_since_;
  known.quorum_changed_at = now_seen_->quorum_changed_at;
  known.heartbeat_at = now_seen_->heartbeat_at;
  known.own_guests = now_seen_->own_guests;
  known.copies_avoid_corosync = known.cluster.migration_apart.value_or(false);
  for (const Host& host : known.cluster.hosts) {
    if (host.next_backup_at) known.next_backup_at[host.name] = *host.next_backup_at;
  }
  for (const RunningTask& task : known.cluster.tasks) {
    if (task.type == "vzdump") known.backup_hosts.insert(task.host);
  }
  for (const OperationRecord& record : records.history) {
    if (record.move.state == MoveState::skipped) continue;  // it was never begun
    known.history.push_back({record.move.guest, record.move.from, record.move.to, record.intended_at,
                             record.ended_at, record.initiator == Initiator::automatic});
  }
  return known;
}

Wish Actor::wish_of(const MoveRecord& move, const Records& records) const {
  Wish wish;
  wish.move = to_move(move);
  if (records.errand && records.errand->plan_id == move.plan_id) {
    wish.by = records.errand->kind == "drain" ? Initiator::drain : Initiator::giving_back;
  } else if (move.state == MoveState::approved && move.actor != kMe) {
    wish.by = Initiator::approved;
    wish.approved_at = move.changed_at;
  }
  const bool of_a_plan = wish.by == Initiator::automatic || wish.by == Initiator::approved;
  wish.scheduled = of_a_plan && move.incident_id == 0;
  wish.ticks = now_seen_->ticks;
  wish.first_wanted_at = now_seen_->first_wanted_at;
  wish.earlier_steps_done = std::all_of(move.after.begin(), move.after.end(), [&](int step) {
    return std::any_of(records.moves.begin(), records.moves.end(), [&](const MoveRecord& other) {
      return other.step == step && other.state == MoveState::done;
    });
  });
  for (const Incident& incident : now_seen_->incidents) {
    if (incident.id == move.incident_id) wish.from_webhook = incident.from_webhook();
  }
  return wish;
}

// Asks Alertmanager about the alert behind the move, and about silences over its hosts and its guest.
bool Actor::confirm(Wish& wish, const MoveRecord& move) {
  const auto& incidents = now_seen_->incidents;
  const auto incident = std::find_if(incidents.begin(), incidents.end(),
                                     [&](const Incident& i) { return i.id == move.incident_id; });
  if (!wish.scheduled && incident == incidents.end()) {
    wish.sight = AlertSight::stopped;
    wish.sight_sentence = "the alert behind it is over or silenced";
    return false;
  }
  const auto alerts = outside_->alert_lists();
  Silenceable about{config_->cluster, {"node/" + move.from, "node/" + move.to, move.guest}};
  Sight sight{AlertSight::active, ""};
  if (!wish.scheduled) {
    about.incident = &*incident;
    sight = sight_of(*incident, alerts, config_->alertmanager.receiver);
  }
  if (sight.is == AlertSight::active) sight = silence_over(about, outside_->silence_lists(), alerts);
  wish.sight = sight.is;
  wish.sight_sentence = std::move(sight.sentence);
  return wish.sight == AlertSight::active;
}

void Actor::start_one(const Records& records, double now) {
  const EnvelopeSettings settings = envelope_settings(config_->evaluator);
  Refusals shown;
  std::string what;
  const bool planned = records.plan_id != 0 && now_seen_->plan_id == records.plan_id;
  for (const MoveRecord& move : records.moves) {
    if (!is_waiting(move.state) || !planned) continue;
    Wish wish = wish_of(move, records);
    // What a host has just refused is not asked again at once, unless a person says yes again.
    const auto rest = rests_until_.find(move.guest);
    if (wish.by != Initiator::approved && rest != rests_until_.end() && parts_.steady_now() < rest->second)
      continue;
    const double judged_at = parts_.steady_now();
    Refusals refusals = judge_start(wish, circumstances(records, now), settings);
    const bool only_to_ask = refusals.size() == 1 && refusals.front().reason == Restraint::alert_unconfirmed;
    if (only_to_ask) {
      confirm(wish, move);
      refusals = judge_start(wish, circumstances(records, outside_->now()), settings);
    }
    if (refusals.empty()) {
      MoveRecord asked = move;
      if (wish.by == Initiator::drain || wish.by == Initiator::giving_back)
        asked.actor = records.errand->actor;
      start(asked, wish, judged_at);
      show({}, "");
      return;
    }
    if (has(refusals, Restraint::approval_expired)) expire(move, now);
    // In mode approve a proposed move waits for a person: that is no hold.
    const bool waits_for_a_yes = wish.by == Initiator::automatic && mode() != "auto";
    if (!waits_for_a_yes && shown.empty()) {
      shown = std::move(refusals);
      if (wish.sight == AlertSight::not_asked && shown.size() > 1) {  // it is asked when nothing else forbids
        shown.erase(std::remove_if(shown.begin(), shown.end(),
                                   [](const Refusal& r) { return r.reason == Restraint::alert_unconfirmed; }),
                    shown.end());
      }
      what = move_words(wish.move);
      note_refusals(shown);
    }
  }
  show(std::move(shown), what);
}

void Actor::start(const MoveRecord& move, const Wish& wish, double judged_at) {
  OperationRecord operation;
  operation.id = os::random_hex(kOperationBytes);
  operation.move = move;
  operation.initiator = wish.by;
  const Guest* guest = guest_of(now_seen_->cluster, move.guest);
  if (guest == nullptr) return;
  operation.was_running = guest->status.value_or(GuestStatus::running) == GuestStatus::running;
  operation.with_local_disks = config_->evaluator.allow_local_disks && move.method == "live";
  operation.bandwidth_bytes_per_second = config_->evaluator.limits.bandwidth_bytes_per_second;
  if (operation.was_running)
    operation.target_memory_bytes = guest->memory_high_bytes.value_or(guest->memory_used_bytes.value_or(0));
  const double now = outside_->now();
  operation.intended_at = now;
  if (const Status intended = intend(operation, wish, now); !intended) {
    log::warning("a move is not started: its intent is not on the disk",
                 {{"reason", intended.error().message}});
    return;
  }
  operation.move.state = MoveState::starting;
  migrations_.emplace(operation.id,
                      Migration(to_operation(operation), parts_.rules, parts_.steady_now(), false));
  std::string late;
  StartAnswer answer;
  const bool sent = parts_.button.unless_pressed([&] {
    if (!holds_lock()) late = "the cluster's lock has run out";
    if (parts_.steady_now() - judged_at > kMostSecondsToStart)
      late = "too much time has passed since it was judged";
    if (late.empty()) answer = parts_.migrator.start(to_operation(operation));
  });
  if (!sent) return skip(operation, name_of(Restraint::paused), parts_.button.pressed());
  if (!late.empty()) return skip(operation, name_of(Restraint::stale), late);
  hear(operation, answer);
}

// One transaction: the yes (of the mode, where no person gave one), the intent, what the plan promises.
Status Actor::intend(const OperationRecord& operation, const Wish& wish, double now) {
  return parts_.journal.transact([&](Tables& tables) -> Status {
    const auto plan = tables.standing_plan();
    if (!plan) return plan.error();
    const auto move = tables.move_by_id(operation.move.id);
    if (!move) return move.error();
    if (!*plan || !*move || (*plan)->id != operation.move.plan_id || (*move)->state != operation.move.state)
      return Error{"the plan has changed meanwhile"};
    Status done = Done{};
    if ((*move)->state == MoveState::proposed) {
      done =
          tables.change_move(operation.move.id, MoveState::approved, kMe,
                             wish.by == Initiator::automatic ? "the mode is auto" : "part of an errand", now);
    }
    if (done) done = tables.intend(operation);
    if (done)
      done =
          tables.change_move(operation.move.id, MoveState::starting, kMe, "operation " + operation.id, now);
    const bool of_a_plan = wish.by == Initiator::automatic || wish.by == Initiator::approved;
    if (!done || !of_a_plan) return done;
    const auto promised = plan_from_json((*plan)->document);
    if (!promised) return promised.error();
    OutcomeRecord outcome;
    outcome.plan_id = (*plan)->id;
    outcome.due_at = now + kDueLater;
    outcome.predicted_peak = promised->after.peak;
    outcome.predicted_imbalance = promised->after.imbalance;
    return tables.promise(outcome);
  });
}

void Actor::hear(const OperationRecord& operation, const StartAnswer& answer) {
  using Kind = StartAnswer::Kind;
  if (answer.kind == Kind::refused || answer.kind == Kind::not_started)
    return skip(operation, answer.code, answer.sentence);
  under_way_ += 1;
  if (answer.kind == Kind::nobody_knows) {
    log::warning("no answer to a start; the host is looked at until it is known",
                 {{"guest", operation.move.guest}, {"reason", answer.sentence}});
    return;
  }
  const double now = outside_->now();
  const Move move = to_move(operation.move);
  // The host has it. Should this not be recorded, the next look finds it.
  const Status noted = parts_.journal.transact([&](Tables& tables) -> Status {
    auto done = tables.note_begun(operation.id);
    if (done)
      done = tables.change_move(operation.move.id, MoveState::running, kMe, "the host has started it", now);
    if (done) done = tables.add_event({now, "move", kMe, move.guest, "moving " + move_words(move)});
    if (!done) return done;
    return tell(tables, config_->notify, "operation/" + operation.id + "/started",
                started_message(move, operation.initiator, operation.move.actor), operation.move.incident_id,
                now);
  });
  if (!noted) log::error("a start cannot be recorded", {{"reason", noted.error().message}});
  auto found = migrations_.find(operation.id);
  if (found != migrations_.end())
    found->second = Migration(to_operation(operation), parts_.rules, parts_.steady_now(), true);
  log::info("moving " + move_words(move),
            {{"operation", operation.id}, {"by", name_of(operation.initiator)}});
  parts_.on_message();
  wake();
}

// It was never begun: nothing is left on the host.
void Actor::skip(const OperationRecord& operation, const std::string& code, const std::string& sentence) {
  const double now = outside_->now();
  rests_until_[operation.move.guest] =
      parts_.steady_now() +
      (operation.initiator == Initiator::automatic ? kRestAfterRefusal : kErrandRestAfterRefusal);
  const Status noted = parts_.journal.transact([&](Tables& tables) -> Status {
    auto done = tables.change_move(operation.move.id, MoveState::skipped, kMe, sentence, now);
    OperationRecord ended = operation;
    ended.ended_at = now;
    if (done) done = tables.note_end(ended);
    if (done) done = tables.note_cleared(operation.id);
    if (done) done = tables.add_event({now, "move", kMe, operation.move.guest, "skipped: " + sentence});
    if (!done) return done;
    return tell(tables, config_->notify, "operation/" + operation.id + "/skipped",
                skipped_message(to_move(operation.move), sentence), operation.move.incident_id, now);
  });
  migrations_.erase(operation.id);
  parts_.counters.add("balancer_moves_total", {"skipped"});
  if (!code.empty()) parts_.counters.add("balancer_rejected_total", {code});
  log::warning("a move is skipped", {{"guest", operation.move.guest}, {"reason", sentence}});
  if (!noted) log::error("a skipped move cannot be recorded", {{"reason", noted.error().message}});
  parts_.on_message();
  parts_.on_change();
}

void Actor::expire(const MoveRecord& move, double now) {
  const std::string reason = "the approval is older than evaluator.approval_ttl";
  const Status done = parts_.journal.transact([&](Tables& tables) -> Status {
    auto changed = tables.change_move(move.id, MoveState::cancelled, kMe, reason, now);
    if (changed) changed = tables.add_event({now, "move", kMe, move.guest, "cancelled: " + reason});
    if (!changed) return changed;
    return tell(tables, config_->notify, "move/" + std::to_string(move.id) + "/expired",
                skipped_message(to_move(move), reason), move.incident_id, now);
  });
  if (!done)
    log::error("an approval that has expired cannot be recorded", {{"reason", done.error().message}});
  parts_.on_message();
}

}  // namespace pcb
