// The loop's way to even out the hosts at the times of evaluator.balance, while no host is over its limit.
// The plan is made once, stands for an hour, and is carried out as the mode says; an incident that opens
// meanwhile replaces it.
#include <algorithm>
#include <utility>

#include "common/log/log.h"
#include "common/text.h"
#include "evaluator/cli/actor_records.h"
#include "evaluator/cli/loop.h"
#include "evaluator/decide/move_steps.h"
#include "evaluator/planner/plan_output.h"

namespace pcb {
namespace {

constexpr int kGraceMinutes = 30;        // after its time a run may still begin
constexpr double kStandsSeconds = 3600;  // then what is left of the plan is given up
constexpr const char* kRunAtSetting = "balance_run_at";
constexpr const char* kPlanSetting = "balance_plan";

std::string clock_time(int minutes) {
  constexpr int kPerDay = 24 * 60;
  const std::string hour = std::to_string(minutes % kPerDay / 60), minute = std::to_string(minutes % 60);
  return std::string(hour.size() < 2 ? "0" : "") + hour + ":" + (minute.size() < 2 ? "0" : "") + minute;
}

bool is_due(const std::vector<BalanceSchedule>& schedules, double last_run_at, double now) {
  if (now - last_run_at < kGraceMinutes * 60.0 && now >= last_run_at) return false;
  return std::any_of(schedules.begin(), schedules.end(), [&](const BalanceSchedule& schedule) {
    const auto at = text::split(schedule.at, ':');
    const auto begin =
        at.size() == 2 ? text::to_int64(at[0]).value_or(0) * 60 + text::to_int64(at[1]).value_or(0) : 0;
    TimeWindow window;
    window.days = schedule.days;
    window.from = schedule.at;
    window.to = clock_time(static_cast<int>(begin) + kGraceMinutes);
    return window_is_open(window, local_time(now));
  });
}

Message balance_message(const Plan& plan, std::int64_t id, const std::string& mode) {
  Message message{"plan", "info", "Balance: " + plan.reason, {"Balance: " + text::printable(plan.reason)}};
  for (const Move& move : plan.moves) message.lines.push_back(suggestion_line(move));
  if (!plan.moves.empty() && mode != "suggest")
    message.lines.push_back("To approve it: balancer-evaluator approve " + std::to_string(id));
  return message;
}

}  // namespace

// True: a balance is under way, and this tick was spent on it.
bool Loop::run_balance(const Hold& hold, double now) {
  if (config_->evaluator.balance.empty()) return false;
  std::optional<PlanRecord> standing;
  std::vector<MoveRecord> moves;
  double last_run_at = 0;
  const Status read = parts_.journal.read([&](Tables& tables) -> Status {
    auto found = tables.standing_plan();
    const auto ran = tables.setting(kRunAtSetting);
    const auto plan_id = tables.setting(kPlanSetting);
    if (!found) return found.error();
    if (!ran) return ran.error();
    if (!plan_id) return plan_id.error();
    last_run_at = text::to_double(ran->value_or("")).value_or(0);
    if (!*found || std::to_string((*found)->id) != plan_id->value_or("")) return Done{};
    standing = std::move(found).value();
    auto of_plan = tables.moves_of_plan(standing->id);
    if (!of_plan) return of_plan.error();
    moves = std::move(of_plan).value();
    return Done{};
  });
  const bool waits =
      std::any_of(moves.begin(), moves.end(), [](const auto& move) { return is_waiting(move.state); });
  const bool goes_on = standing && now - standing->made_at < kStandsSeconds && (waits || is_moving());
  if (standing && waits && !goes_on)
    static_cast<void>(withdraw("what is left of the balance is given up", now).ok());
  if (!read || (!goes_on && !is_due(config_->evaluator.balance, last_run_at, now))) return false;
  ClusterState state;
  Hold held = hold;
  if (!held) held = read_state(state);
  const bool holds = static_cast<bool>(held);
  set_hold(std::move(held), now);
  if (holds || looked_before_the_last_end()) return true;
  Status done = Done{};
  if (goes_on) {
    done = confirm_standing(*state.cluster);
    if (const auto told = plan_from_json(standing->document); told && done) count_wish(*told, now);
  } else {
    done = begin_balance(*state.cluster, now);
  }
  if (!done) log::error("the balance waits", {{"reason", done.error().message}});
  return true;
}

Status Loop::begin_balance(const Cluster& cluster, double now) {
  Goal goal;
  goal.kind = GoalKind::balance;
  const auto fresh = plan(cluster, goal, policy());
  if (!fresh) return fresh.error();
  if (fresh->result == PlanResult::refused) return Error{fresh->reason};  // it passes
  parts_.counters.add("balancer_plans_total", {fresh->goal, name_of(fresh->result)});
  count_wish(*fresh, now);
  const Status done = parts_.journal.transact([&](Tables& tables) -> Status {
    const auto id = store(tables, *fresh, {}, {}, now);
    if (!id) return id.error();
    auto kept = tables.set_setting(kRunAtSetting, text::number(now));
    if (kept) kept = tables.set_setting(kPlanSetting, std::to_string(*id));
    if (!kept) return kept;
    if (fresh->result == PlanResult::moves) situation_.plan_id = *id;
    return notify(tables, "balance/" + std::to_string(*id), balance_message(*fresh, *id, view_.mode),
                  std::nullopt, now);
  });
  if (done) parts_.on_message();
  return done;
}

}  // namespace pcb
