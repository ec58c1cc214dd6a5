// The loop's way from open incidents to a plan that is told.
#include <algorithm>
#include <set>
#include <utility>

#include "common/log/log.h"
#include "common/text.h"
#include "evaluator/cli/loop.h"
#include "evaluator/cli/plan_command.h"
#include "evaluator/decide/sight.h"
#include "evaluator/planner/plan_output.h"

namespace pcb {
namespace {

constexpr int kTicksBeforeNoPlanIsTold = 3;  // a window that fills, a scrape that fails: not worth a message

Progress progress_of(const std::vector<MoveRecord>& records) {
  Progress progress;
  for (const MoveRecord& record : records) {
    const bool done = record.state == MoveState::done;
    progress.begun = progress.begun || done;
    // A person's no is not asked again; what was cancelled because its yes came too late is.
    const bool expired = record.state == MoveState::cancelled && record.actor == "evaluator";
    if (done || expired || record.state == MoveState::failed || record.state == MoveState::skipped)
      progress.over.insert(record.step);
  }
  return progress;
}

}  // namespace

// Those that Alertmanager does not call silenced.
std::vector<Incident> Loop::incidents_to_plan(const std::optional<Lists>& lists, Hold& silenced) const {
  std::vector<Incident> open;
  for (const Incident& incident : incidents_) {
    if (incident.state != IncidentState::open) continue;
    std::string suppressed =
        lists ? suppression_of(incident, lists->lists, config_->alertmanager.receiver) : std::string();
    if (suppressed.empty()) {
      open.push_back(incident);
    } else {
      silenced = {HoldReason::alert_silenced, std::move(suppressed)};
    }
  }
  if (!open.empty()) silenced = {};
  return open;
}

void Loop::plan_for(const std::vector<Incident>& open, double now) {
  ClusterState state;
  if (Hold hold = read_state(state)) {
    set_hold(std::move(hold), now);
    tell_hold(open, now);
    return;
  }
  view_.notes = state.notes;
  if (is_moving()) {  // the figures are of two placements at once: what was planned goes on, if it still may
    if (const Status done = confirm_standing(*state.cluster); !done)
      set_hold({HoldReason::journal_unavailable, done.error().message}, now);
    return;
  }
  std::set<std::string> hosts;
  for (const Incident& incident : open) {
    const auto member = std::any_of(state.cluster->hosts.begin(), state.cluster->hosts.end(),
                                    [&](const Host& host) { return host.name == incident.host; });
    if (member) hosts.insert(incident.host);
  }
  Goal goal;
  goal.kind = goal_of(config_->default_params);
  if (goal.kind == GoalKind::relieve)
    goal.scope = {hosts.begin(), hosts.end()};  // balance is about all hosts
  auto fresh = hosts.empty() ? Result<Plan>(Error{"no host of the open incidents is a member of the cluster"})
                             : plan(*state.cluster, goal, policy());
  if (!fresh) {
    set_hold({HoldReason::planner_refused, fresh.error().message}, now);
    tell_hold(open, now);
    return;
  }
  parts_.counters.add("balancer_plans_total", {fresh->goal, name_of(fresh->result)});
  for (const Rejection& rejection : fresh->rejected)
    parts_.counters.add("balancer_rejected_total", {rejection.code});
  view_.plan = *fresh;
  set_hold(fresh->result == PlanResult::refused ? Hold{HoldReason::planner_refused, fresh->reason} : Hold{},
           now);
  const Status told = tell_plan(open, std::move(fresh).value(), *state.cluster, now);
  if (!told) set_hold({HoldReason::journal_unavailable, told.error().message}, now);
}

Status Loop::tell_plan(const std::vector<Incident>& open, Plan fresh, const Cluster& cluster, double now) {
  std::optional<PlanRecord> standing;
  std::vector<MoveRecord> records;  // of the plan that stands
  const Status read = parts_.journal.read([&](Tables& tables) -> Status {
    auto found = tables.standing_plan();
    if (!found) return found.error();
    standing = std::move(found).value();
    if (!standing) return Done{};
    auto moves = tables.moves_of_plan(standing->id);
    if (!moves) return moves.error();
    records = std::move(moves).value();
    return Done{};
  });
  if (!read) return read;
  std::vector<std::optional<std::string>> calm;
  calm.reserve(open.size());
  for (const Incident& incident : open)
    calm.push_back(calm_sentence(incident, cluster, config_->prometheus.window.count()));
  if (fresh.result == PlanResult::nothing_to_do && open.size() == 1 && calm.front())
    fresh.reason = *calm.front();
  if (standing) {
    auto old = plan_from_json(standing->document);
    if (old && plan_stands(*old, progress_of(records), fresh, cluster, policy())) {
      fresh = std::move(old).value();
      if (fresh.result == PlanResult::moves) situation_.plan_id = standing->id;
    } else {
      standing.reset();
    }
  }
  count_wish(fresh, now);
  if (fresh.result == PlanResult::moves) quiet_ticks_.clear();
  const int quiet = fresh.result == PlanResult::moves
                        ? kTicksBeforeNoPlanIsTold
                        : ++quiet_ticks_[plan_digest(fresh) + " of " + text::join(fresh.scope, ",")];
  if (!standing && quiet < kTicksBeforeNoPlanIsTold) return Done{};
  // Why there is no plan is told once per incident, whatever the number of plans that say it.
  const auto key_of = [&fresh](const Incident& incident, std::int64_t plan_id) {
    return "incident/" + std::to_string(incident.id) +
           (fresh.result == PlanResult::moves ? "/plan/" + std::to_string(plan_id)
                                              : std::string("/no_plan/") + name_of(fresh.result));
  };
  const bool said = standing && std::all_of(open.begin(), open.end(), [&](const Incident& incident) {
                      return told_.count(key_of(incident, standing->id)) != 0;
                    });
  if (said) return Done{};
  std::int64_t plan_id = standing ? standing->id : 0;
  const std::vector<std::size_t> owners = incidents_of_moves(fresh, open);
  const Status done = parts_.journal.transact([&](Tables& tables) -> Status {
    if (!standing) {
      auto stored = store(tables, fresh, owners, open, now);
      if (!stored) return stored.error();
      plan_id = *stored;
    }
    for (std::size_t i = 0; i < open.size(); ++i) {
      std::vector<Move> own;
      for (std::size_t m = 0; m < owners.size(); ++m) {
        if (owners[m] == i) own.push_back(fresh.moves[m]);
      }
      Message message = plan_message(open[i], fresh, own, calm[i]);
      if (!own.empty() && view_.mode != "suggest") {
        const std::string number = std::to_string(plan_id);
        message.lines.push_back("To approve it: balancer-evaluator approve " + number +
                                "; to refuse it: balancer-evaluator reject " + number);
      }
      auto queued = notify(tables, key_of(open[i], plan_id), message, open[i].id, now);
      if (!queued) return queued;
    }
    return Done{};
  });
  if (!done) return done;
  for (const Incident& incident : open) told_.insert(key_of(incident, plan_id));
  if (fresh.result == PlanResult::moves) situation_.plan_id = plan_id;
  parts_.on_message();
  return Done{};
}

Result<std::int64_t> Loop::store(Tables& tables, const Plan& plan, const std::vector<std::size_t>& owners,
                                 const std::vector<Incident>& open, double now) {
  if (auto done = cancel_waiting(tables, std::nullopt, "a newer plan replaces it", now); !done)
    return done.error();
  const auto id = tables.store_plan(
      {0, now, plan.goal, name_of(plan.result), plan.reason, plan_digest(plan), plan_to_json(plan), true});
  if (!id) return id;
  auto event = tables.add_event({now, "plan", "evaluator", "plan " + std::to_string(*id),
                                 std::string(name_of(plan.result)) + ": " + plan.reason});
  if (!event) return event.error();
  for (std::size_t m = 0; m < plan.moves.size(); ++m) {
    const Move& move = plan.moves[m];
    MoveRecord record;
    record.plan_id = *id;
    if (!open.empty()) record.incident_id = open[owners[m]].id;  // an errand serves none
    record.step = move.step;
    record.guest = move.guest;
    record.name = move.name;
    record.from = move.from;
    record.to = move.to;
    record.method = move.method;
    record.after = move.after;
    record.downtime_seconds = move.downtime_seconds;
    record.copy_bytes = move.copy_bytes;
    record.why = move.why;
    record.created_at = record.changed_at = now;
    record.actor = "evaluator";
    record.reason = plan.reason;
    if (auto proposed = tables.propose_move(record); !proposed) return proposed;
    auto told = tables.add_event({now, "move", "evaluator", move.guest, suggestion_line(move)});
    if (!told) return told.error();
  }
  return id;
}

// Those that nobody has started; what runs goes on.
Status Loop::cancel_waiting(Tables& tables, std::optional<std::int64_t> incident, const std::string& reason,
                            double now) {
  bool any = false;
  for (const MoveState state : {MoveState::proposed, MoveState::approved}) {
    const auto waiting = tables.moves_in(state);
    if (!waiting) return waiting.error();
    for (const MoveRecord& move : *waiting) {
      if (incident && move.incident_id != *incident) continue;
      any = true;
      auto cancelled = tables.change_move(move.id, MoveState::cancelled, "evaluator", reason, now);
      if (cancelled)
        cancelled = tables.add_event({now, "move", "evaluator", move.guest, "cancelled: " + reason});
      if (!cancelled) return cancelled;
    }
  }
  // What was told no longer stands as a whole: the next tick plans anew.
  return !incident || any ? tables.no_plan_stands() : Done{};
}

Status Loop::withdraw(const std::string& reason, double now) {
  bool needed = false;
  const Status read = parts_.journal.read([&](Tables& tables) -> Status {
    const auto standing = tables.standing_plan();
    if (!standing) return standing.error();
    needed = standing->has_value();
    return Done{};
  });
  if (!read || !needed) return read;
  return parts_.journal.transact(
      [&](Tables& tables) { return cancel_waiting(tables, std::nullopt, reason, now); });
}

void Loop::tell_hold(const std::vector<Incident>& open, double now) {
  const std::string reason = name_of(view_.hold.reason);
  if (++quiet_ticks_["hold " + reason] != kTicksBeforeNoPlanIsTold) return;
  const Status done = parts_.journal.transact([&](Tables& tables) -> Status {
    for (const Incident& incident : open) {
      auto queued = notify(tables, "incident/" + std::to_string(incident.id) + "/hold/" + reason,
                           hold_message(incident, view_.hold), incident.id, now);
      if (!queued) return queued;
    }
    return Done{};
  });
  if (!done) log::error("the hold cannot be told", {{"reason", done.error().message}});
  if (done) parts_.on_message();
}

}  // namespace pcb
