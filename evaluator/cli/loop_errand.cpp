// The loop's way to empty a host, and to give it its guests back. While it lasts, alerts are kept and not
// planned for.
#include <algorithm>
#include <utility>

#include "common/log/log.h"
#include "evaluator/cli/errand_maintenance.h"
#include "evaluator/cli/loop.h"
#include "evaluator/decide/errand.h"
#include "evaluator/decide/move_steps.h"
#include "evaluator/planner/plan_output.h"

namespace pcb {
namespace {

std::vector<WaitingMove> waiting_of(const std::vector<MoveRecord>& moves) {
  std::vector<WaitingMove> waiting;
  for (const MoveRecord& move : moves) {
    if (is_waiting(move.state)) waiting.push_back({move.guest, move.from, move.to});
  }
  return waiting;
}

// A guest whose migration has failed stays where it is for the rest of this errand: each try may stop and
// start it, and three failures in a row would open the breaker for all that are left.
void leave_failed(Cluster& cluster, const ErrandRecord& errand,
                  const std::vector<OperationRecord>& operations) {
  const Initiator by = errand.kind == "drain" ? Initiator::drain : Initiator::giving_back;
  for (const OperationRecord& operation : operations) {
    const bool of_this = operation.initiator == by && operation.intended_at >= errand.begun_at;
    if (!of_this || operation.move.state != MoveState::failed) continue;
    for (Guest& guest : cluster.guests) {
      if (guest.id == operation.move.guest && guest.host == operation.move.from)
        guest.blockers.push_back({"failed", operation.move.reason, ""});
    }
  }
}

Message over_message(const ErrandRecord& errand) {
  const std::string what =
      errand.kind == "drain" ? "Emptying " + errand.host : "Giving " + errand.host + " its guests back";
  const std::string how = errand.state == "done" ? ": done" : ": stopped";
  return {"report",
          errand.state == "done" ? "info" : "warning",
          what + how,
          {what + how + "; " + errand.progress}};
}

}  // namespace

// True: an errand is under way, and this tick was spent on it.
bool Loop::run_errand(const Hold& hold, double now) {
  std::optional<ErrandRecord> errand;
  const Status read = parts_.journal.read([&](Tables& tables) -> Status {
    auto active = tables.active_errand();
    if (!active) return active.error();
    errand = std::move(active).value();
    return Done{};
  });
  if (!read || !errand) return false;
  Hold waits = hold;
  ClusterState state;
  if (!waits) waits = read_state(state);
  if (waits) {
    errand->progress = "it waits: " + waits.sentence;
    set_hold(std::move(waits), now);
    static_cast<void>(
        parts_.journal.transact([&](Tables& tables) { return tables.save_errand(*errand); }).ok());
    return true;
  }
  set_hold({}, now);
  Status done = Done{};
  if (is_moving()) {
    done = confirm_standing(*state.cluster);
  } else if (!looked_before_the_last_end()) {
    leave_failed(*state.cluster, *errand, operations_);
    done = plan_errand(std::move(*errand), *state.cluster, now);
  }
  if (!done) log::error("the errand waits", {{"reason", done.error().message}});
  return true;
}

Status Loop::plan_errand(ErrandRecord errand, const Cluster& cluster, double now) {
  const bool drains = errand.kind == "drain";
  Goal goal;
  goal.kind = GoalKind::drain;
  goal.scope = {errand.host};
  goal.include_stopped = errand.include_stopped;
  Result<Plan> made =
      drains ? plan(cluster, goal, policy())
             : Result<Plan>(return_plan(cluster, errand.host, taken_from(errand.host), policy()));
  const bool refused = made && made->result == PlanResult::refused;  // a guard: it passes
  HaTurn ha;
  if (made && !refused) {
    const Status turned = parts_.journal.transact([&](Tables& tables) -> Status {
      auto turn = drains ? drain_turn(tables, errand, cluster, *made, now)
                         : return_turn(tables, errand, cluster, now);
      if (!turn) return turn.error();
      ha = std::move(*turn);
      return Done{};
    });
    if (!turned) return turned;
    if (drains) made->moves = std::move(ha.own.moves);
    situation_.maintenance = ha.wish;
  }
  const ErrandState is = !made    ? ErrandState{true, false, made.error().message}
                         : drains ? drain_state(cluster, errand.host, errand.include_stopped, *made, ha.left)
                                  : return_state(*made, ha.left);
  std::string progress = is.progress;
  if (ha.wish)
    progress += ha.wish->begins ? "; node maintenance is asked for" : "; it leaves node maintenance";
  if (!ha.said.empty()) progress += ": " + ha.said;
  const bool news = errand.progress != progress;
  errand.progress = std::move(progress);
  if (news) log::info(errand.kind + " " + errand.host, {{"progress", errand.progress}});
  return parts_.journal.transact([&](Tables& tables) -> Status {
    if (ha.waits) return tables.save_errand(errand);
    if (is.over && !refused) return end_errand(tables, std::move(errand), is.complete, now);
    std::vector<MoveRecord> known;
    if (errand.plan_id != 0) {
      auto moves = tables.moves_of_plan(errand.plan_id);
      if (!moves) return moves.error();
      known = std::move(moves).value();
    }
    if (made && !refused && !is_planned(waiting_of(known), *made)) {
      auto stored = store(tables, *made, {}, {}, now);
      if (!stored) return stored.error();
      errand.plan_id = *stored;
    }
    if (!refused) situation_.plan_id = errand.plan_id;
    return tables.save_errand(errand);
  });
}

Status Loop::end_errand(Tables& tables, ErrandRecord errand, bool complete, double now) {
  errand.state = complete ? "done" : "given_up";
  errand.ended_at = now;
  if (errand.kind == "drain") {
    const auto maintained = maintained_guests(tables, errand.host);
    if (!maintained) return maintained.error();
    if (!maintained->empty()) errand.progress += "; " + in_maintenance_until_return(errand.host);
  }
  auto ended = cancel_waiting(tables, std::nullopt, "the errand is over", now);
  if (ended) ended = tables.save_errand(errand);
  if (ended)
    ended = tables.add_event(
        {now, "errand", "evaluator", errand.kind + " " + errand.host, errand.state + ": " + errand.progress});
  if (!ended) return ended;
  return notify(tables, "errand/" + std::to_string(errand.id) + "/over", over_message(errand), std::nullopt,
                now);
}

// Where drains of the host have put its guests, the newest for each.
std::vector<TakenAway> Loop::taken_from(const std::string& host) const {
  std::vector<TakenAway> taken;
  for (const OperationRecord& operation : operations_) {  // oldest first
    if (operation.initiator != Initiator::drain || operation.move.from != host ||
        operation.move.state != MoveState::done)
      continue;
    taken.erase(std::remove_if(taken.begin(), taken.end(),
                               [&](const TakenAway& away) { return away.guest == operation.move.guest; }),
                taken.end());
    taken.push_back({operation.move.guest, operation.move.to});
  }
  return taken;
}

}  // namespace pcb
