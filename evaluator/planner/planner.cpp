#include "evaluator/planner/planner.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include "common/text.h"
#include "evaluator/planner/bound.h"
#include "evaluator/planner/explain.h"
#include "evaluator/planner/figures.h"
#include "evaluator/planner/planner_parts.h"

namespace pcb {
namespace {

using namespace planning;

const char* goal_name(GoalKind kind) {
  switch (kind) {
    case GoalKind::relieve:
      return "relieve";
    case GoalKind::balance:
      return "balance";
    case GoalKind::drain:
      return "drain";
    case GoalKind::place:
      return "place";
    case GoalKind::survive:
      return "survive";
  }
  return "";
}

// A guard that forbids any plan, or nothing.
std::string guard_of(const Cluster& cluster, const Policy& policy) {
  if (!cluster.quorate.value_or(true)) return "the cluster has no quorum: nothing may be moved";
  std::string stale;
  for (const auto& host : cluster.hosts)
    if (host.state.value_or(HostState::online) == HostState::online &&
        host.age_seconds.value_or(0) > policy.stale_after_seconds && (stale.empty() || host.name < stale))
      stale = host.name;
  if (stale.empty()) return "";
  for (const auto& host : cluster.hosts)
    if (host.name == stale)
      return "the figures of " + stale + " are " + text::human_duration(*host.age_seconds) +
             " old, more than " + text::human_duration(policy.stale_after_seconds);
  return "";
}

int move_cap(const Goal& goal, const Policy& policy) {
  const int cap = policy.max_moves.value_or(goal.kind == GoalKind::balance ? 10 : 0);
  return cap > 0 ? cap : std::numeric_limits<int>::max() / 4;  // 0: none
}

std::vector<Move> moves_of(const Model& model, const Objective& objective, const Ordering& ordering) {
  std::vector<Move> moves;
  State state(model);
  for (std::size_t k = 0; k < ordering.steps.size(); ++k) {
    const Step& step = ordering.steps[k];
    const GuestData& guest = model.guests[step.guest];
    Move move;
    move.step = static_cast<int>(k) + 1;
    for (const int i : step.after) move.after.push_back(i + 1);
    move.guest = guest.doc->id;
    move.name = guest.doc->name.value_or(guest.doc->id);
    move.from = model.hosts[step.from].doc->name;
    move.to = model.hosts[step.to].doc->name;
    move.method = move_method(guest);
    move.downtime_seconds = guest.downtime_seconds;
    move.copy_bytes = copy_bytes(model, step.guest, step.to);
    const bool parks =
        std::any_of(ordering.steps.begin() + static_cast<std::ptrdiff_t>(k) + 1, ordering.steps.end(),
                    [&](const Step& later) { return later.guest == step.guest; });
    move.why = why_of(state, step, objective, parks);
    state.move_guest(step.guest, step.to);
    moves.push_back(std::move(move));
  }
  return moves;
}

std::vector<std::string> scope_of(const Model& model, const Objective& objective, const Goal& goal) {
  std::vector<std::string> scope = goal.scope;
  if (scope.empty() && goal.kind == GoalKind::relieve)
    for (Index h = 0; h < model.host_count(); ++h)
      if (objective.in_scope[h] != 0) scope.push_back(model.hosts[h].doc->name);
  std::sort(scope.begin(), scope.end());
  scope.erase(std::unique(scope.begin(), scope.end()), scope.end());
  return scope;
}

void fill_plan(const Model& model, const Goal& goal, const Policy& policy, Plan& plan) {
  const State start(model);
  const Objective objective = make_objective(model, start, goal);
  plan.scope = scope_of(model, objective, goal);
  const int cap = move_cap(goal, policy);
  const Ordering ordering = solve_until_settled(model, goal, objective, cap);
  State end(model);
  double cost = 0;
  for (const auto& step : ordering.steps) {
    cost += move_cost(model, step.guest, step.to);
    end.move_guest(step.guest, step.to);
  }
  plan.moves = moves_of(model, objective, ordering);
  plan.after = figures_of(model, end.assignment(), cost);
  plan.bound = bound_of(model, cap, plan.after, ordering.evaluations);
  plan.rejected = rejections_of(objective, start, end, ordering.left_out);
  plan.fixes = fixes_of(objective, start);
  add_reason(objective, start, end, plan);
}

}  // namespace

Figures figures_now(const Cluster& cluster, const Policy& policy) {
  const Model model = make_model(cluster, Goal{}, policy);
  return figures_of(model, State(model).assignment(), 0);
}

Result<Plan> plan(const Cluster& cluster, const Goal& goal, const Policy& policy) {
  Plan plan;
  plan.cluster = cluster.cluster.value_or("");
  plan.goal = goal_name(goal.kind);
  plan.scope = goal.scope;
  const Model model = make_model(cluster, goal, policy);
  for (const auto& name : goal.scope)
    if (model.host_named(name) == kNone)
      return Error{"host " + text::printable(name) +
                   " is not in the cluster document; name one of its hosts"};
  if (goal.kind == GoalKind::drain && goal.scope.size() != 1) return Error{"drain takes exactly one host"};
  const State start(model);
  plan.before = plan.after = figures_of(model, start.assignment(), 0);
  plan.bound = {plan.before.overload, plan.before.peak};
  const std::string guard = guard_of(cluster, policy);
  if (!guard.empty()) {
    plan.result = PlanResult::refused;
    plan.reason = guard;
    return plan;
  }
  if (goal.kind == GoalKind::place) {
    answer_place(model, goal, plan);
  } else if (goal.kind == GoalKind::survive) {
    answer_survive(cluster, policy, plan);
  } else {
    fill_plan(model, goal, policy, plan);
  }
  return plan;
}

Verdict can_migrate(const Cluster& cluster, const std::string& guest, const std::string& target,
                    const Policy& policy) {
  const Model model = make_model(cluster, Goal{GoalKind::balance, {}, 0, 0, false}, policy);
  const std::string guard = guard_of(cluster, policy);
  if (!guard.empty()) return {false, "refused", guard};
  const State state(model);
  const Index host = model.host_named(target);
  for (Index g = 0; g < model.guest_count(); ++g) {
    if (model.guests[g].doc->id != guest) continue;
    if (host == kNone)
      return {false, code_name(Code::host_state), target + " is not in the cluster document"};
    if (host == model.guests[g].home) return {false, code_name(Code::host_state), "it is already there"};
    const Unit& unit = model.units[model.guests[g].unit];
    const Code code = state.check_unit(model.guests[g].unit, host);
    if (code == Code::none) return {true, "", ""};
    const bool partner_stays = unit.fixed != Code::none && model.guests[g].fixed == Code::none;
    const Rejection rejection = rejection_of(state, g, host, partner_stays ? Code::rule_together : code);
    return {false, rejection.code, rejection.detail};
  }
  return {false, code_name(Code::unknown_use), guest + " is not in the cluster document"};
}

std::vector<std::pair<std::string, Verdict>> verdicts_of(const Cluster& cluster, const std::string& guest,
                                                         const Policy& policy) {
  const auto found = std::find_if(cluster.guests.begin(), cluster.guests.end(),
                                  [&](const Guest& other) { return other.id == guest; });
  std::vector<std::pair<std::string, Verdict>> verdicts;
  if (found == cluster.guests.end()) return verdicts;
  for (const Host& host : cluster.hosts)
    if (host.name != found->host)
      verdicts.emplace_back(host.name, can_migrate(cluster, guest, host.name, policy));
  std::sort(verdicts.begin(), verdicts.end(), [](const auto& a, const auto& b) { return a.first < b.first; });
  return verdicts;
}

std::vector<Move> suggest_migrations(const Cluster& cluster, const Goal& goal, const Policy& policy) {
  auto result = plan(cluster, goal, policy);
  if (!result.ok()) return {};
  return std::move(result.value().moves);
}

}  // namespace pcb
