// Plans until there is nothing left to do: a host that no move could lower may be lowered once others have
// moved.
//
// Without this, the plan of a plan's own result would go on; with it, it finds nothing to do.
#include <algorithm>
#include <map>

#include "evaluator/planner/figures.h"
#include "evaluator/planner/model_parts.h"
#include "evaluator/planner/planner_parts.h"

namespace pcb::planning {
namespace {

constexpr int kMaxStages = 8;
constexpr int kStagePart = 4;  // of the effort, for what comes after the first plan

// The copies take room on the targets and leave room behind.
void fill_storages(const Model& model, const State& end, Index host, std::vector<HostStorage>& storages) {
  const HostData& data = model.hosts[host];
  for (std::size_t i = 0; i < storages.size(); ++i)
    for (const auto& slot : data.storages)
      if (storages[i].free_bytes && slot.position == static_cast<Index>(i))
        storages[i].free_bytes = std::max(0.0, end.pool_free(slot.pool));
}

// The document as it would read after the moves, without its guests: copying those would take most of the
// memory.
Cluster moved_cluster(const Model& model, const State& end) {
  const Cluster& before = *model.cluster;
  Cluster cluster;
  cluster.cluster = before.cluster;
  cluster.taken_at = before.taken_at;
  cluster.quorate = before.quorate;
  cluster.auto_rebalance = before.auto_rebalance;
  cluster.hosts = before.hosts;
  cluster.rules = before.rules;
  std::map<std::string, Index> host_of;
  for (Index h = 0; h < model.host_count(); ++h) host_of[model.hosts[h].doc->name] = h;
  for (auto& host : cluster.hosts) {
    const Load& use = end.use(host_of.at(host.name));
    if (host.cpu_used_cores) host.cpu_used_cores = std::max(0.0, use[cpu]);
    if (host.memory_used_bytes) host.memory_used_bytes = std::max(0.0, use[memory]);
    if (host.storages) fill_storages(model, end, host_of.at(host.name), *host.storages);
  }
  return cluster;
}

std::vector<PlacedGuest> moved_guests(const Model& model, const State& end) {
  std::vector<PlacedGuest> guests;
  guests.reserve(model.guests.size());
  for (Index g = 0; g < model.guest_count(); ++g)
    guests.push_back({model.guests[g].doc, &model.hosts[end.host_of(g)].doc->name});
  return guests;
}

State end_of(const Model& model, const Ordering& ordering) {
  State end(model);
  for (const auto& step : ordering.steps) end.move_guest(step.guest, step.to);
  return end;
}

// A host in scope is over its limit: relieving again could have something to do.
bool is_over(const Objective& objective, const State& end) {
  for (Index h = 0; h < end.model().host_count(); ++h) {
    const HostData& host = end.model().hosts[h];
    const bool in_scope = !objective.scope_given || objective.in_scope[h] != 0;
    if (host.online && in_scope && over_limit(host, end.use(h))) return true;
  }
  return false;
}

// Planned on the moved document, said in terms of the first one.
struct Translation {
  std::vector<Index> target;  // per guest
  std::vector<Step> steps;
};

Translation translate(const Model& model, const Model& next, const Ordering& ordering) {
  std::map<std::string, Index> host_of, guest_of;
  for (Index h = 0; h < model.host_count(); ++h) host_of[model.hosts[h].doc->name] = h;
  for (Index g = 0; g < model.guest_count(); ++g) guest_of[model.guests[g].doc->id] = g;
  const auto host = [&](Index h) { return host_of.at(next.hosts[h].doc->name); };
  const auto guest = [&](Index g) { return guest_of.at(next.guests[g].doc->id); };
  Translation result;
  result.target.resize(model.guests.size());
  for (Index g = 0; g < next.guest_count(); ++g) result.target[guest(g)] = host(ordering.final_hosts[g]);
  for (const auto& step : ordering.steps)
    result.steps.push_back({guest(step.guest), host(step.from), host(step.to), {}});
  return result;
}

}  // namespace

Ordering solve_until_settled(const Model& model, const Goal& goal, const Objective& objective,
                             int max_moves) {
  Ordering ordering = solve(model, objective, max_moves, 1);
  if (goal.kind != GoalKind::balance && goal.kind != GoalKind::relieve) return ordering;
  long evaluations = ordering.evaluations;
  const Score start = score_of(objective, State(model));
  for (int stage = 0; stage < kMaxStages; ++stage) {
    const int left = max_moves - static_cast<int>(ordering.steps.size());
    if (ordering.steps.empty() || left <= 0) break;
    const State reached = end_of(model, ordering);
    if (goal.kind == GoalKind::relieve && !is_over(objective, reached)) break;
    const Cluster cluster = moved_cluster(model, reached);
    const Model next = make_model(cluster, moved_guests(model, reached), goal, model.policy);
    const Ordering more = solve(next, make_objective(next, State(next), goal), left, kStagePart);
    evaluations += more.evaluations;
    if (more.steps.empty()) break;
    const Translation translation = translate(model, next, more);
    Ordering together = order_moves(model, translation.target, max_moves);
    if (!together.left_out.empty()) {
      // No order for the direct way: one plan after the other is an order, too.
      std::vector<Step> steps = ordering.steps;
      steps.insert(steps.end(), translation.steps.begin(), translation.steps.end());
      together = order_as_given(model, std::move(steps));
    }
    if (!together.left_out.empty()) break;
    const State end = end_of(model, together);
    if (!spares_others(objective, end)) break;
    // Altogether not worth its moves, and a part of it would not last: then nothing.
    const bool better =
        compare(score_of(objective, end, together.extra_cost, together.extra_moves), start) < 0;
    if (!better) return {{}, {}, State(model).assignment(), 0, 0, evaluations};
    ordering = std::move(together);
  }
  ordering.evaluations = evaluations;
  return ordering;
}

}  // namespace pcb::planning
