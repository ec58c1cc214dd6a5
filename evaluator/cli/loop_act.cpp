// What the loop knows of moves that are carried out, and what comes of them.
#include <algorithm>
#include <utility>

#include "cluster/document_defaults.h"
#include "common/log/log.h"
#include "common/text.h"
#include "evaluator/cli/loop.h"
#include "evaluator/cli/plan_command.h"
#include "evaluator/decide/act_messages.h"
#include "evaluator/decide/breaker.h"
#include "evaluator/decide/move_steps.h"
#include "evaluator/planner/plan_output.h"

namespace pcb {
namespace {

constexpr double kRememberSeconds = 30 * 86400;
constexpr double kOutcomePatienceSeconds = 3600;  // until it is given up as not known
constexpr const char* kMembersSetting = "members";
constexpr const char* kMembersChangedSetting = "members_changed_at";

std::string members_of(const Cluster& cluster) {
  std::vector<std::string> names;
  for (const Host& host : cluster.hosts) {
    if (state_of(host) != HostState::offline) names.push_back(host.name);
  }
  std::sort(names.begin(), names.end());
  return std::string(is_quorate(cluster) ? "quorate " : "not quorate ") + text::join(names, " ");
}

}  // namespace

Status Loop::read_acting(double now) {
  return parts_.journal.read([&](Tables& tables) -> Status {
    auto operations = tables.operations_since(now - kRememberSeconds);
    const auto breaker = tables.newest_switch(SwitchName::breaker);
    if (!operations) return operations.error();
    if (!breaker) return breaker.error();
    operations_ = std::move(operations).value();
    breaker_ = *breaker && (*breaker)->on ? (*breaker)->reason : "";
    return Done{};
  });
}

// The exporter forgets them when it restarts.
void Loop::remember_moves(Cluster& cluster) const {
  for (Guest& guest : cluster.guests) {
    for (const OperationRecord& operation : operations_) {
      if (operation.move.guest != guest.id || operation.move.state != MoveState::done) continue;
      guest.last_moved_at = std::max(guest.last_moved_at.value_or(0), operation.ended_at.value_or(0));
    }
  }
}

// Outlives a restart: what changed while nobody looked has changed now.
Status Loop::watch_members(double now) {
  const std::string members = members_of(*view_.document);
  std::string known;
  std::string changed_at;
  const Status read = parts_.journal.read([&](Tables& tables) -> Status {
    const auto last = tables.setting(kMembersSetting);
    const auto when = tables.setting(kMembersChangedSetting);
    if (!last) return last.error();
    if (!when) return when.error();
    known = last->value_or("");
    changed_at = when->value_or("");
    return Done{};
  });
  if (!read) return read;
  situation_.quorum_changed_at = text::to_double(changed_at);
  if (known == members) return Done{};
  if (!known.empty()) {
    situation_.quorum_changed_at = now;
    log::warning("the cluster's members have changed", {{"were", known}, {"are", members}});
  }
  return parts_.journal.transact([&](Tables& tables) -> Status {
    auto done = tables.set_setting(kMembersSetting, members);
    if (done && !known.empty()) done = tables.set_setting(kMembersChangedSetting, text::number(now));
    return done;
  });
}

bool Loop::is_moving() const {
  return std::any_of(operations_.begin(), operations_.end(),
                     [](const OperationRecord& operation) { return !operation.ended_at; });
}

bool Loop::looked_before_the_last_end() const {
  const double taken = view_.document ? view_.document->taken_at.value_or(0) : 0;
  return std::any_of(operations_.begin(), operations_.end(), [&](const OperationRecord& operation) {
    return operation.move.state == MoveState::done && operation.ended_at && *operation.ended_at >= taken;
  });
}

Policy Loop::policy() const {
  Policy policy = policy_of(config_->evaluator);
  for (const OperationRecord& operation : operations_) {  // oldest first: the newest counts
    if (operation.downtime_seconds && operation.move.method == "restart")
      policy.measured_downtime_seconds[operation.move.guest] = *operation.downtime_seconds;
  }
  return policy;
}

// The moves of the plan that wait are checked again, each against the cluster as it is.
Status Loop::confirm_standing(const Cluster& cluster) {
  std::vector<MoveRecord> moves;
  std::int64_t id = 0;
  const Status read = parts_.journal.read([&](Tables& tables) -> Status {
    const auto standing = tables.standing_plan();
    if (!standing) return standing.error();
    if (!*standing) return Done{};
    id = (*standing)->id;
    auto found = tables.moves_of_plan(id);
    if (!found) return found.error();
    moves = std::move(found).value();
    return Done{};
  });
  if (!read) return read;
  const bool all = std::all_of(moves.begin(), moves.end(), [&](const MoveRecord& move) {
    return !is_waiting(move.state) || can_migrate(cluster, move.guest, move.to, policy()).allowed;
  });
  if (all) situation_.plan_id = id;
  return Done{};
}

// Ticks in a row that wanted moves for the same goal and scope.
void Loop::count_wish(const Plan& fresh, double now) {
  const std::string wanted =
      fresh.result == PlanResult::moves ? fresh.goal + " of " + text::join(fresh.scope, ",") : "";
  if (wanted != wanted_ || situation_.ticks == 0) {
    wanted_ = wanted;
    situation_.ticks = 0;
    situation_.first_wanted_at = now;
  }
  if (!wanted.empty()) ++situation_.ticks;
}

Status Loop::judge_outcomes(double now) {
  std::vector<OutcomeRecord> pending;
  const Status read = parts_.journal.read([&](Tables& tables) -> Status {
    auto found = tables.pending_outcomes();
    if (!found) return found.error();
    pending = std::move(found).value();
    return Done{};
  });
  if (!read) return read;
  for (OutcomeRecord& outcome : pending) {
    if (now < outcome.due_at || is_moving()) continue;
    ClusterState state;
    std::optional<Figures> figures;
    if (!read_state(state)) {
      Goal goal;
      goal.kind = GoalKind::balance;
      Policy only_look = policy();
      only_look.max_moves = 1;  // the figures of now are all that is asked for
      if (const auto looked = plan(*state.cluster, goal, only_look); looked) figures = looked->before;
    }
    if (!figures && now < outcome.due_at + kOutcomePatienceSeconds) continue;
    if (const Status noted = note_outcome(std::move(outcome), figures, now); !noted) return noted;
  }
  return Done{};
}

Status Loop::note_outcome(OutcomeRecord outcome, const std::optional<Figures>& now_figures, double now) {
  const Status noted = parts_.journal.transact([&](Tables& tables) -> Status {
    const auto moves = tables.moves_of_plan(outcome.plan_id);
    if (!moves) return moves.error();
    const bool carried_out = std::all_of(
        moves->begin(), moves->end(), [](const MoveRecord& move) { return move.state == MoveState::done; });
    const OutcomeVerdict verdict = judge_outcome(
        outcome.predicted_peak, carried_out, now_figures ? std::optional(now_figures->peak) : std::nullopt);
    outcome.verdict = verdict.verdict;
    outcome.sentence = verdict.sentence;
    outcome.judged_at = now;
    if (now_figures) {
      outcome.achieved_peak = now_figures->peak;
      outcome.achieved_imbalance = now_figures->imbalance;
    }
    const std::string about = "plan " + std::to_string(outcome.plan_id);
    auto done = tables.judge_outcome(outcome);
    if (done) done = tables.add_event({now, "plan", "evaluator", about, verdict.sentence});
    if (!done || verdict.verdict != "worse") return done;
    const std::string reason = about + " came out " + verdict.sentence;
    done = tables.set_switch({now, SwitchName::breaker, true, "evaluator", "", reason});
    if (done) done = tables.add_event({now, "switch", "evaluator", "breaker", "open: " + reason});
    if (!done) return done;
    return notify(tables, "breaker/" + about, breaker_message(reason), std::nullopt, now);
  });
  if (!noted) return noted;
  log::info("what came of a plan",
            {{"plan", std::to_string(outcome.plan_id)}, {"verdict", outcome.sentence}});
  view_.achieved = now_figures;
  parts_.on_message();
  return Done{};
}

}  // namespace pcb
