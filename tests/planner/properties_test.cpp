// What must hold for every cluster, whatever is in it.
#include <algorithm>
#include <random>

#include "oracle.h"
#include <gtest/gtest.h>

#include "cluster/document_json.h"
#include "evaluator/planner/plan_output.h"
#include "evaluator/planner/planner.h"

namespace pcb {
namespace {

using namespace reference;

const GoalKind kGoals[] = {GoalKind::relieve, GoalKind::balance, GoalKind::drain};

Goal goal_of(GoalKind kind) {
  Goal goal;
  goal.kind = kind;
  if (kind == GoalKind::drain) goal.scope = {"h1"};
  return goal;
}

Plan planned(const Cluster& cluster, const Goal& goal, const Policy& policy = {}) {
  auto made = plan(cluster, goal, policy);
  EXPECT_TRUE(made.ok());
  return made.ok() ? made.value() : Plan{};
}

// Copies take room where they go and leave room behind, but where a replica was there before.
void move_volumes(Cluster& cluster, Guest& guest, const std::string& to) {
  bool replica = false;
  for (const auto& replication : guest.replication)
    replica = replica || (replication.target == to && replication.ok.value_or(false));
  for (auto& host : cluster.hosts) {
    if (replica || !host.storages || !guest.volumes || (host.name != to && host.name != guest.host)) continue;
    for (auto& storage : *host.storages)
      for (const auto& volume : *guest.volumes)
        if (storage.free_bytes && volume.storage == storage.name && !storage.shared.value_or(false))
          *storage.free_bytes =
              std::max(0.0, *storage.free_bytes + (host.name == to ? -1 : 1) * *volume.size_bytes);
  }
  guest.host = to;
}

Cluster after_moves(Cluster cluster, const Plan& plan) {
  for (const auto& move : plan.moves)
    for (auto& guest : cluster.guests)
      if (guest.id == move.guest) move_volumes(cluster, guest, move.to);
  return cluster;
}

// Middle-sized clusters, beyond what can be counted through.
const Shape kMiddle{7, 40, true, true, true};

TEST(Properties, PlansKeepTheContractOnMiddleSizedClusters) {
  int moving = 0;
  for (std::uint64_t seed = 1; seed <= 150; ++seed)
    for (const GoalKind kind : kGoals) {
      const Cluster cluster = random_cluster(seed, kMiddle);
      const Goal goal = goal_of(kind);
      const Plan made = planned(cluster, goal);
      moving += made.moves.empty() ? 0 : 1;
      const auto faults = Reference(cluster, goal, Policy{}).check(made);
      ASSERT_TRUE(faults.empty()) << "seed " << seed << " " << made.goal << ": " << faults.front() << "\n"
                                  << plan_to_json(made) << write_cluster(cluster);
    }
  EXPECT_GT(moving, 150);  // or the clusters have nothing to plan and the test shows nothing
}

TEST(Properties, OrderOfTheDocumentChangesNoByte) {
  std::mt19937 random(3);
  for (std::uint64_t seed = 1; seed <= 60; ++seed)
    for (const GoalKind kind : kGoals) {
      const Cluster cluster = random_cluster(seed, kMiddle);
      Cluster shuffled = cluster;
      std::shuffle(shuffled.hosts.begin(), shuffled.hosts.end(), random);
      std::shuffle(shuffled.guests.begin(), shuffled.guests.end(), random);
      std::shuffle(shuffled.rules.begin(), shuffled.rules.end(), random);
      for (auto& rule : shuffled.rules) std::shuffle(rule.guests.begin(), rule.guests.end(), random);
      for (auto& host : shuffled.hosts)
        if (host.storages) std::shuffle(host.storages->begin(), host.storages->end(), random);
      ASSERT_EQ(plan_to_json(planned(cluster, goal_of(kind))), plan_to_json(planned(shuffled, goal_of(kind))))
          << "seed " << seed;
    }
}

TEST(Properties, RenamingChangesNoScore) {
  for (std::uint64_t seed = 1; seed <= 60; ++seed)
    for (const GoalKind kind : kGoals) {
      const Cluster cluster = random_cluster(seed, kMiddle);
      Cluster renamed = cluster;
      const auto host_name = [](const std::string& name) {
        return "z" + std::string(1, static_cast<char>('z' - name[1])) + name;
      };
      for (auto& host : renamed.hosts) host.name = host_name(host.name);
      for (auto& guest : renamed.guests) {
        guest.host = host_name(guest.host);
        if (guest.ha && guest.ha->hosts)
          for (auto& entry : *guest.ha->hosts) entry.name = host_name(entry.name);
        for (auto& replication : guest.replication) replication.target = host_name(replication.target);
      }
      for (auto& rule : renamed.rules)
        for (auto& host : rule.hosts) host = host_name(host);
      Goal goal = goal_of(kind), renamed_goal = goal;
      for (auto& host : renamed_goal.scope) host = host_name(host);
      const Plan a = planned(cluster, goal), b = planned(renamed, renamed_goal);
      ASSERT_EQ(a.moves.size(), b.moves.size()) << "seed " << seed << " " << a.goal;
      ASSERT_NEAR(a.after.peak, b.after.peak, 1e-9) << "seed " << seed << " " << a.goal;
      ASSERT_NEAR(a.after.cost, b.after.cost, 1e-9) << "seed " << seed << " " << a.goal;
      ASSERT_NEAR(a.after.overload, b.after.overload, 1e-9) << "seed " << seed << " " << a.goal;
    }
}

TEST(Properties, PlanningOnItsOwnResultFindsNothingToDo) {
  Shape shape = kMiddle;
  shape.high_values = false;  // once arrived, a guest counts with its usual load again
  int settled = 0, total = 0;
  for (std::uint64_t seed = 1; seed <= 120; ++seed)
    for (const GoalKind kind : {GoalKind::relieve, GoalKind::balance}) {
      const Cluster cluster = random_cluster(seed, seed % 2 == 0 ? shape : Shape{4, 6, true, true, false});
      Policy policy;
      policy.max_moves = 0;  // no cap binds
      const Plan first = planned(cluster, goal_of(kind), policy);
      if (first.moves.empty()) continue;
      const Plan second = planned(after_moves(cluster, first), goal_of(kind), policy);
      ++total;
      settled += second.moves.empty() ? 1 : 0;
      if (!second.moves.empty())
        std::printf("again: seed %d %s %zu then %zu: %s\n", static_cast<int>(seed), first.goal.c_str(),
                    first.moves.size(), second.moves.size(), second.reason.c_str());
    }
  EXPECT_EQ(settled, total);
}

TEST(Properties, ATightenedLimitNeverScoresBetter) {
  for (std::uint64_t seed = 1; seed <= 150; ++seed)
    for (const GoalKind kind : {GoalKind::relieve, GoalKind::balance}) {
      const Cluster cluster = random_cluster(seed, {4, 6, false, true, false});
      Cluster tighter = cluster;
      tighter.guests[seed % tighter.guests.size()].lock = "backup";
      tighter.guests[(seed + 1) % tighter.guests.size()].cpu_cores = 1000;
      const Goal goal = goal_of(kind);
      const Reference reference(cluster, goal, Policy{});
      const auto score_of = [&](const Plan& made) {
        Places places = reference.start();
        for (const auto& move : made.moves) places[move.guest] = move.to;
        return reference.score(places, made.after.cost, static_cast<int>(made.moves.size()));
      };
      ASSERT_LE(compare_scores(score_of(planned(cluster, goal)), score_of(planned(tighter, goal))), 0)
          << "seed " << seed;
    }
}

TEST(Properties, ABlockedGuestNeverMoves) {
  for (std::uint64_t seed = 1; seed <= 100; ++seed)
    for (const GoalKind kind : kGoals) {
      const Cluster cluster = random_cluster(seed, kMiddle);
      for (const auto& move : planned(cluster, goal_of(kind)).moves)
        for (const auto& guest : cluster.guests)
          if (guest.id == move.guest) {
            ASSERT_TRUE(guest.blockers.empty() && !guest.lock) << "seed " << seed << " " << move.guest;
          }
    }
}

TEST(Properties, APlanReadBackIsThePlan) {
  for (std::uint64_t seed = 1; seed <= 20; ++seed) {
    const std::string text = plan_to_json(planned(random_cluster(seed, kMiddle), goal_of(GoalKind::balance)));
    const auto read = plan_from_json(text);
    ASSERT_TRUE(read.ok()) << read.error().message;
    EXPECT_EQ(plan_to_json(read.value()), text);
  }
  EXPECT_FALSE(plan_from_json("{").ok());
  EXPECT_FALSE(plan_from_json("{\"schema\": \"balancer.plan/9\"}").ok());
}

}  // namespace
}  // namespace pcb
