#include "evaluator/simulate/simulate.h"

#include <algorithm>
#include <set>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "evaluator/simulate/demo.h"
#include "evaluator/simulate/report.h"
#include "tests/cluster/generated_file.h"

namespace pcb {
namespace {

using ::testing::HasSubstr;
using ::testing::IsEmpty;

constexpr double kGB = 1e9, kStart = 1764000000;

// Hosts of 10 cores and 100 GB; guests that use the same all the time, unless a test says otherwise.
class Maker {
 public:
  explicit Maker(std::size_t points, double step_seconds = 60) {
    trace_.start = kStart;
    trace_.step_seconds = step_seconds;
    trace_.points = points;
    trace_.cluster.cluster = "test";
  }
  Maker& host(const std::string& name) {
    Host host;
    host.name = name;
    host.cpu_cores = 10;
    host.memory_bytes = 100 * kGB;
    host.pve_version = "8.4.1";
    trace_.cluster.hosts.push_back(host);
    return *this;
  }
  Maker& guest(const std::string& id, const std::string& host, double cores, double memory_bytes = kGB) {
    Guest guest;
    guest.id = id;
    guest.name = "g" + id.substr(id.find('/') + 1);
    guest.host = host;
    trace_.cluster.guests.push_back(guest);
    return load(id, cores, memory_bytes);
  }
  Maker& load(const std::string& id, double cores, double memory_bytes) {
    trace_.series[id] = {std::vector<double>(trace_.points, cores),
                         std::vector<double>(trace_.points, memory_bytes)};
    return *this;
  }
  Trace& trace() { return trace_; }

 private:
  Trace trace_;
};

const Outcome& way(const Simulation& simulation, const std::string& name) {
  const auto found = std::find_if(simulation.outcomes.begin(), simulation.outcomes.end(),
                                  [&](const Outcome& outcome) { return outcome.way == name; });
  EXPECT_NE(found, simulation.outcomes.end()) << name;
  return *found;
}

// Two hosts; the first at 9 of its 8 allowed cores for two hours.
Maker crowded() {
  Maker maker(120);
  maker.host("a").host("b");
  for (int i = 0; i < 6; ++i) maker.guest("qemu/" + std::to_string(101 + i), "a", 1.5);
  return maker;
}

TEST(Simulate, DoingNothingIsWhatTheTraceSays) {
  Maker maker = crowded();
  maker.trace().series["qemu/101"].cpu_cores[119] = 8;  // the last minute
  const Tally tally = way(simulate(maker.trace(), {}), "nothing").tally;
  EXPECT_EQ(tally.moves, 0);
  EXPECT_NEAR(tally.over_host_hours, 2, 1e-9);
  EXPECT_NEAR(tally.over_cpu_host_hours, 2, 1e-9);
  EXPECT_EQ(tally.over_memory_host_hours, 0);
  EXPECT_NEAR(tally.peak, 15.5 / 8, 1e-9);
  EXPECT_NEAR(tally.mean_peak, (9.0 * 119 + 15.5) / 120 / 8, 1e-9);
  EXPECT_EQ(tally.cost, 0);
}

TEST(Simulate, MemoryBeyondWhatTheHostHasIsCounted) {
  Maker maker(60);
  maker.host("a").guest("qemu/101", "a", 1, 90 * kGB).guest("qemu/102", "a", 1, 9 * kGB);
  for (std::size_t i = 30; i < 60; ++i) maker.trace().series["qemu/102"].memory_bytes[i] = 11 * kGB;
  const Tally tally = way(simulate(maker.trace(), {}), "nothing").tally;
  EXPECT_NEAR(tally.over_memory_host_hours, 1, 1e-9);
  EXPECT_NEAR(tally.full_memory_host_hours, 0.5, 1e-9);
}

TEST(Simulate, TheBalancerActsAfterAlertAndHoldAndThenItIsOver) {
  const Outcome outcome = way(simulate(crowded().trace(), {}), "balancer");
  // 9 cores, the limit is 8: the first move leaves 7.5, which is under it and above low water, so what was
  // begun goes on to 6.
  ASSERT_EQ(outcome.moves.size(), 2U);
  const double first = outcome.moves[0].started_at - kStart;
  EXPECT_GE(first, 120 + 90 - 30);  // the alert's `for`, and the hold less the interval it looks at
  EXPECT_LE(first, 600);
  for (const auto& move : outcome.moves) {
    EXPECT_EQ(move.from, "a");
    EXPECT_EQ(move.to, "b");
    EXPECT_EQ(move.method, "live");
    EXPECT_THAT(move.why, HasSubstr("a"));
  }
  EXPECT_LT(outcome.tally.over_host_hours, 0.3);
  EXPECT_EQ(outcome.tally.restarts, 0);
  EXPECT_NEAR(outcome.tally.cost, 2 * (1 + kGB / (8.0 * (1ULL << 30U)) + 1.0 / 20), 1e-9);
}

TEST(Simulate, AShortPeakMovesNothing) {
  Maker maker(120);
  maker.host("a").host("b").guest("qemu/101", "a", 4).guest("qemu/102", "a", 3);
  for (std::size_t i = 60; i < 63; ++i) maker.trace().series["qemu/101"].cpu_cores[i] = 7;
  EXPECT_THAT(way(simulate(maker.trace(), {}), "balancer").moves, IsEmpty());
  EXPECT_EQ(way(simulate(maker.trace(), {}), "greedy").moves.size(), 1U) << "the greedy way takes the bait";
}

TEST(Simulate, TheGreedyWayThrowsABigGuestToAndFro) {
  Maker maker(240);
  maker.host("a")
      .host("b")
      .guest("qemu/101", "a", 8.5)
      .guest("qemu/102", "a", 0.5)
      .guest("qemu/103", "b", 1.0);
  const Simulation simulation = simulate(maker.trace(), {});
  const Outcome& greedy = way(simulation, "greedy");
  EXPECT_GT(greedy.tally.returns, 3);
  EXPECT_EQ(greedy.moves[0].guest, "qemu/101");
  const Outcome& ours = way(simulation, "balancer");
  EXPECT_EQ(ours.tally.returns, 0);
  EXPECT_LE(ours.tally.moves, 1);
  EXPECT_GT(ours.idle_seconds.size() + ours.waited_seconds.size(), 0U);
}

TEST(Simulate, WithoutConsentContainersAreNotRestarted) {
  Maker maker(120);
  maker.host("a").host("b");
  for (int i = 0; i < 6; ++i) maker.guest("lxc/" + std::to_string(101 + i), "a", 1.5);
  SimulationSettings settings;
  EXPECT_EQ(way(simulate(maker.trace(), settings), "balancer").tally.restarts, 2);
  settings.consent = false;
  const Outcome refused = way(simulate(maker.trace(), settings), "balancer");
  EXPECT_THAT(refused.moves, IsEmpty());
  EXPECT_GT(refused.waited_seconds.at("consent"), 3600);
  for (auto& guest : maker.trace().cluster.guests) guest.tags = {"balancer_auto"};
  EXPECT_EQ(way(simulate(maker.trace(), settings), "balancer").tally.restarts, 2);
}

TEST(Simulate, AWindowOpensInLocalTime) {
  Maker maker(180);
  maker.host("a").host("b");
  for (int i = 0; i < 6; ++i) maker.guest("lxc/" + std::to_string(101 + i), "a", 1.5);
  SimulationSettings settings;
  settings.consent = false;
  // 1764000000 is Monday, 24 November 2025, 16:00 UTC: 18:00 two hours further east.
  settings.utc_offset_seconds = 7200;
  settings.envelope.windows = {{{"mon"}, "19:00", "20:00", {}}};
  const Outcome outcome = way(simulate(maker.trace(), settings), "balancer");
  ASSERT_EQ(outcome.moves.size(), 2U);
  EXPECT_GE(outcome.moves[0].started_at, kStart + 3600);
  EXPECT_LE(outcome.moves[0].started_at, kStart + 3600 + 60);
}

TEST(Simulate, WhileAMemberIsDownNothingMoves) {
  Maker maker = crowded();
  maker.host("c").load("node/c", 0.1, kGB);
  Series& c = maker.trace().series["node/c"];
  std::fill(c.cpu_cores.begin(), c.cpu_cores.begin() + 90, std::nan(""));
  const Outcome outcome = way(simulate(maker.trace(), {}), "balancer");
  ASSERT_FALSE(outcome.moves.empty());
  EXPECT_GE(outcome.moves[0].started_at, kStart + 90 * 60);
  EXPECT_GT(outcome.waited_seconds.at("member_down"), 3600);
}

TEST(Simulate, AGuestWithoutLoadIsOffAndOneWithoutSeriesUsesWhatTheDocumentSays) {
  Maker maker(60);
  maker.host("a").guest("qemu/101", "a", 4).guest("qemu/102", "a", 5);
  Series& off = maker.trace().series["qemu/101"];
  std::fill(off.cpu_cores.begin(), off.cpu_cores.end(), std::nan(""));
  maker.trace().cluster.guests.push_back(maker.trace().cluster.guests[1]);
  Guest& constant = maker.trace().cluster.guests.back();
  constant.id = "qemu/103";
  constant.cpu_used_cores = 2;
  constant.memory_used_bytes = kGB;
  EXPECT_NEAR(way(simulate(maker.trace(), {}), "nothing").tally.peak, 7.0 / 8, 1e-9);
}

// An independent look at what was started, for every limit that binds automatic moves.
void expect_limits_kept(const Outcome& outcome, const EnvelopeSettings& settings) {
  const auto& moves = outcome.moves;
  for (std::size_t i = 0; i < moves.size(); ++i) {
    int at_once = 0, into = 0, in_hour = 0, from_in_hour = 0, to_in_hour = 0;
    for (std::size_t j = 0; j < i; ++j) {
      const bool runs = moves[j].ends_at > moves[i].started_at;
      at_once += runs ? 1 : 0;
      into += runs && moves[j].to == moves[i].to ? 1 : 0;
      const bool recent = moves[i].started_at - moves[j].started_at < 3600;
      in_hour += recent ? 1 : 0;
      const auto touches = [&](const std::string& host) {
        return recent && (moves[j].from == host || moves[j].to == host) ? 1 : 0;
      };
      from_in_hour += touches(moves[i].from);
      to_in_hour += touches(moves[i].to);
      if (moves[j].guest != moves[i].guest) continue;
      EXPECT_GE(moves[i].started_at - moves[j].ends_at, settings.guest_cooldown_seconds);
      if (moves[j].from == moves[i].to) {
        EXPECT_GE(moves[i].started_at - moves[j].ends_at, settings.limits.return_ban.count());
      }
    }
    EXPECT_LT(at_once, settings.limits.at_once);
    EXPECT_LT(into, settings.limits.into_host_at_once);
    EXPECT_LT(in_hour, settings.limits.per_hour);
    EXPECT_LT(from_in_hour, settings.limits.per_host_and_hour);
    EXPECT_LT(to_in_hour, settings.limits.per_host_and_hour);
  }
}

TEST(Simulate, TheLimitsHoldOnEveryDemo) {
  std::size_t moves = 0;
  for (std::uint64_t seed = 1; seed <= 4; ++seed) {
    const bool balance = seed == 4;
    SimulationSettings settings;
    settings.goal = balance ? GoalKind::balance : GoalKind::relieve;
    settings.policy.guest_cooldown_seconds = settings.envelope.guest_cooldown_seconds = 2 * 3600;
    const Simulation simulation = simulate(demo_trace(seed, balance ? 0.6 : 1.6), settings);
    const Outcome& ours = way(simulation, "balancer");
    expect_limits_kept(ours, settings.envelope);
    moves += ours.moves.size();
    const Outcome& nothing = way(simulation, "nothing");
    EXPECT_LE(ours.tally.over_host_hours, nothing.tally.over_host_hours) << "seed " << seed;
    double copied = 0, down = 0;
    for (const auto& move : ours.moves) {
      copied += move.copy_bytes;
      down += move.downtime_seconds;
    }
    EXPECT_NEAR(ours.tally.copy_bytes, copied, 1);
    EXPECT_NEAR(ours.tally.downtime_seconds, down, 1e-6);
    EXPECT_NEAR(ours.tally.cost,
                static_cast<double>(ours.moves.size()) + copied / (8.0 * (1ULL << 30U)) + down / 20, 1e-6);
  }
  EXPECT_GT(moves, 10U);  // or nothing was limited
}

TEST(Simulate, TheSameTraceGivesTheSameBytes) {
  const Trace trace = demo_trace(5, 1);
  const std::string once = simulation_to_json(simulate(trace, {}));
  EXPECT_EQ(simulation_to_json(simulate(trace, {})), once);
}

TEST(Simulate, OnlyTheFirstDaysWhenAskedSo) {
  SimulationSettings settings;
  settings.seconds = 1800;
  const Simulation simulation = simulate(crowded().trace(), settings);
  EXPECT_EQ(simulation.seconds, 1800);
  EXPECT_NEAR(way(simulation, "nothing").tally.over_host_hours, 0.5, 1e-9);
}

// What people read, from values alone: no planner's choice changes this file.
TEST(SimulateReport, TextIsAsInTheGoldenFile) {
  Simulation simulation;
  simulation.start = kStart;
  simulation.seconds = 7 * 86400;
  simulation.hosts = 4;
  simulation.guests = 40;
  simulation.step_seconds = 300;
  simulation.goal = "relieve";
  simulation.unknown = {"storage\x1b[31m"};
  Tally nothing, greedy, ours;
  nothing.over_host_hours = nothing.over_cpu_host_hours = 33.72;
  nothing.over_memory_host_hours = 3.2;
  nothing.peak = 2.17;
  nothing.mean_peak = 0.91;
  greedy = nothing;
  greedy.moves = 1033;
  greedy.returns = 966;
  greedy.restarts = 867;
  greedy.downtime_seconds = 17520;
  greedy.copy_bytes = 697.1 * (1ULL << 30U);
  greedy.cost = 1995.4;
  ours.moves = 2;
  ours.peak = 1.28;
  ours.mean_peak = 0.75;
  ours.cost = 2.5;
  simulation.outcomes = {
      {"nothing", nothing, {}, {}, {}}, {"greedy", greedy, {}, {}, {}}, {"balancer", ours, {}, {}, {}}};
  Outcome& outcome = simulation.outcomes.back();
  outcome.moves = {
      {kStart + 3600, kStart + 3640, "lxc/127", "office\x07", "pve1", "pve3", "restart", 20, 0, "it helps",
       false},
      {kStart + 7200, kStart + 7240, "qemu/122", "qemu/122", "pve1", "pve2", "live", 1, 2e9, "it helps",
       true},
      {kStart + 7200, kStart + 7240, "qemu/123", "x", "pve1", "pve2", "live", 1, 2e9, "it helps", false}};
  outcome.waited_seconds = {{"hold", 180}, {"per_hour", 4000}};
  outcome.idle_seconds = {{"nothing_to_do", 1050}};
  expect_generated("tests/golden/simulate/report.txt", simulation_to_text(simulation, false, 2));
  EXPECT_THAT(simulation_to_text(simulation, true), HasSubstr("\x1b[1m"));
  EXPECT_THAT(simulation_to_json(simulation), HasSubstr("\"schema\": \"balancer.simulation/1\""));
}

}  // namespace
}  // namespace pcb
