// What the search keeps up to date move by move, against the same computed from nothing; order and bound
// alone.
#include "evaluator/planner/state.h"

#include <algorithm>
#include <cmath>
#include <random>

#include "oracle.h"
#include <gtest/gtest.h>

#include "evaluator/planner/bound.h"
#include "evaluator/planner/figures.h"
#include "evaluator/planner/order.h"
#include "evaluator/planner/score.h"

namespace pcb {
namespace {

using namespace planning;

constexpr long kEffort = 1'000'000;
const reference::Shape kMiddle{7, 40, true, true, true};

Goal goal_of(GoalKind kind) {
  Goal goal;
  goal.kind = kind;
  if (kind == GoalKind::drain) goal.scope = {"h1"};
  return goal;
}

// The same places, reached unit by unit from the start and in another order.
State anew(const Model& model, const State& wanted) {
  State state(model);
  for (auto unit = static_cast<Index>(model.units.size()) - 1; unit >= 0; --unit)
    if (wanted.unit_host(unit) != state.unit_host(unit)) state.move_unit(unit, wanted.unit_host(unit));
  return state;
}

void expect_same(const Model& model, const State& a, const State& b) {
  for (Index h = 0; h < model.host_count(); ++h) {
    for (const int r : {0, 1}) {
      EXPECT_NEAR(a.use(h)[r], b.use(h)[r], 1e-6 * (1 + model.hosts[h].capacity[r]));
      EXPECT_NEAR(a.surcharge(h)[r], b.surcharge(h)[r], 1e-6 * (1 + model.hosts[h].capacity[r]));
    }
    for (const bool vm : {false, true}) EXPECT_NEAR(a.configured(h, vm), b.configured(h, vm), 1);
    EXPECT_EQ(a.arrivals(h), b.arrivals(h));
  }
  for (Index rule = 0; rule < static_cast<Index>(model.rules.size()); ++rule)
    EXPECT_EQ(a.rule_degree(rule), b.rule_degree(rule));
  for (Index pool = 0; pool < static_cast<Index>(model.pool_free.size()); ++pool) {
    if (std::isfinite(model.pool_free[pool])) {
      EXPECT_NEAR(a.pool_free(pool), b.pool_free(pool), 1);
    }
  }
  EXPECT_NEAR(a.cost(), b.cost(), 1e-9 * (1 + b.cost()));
  EXPECT_EQ(a.moves(), b.moves());
}

TEST(PlannerState, MovesThereAndBackKeepTheSumsOfAFreshState) {
  for (std::uint64_t seed = 1; seed <= 40; ++seed) {
    const Cluster cluster = reference::random_cluster(seed, kMiddle);
    for (const GoalKind kind : {GoalKind::relieve, GoalKind::balance, GoalKind::drain}) {
      const Goal goal = goal_of(kind);
      const Model model = make_model(cluster, goal, {});
      State state(model);
      const Objective objective = make_objective(model, state, goal);
      std::mt19937 random(static_cast<std::uint32_t>(seed));
      for (int round = 0; round < 60; ++round) {
        const auto unit = static_cast<Index>(random() % model.units.size());
        const auto target = static_cast<Index>(random() % model.hosts.size());
        if (target != state.unit_host(unit)) state.move_unit(unit, target);
        if (round % 20 != 19) continue;
        const State fresh = anew(model, state);
        expect_same(model, state, fresh);
        const Score kept = score_of(objective, state), computed = score_of(objective, fresh);
        for (int term = 0; term < Score::kTerms; ++term)
          EXPECT_NEAR(kept.terms[term], computed.terms[term], 1e-9 * (1 + std::abs(computed.terms[term])))
              << "seed " << seed << ", term " << term;
        const std::vector<Load> uses = uses_of(model, state.assignment());
        for (Index h = 0; h < model.host_count(); ++h)
          EXPECT_NEAR(uses[h][0], state.use(h)[0], 1e-6 * (1 + model.hosts[h].capacity[0]))
              << "seed " << seed;
      }
      if (HasFailure()) return;
    }
  }
}

TEST(PlannerState, AScoreIsNoBetterThanItself) {
  const Cluster cluster = reference::random_cluster(3, kMiddle);
  const Goal goal = goal_of(GoalKind::balance);
  const Model model = make_model(cluster, goal, {});
  const State start(model);
  const Objective objective = make_objective(model, start, goal);
  const Score score = score_of(objective, start);
  EXPECT_EQ(compare(score, score), 0);
  EXPECT_EQ(compare(score, score_of(objective, start, 1, 1)), -1) << "parking is not free";
  EXPECT_EQ(compare(score_of(objective, start, 1, 1), score), 1);
}

TEST(PlannerOrder, EveryStepIsAllowedAfterThoseBeforeItAndLeadsWhereItSays) {
  int steps = 0;
  for (std::uint64_t seed = 1; seed <= 60; ++seed) {
    const Cluster cluster = reference::random_cluster(seed, {5, 14, false, true, true});
    const Model model = make_model(cluster, goal_of(GoalKind::balance), {});
    std::mt19937 random(static_cast<std::uint32_t>(seed));
    std::vector<Index> wanted = State(model).assignment();
    for (int i = 0; i < 6; ++i)
      wanted[random() % wanted.size()] =
          static_cast<Index>(random() % static_cast<std::uint32_t>(model.host_count()));
    const Ordering ordering = order_moves(model, wanted, 20);
    State state(model);
    for (const Step& step : ordering.steps) {
      ASSERT_EQ(state.host_of(step.guest), step.from) << "seed " << seed;
      ASSERT_EQ(state.check_guest(step.guest, step.to, {}), Code::none) << "seed " << seed;
      state.move_guest(step.guest, step.to);
      ++steps;
    }
    EXPECT_EQ(state.assignment(), ordering.final_hosts) << "seed " << seed;
    for (Index g = 0; g < model.guest_count(); ++g) {
      const bool left =
          std::find(ordering.left_out.begin(), ordering.left_out.end(), g) != ordering.left_out.end();
      EXPECT_TRUE(state.host_of(g) == wanted[g] || left) << "seed " << seed;
    }
  }
  EXPECT_GT(steps, 30);  // or nothing was ordered
}

TEST(PlannerBound, WithoutMovesItIsWhatThereIsAndWithThemNeverMore) {
  int lower = 0;
  for (std::uint64_t seed = 1; seed <= 30; ++seed) {
    const Cluster cluster = reference::random_cluster(seed, kMiddle);
    const Model model = make_model(cluster, goal_of(GoalKind::balance), {});
    const Figures now = figures_of(model, State(model).assignment(), 0);
    const Bound none = bound_of(model, 0, now, kEffort);
    EXPECT_NEAR(none.peak, now.peak, 1e-3 * now.peak) << "seed " << seed;
    for (const int moves : {1, 3, 10, 1000}) {
      const Bound bound = bound_of(model, moves, now, kEffort);
      EXPECT_LE(bound.peak, now.peak + 1e-9) << "seed " << seed << ", " << moves << " moves";
      EXPECT_LE(bound.overload, now.overload + 1e-9) << "seed " << seed << ", " << moves << " moves";
      EXPECT_GE(bound.peak, 0);
      lower += bound.peak < 0.99 * now.peak ? 1 : 0;
    }
  }
  EXPECT_GT(lower, 30);  // or it says nothing
}

}  // namespace
}  // namespace pcb
