// Numbers for the planner's tables, one line each; tests/bench/planner_bench.py asks for them and writes the
// tables.
#include <algorithm>
#include <cmath>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <limits>
#include <optional>
#include <string>

#include "generator.h"
#include "heap.h"
#include "peers.h"

#include "cluster/document_json.h"
#include "evaluator/planner/bound.h"
#include "evaluator/planner/planner.h"
#include "evaluator/planner/planner_parts.h"

namespace pcb::bench {
namespace {

constexpr double kGiB = 1073741824.0;

double cpu_seconds() {
  timespec now{};
  clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
  return static_cast<double>(now.tv_sec) + static_cast<double>(now.tv_nsec) * 1e-9;
}

Goal goal_of(const std::string& name) {
  Goal goal;
  goal.kind = name == "relieve" ? GoalKind::relieve : name == "drain" ? GoalKind::drain : GoalKind::balance;
  if (goal.kind == GoalKind::drain) goal.scope = {"host1"};
  return goal;
}

Policy budget(int max_moves) {
  Policy policy;
  policy.max_moves = max_moves;
  policy.min_gain = 0;
  return policy;
}

struct Timed {
  Plan plan;
  double seconds = 0;
};

Timed timed(const Cluster& cluster, const Goal& goal, const Policy& policy) {
  const double start = cpu_seconds();
  auto made = plan(cluster, goal, policy);
  const double seconds = cpu_seconds() - start;
  return {std::move(made.value()), seconds};
}

// The bound alone and the search alone, out of the same model: what plan() spends on each.
void bound_against_search(const Cluster& cluster, const Goal& goal, const Policy& policy, double& search,
                          double& bound) {
  const planning::Model model = planning::make_model(cluster, goal, policy);
  const planning::State start(model);
  const planning::Objective objective = planning::make_objective(model, start, goal);
  const int wished = policy.max_moves.value_or(goal.kind == GoalKind::balance ? 10 : 0);
  const int cap = wished > 0 ? wished : std::numeric_limits<int>::max() / 4;
  double began = cpu_seconds();
  const planning::Ordering ordering = planning::solve_until_settled(model, goal, objective, cap);
  search = cpu_seconds() - began;
  auto made = plan(cluster, goal, policy);
  began = cpu_seconds();
  (void)planning::bound_of(model, cap, made.value().after, ordering.evaluations);
  bound = cpu_seconds() - began;
}

// GOAL HOSTS GUESTS REPEATS: ms (least of the repeats), moves, peak, bound, bytes of heap at most, search ms,
// bound ms.
void print_time(const std::string& name, int hosts, int guests, int repeats) {
  const Cluster cluster = make_cluster(hosts, guests, 1);
  const Goal goal = goal_of(name);
  double seconds = HUGE_VAL, search = HUGE_VAL, bound = HUGE_VAL;
  std::size_t heap = 0;
  Plan last;
  for (int k = 0; k < repeats; ++k) {
    const std::size_t before = heap_now();
    heap_forget_peak();
    Timed made = timed(cluster, goal, Policy{});
    heap = heap_peak() - before;
    seconds = std::min(seconds, made.seconds);
    last = std::move(made.plan);
    double this_search = 0, this_bound = 0;
    bound_against_search(cluster, goal, Policy{}, this_search, this_bound);
    search = std::min(search, this_search);
    bound = std::min(bound, this_bound);
  }
  std::printf("%.6f %zu %.9f %.9f %zu %.6f %.6f\n", seconds * 1e3, last.moves.size(), last.after.peak,
              last.bound.peak, heap, search * 1e3, bound * 1e3);
}

// GOAL HOSTS GUESTS SEED FILL K: peak, its bound, overload, its bound, cost, moves, seconds, peak of CRS with
// as many moves, search seconds, bound seconds.
void print_case(const std::string& name, const Cluster& cluster, int max_moves) {
  const Timed made = timed(cluster, goal_of(name), budget(max_moves));
  double search = 0, bound = 0;
  bound_against_search(cluster, goal_of(name), budget(max_moves), search, bound);
  const Outcome crs = run_crs(cluster, static_cast<int>(made.plan.moves.size()));
  const Figures& after = made.plan.after;
  std::printf("%.12f %.12f %.12f %.12f %.9f %zu %.6f %.9f %.6f %.6f\n", after.peak, made.plan.bound.peak,
              after.overload, made.plan.bound.overload, after.cost, made.plan.moves.size(), made.seconds,
              crs.peak, search, bound);
}

// The same cluster with all loads lower in one ratio, so that no host starts above a limit: then the peak
// alone is what balance looks at, and it is `ratio` times as high in the original.
Cluster without_overload(Cluster cluster, double& ratio) {
  ratio = std::max(1.0, run_crs(cluster, 0).peak);
  for (auto& guest : cluster.guests) {
    *guest.cpu_used_cores /= ratio;
    *guest.memory_used_bytes /= ratio;
  }
  return cluster;
}

// HOSTS GUESTS SEED: for CRS and for ProxLB: moves, peak, overload and GiB of theirs, the same of ours with
// as many, and our peak with as many where no host starts above a limit.
void print_peers(int hosts, int guests, int seed) {
  const Cluster cluster = make_cluster(hosts, guests, static_cast<std::uint64_t>(seed));
  double ratio = 1;
  const Cluster low = without_overload(cluster, ratio);
  for (const Outcome& theirs : {run_crs(cluster, 25), run_proxlb(cluster, 25)}) {
    const Policy policy = budget(std::max(1, theirs.moves));
    const Timed same = timed(cluster, goal_of("balance"), policy);
    double moved = 0;
    for (const auto& move : same.plan.moves)
      for (const auto& guest : cluster.guests)
        if (guest.id == move.guest) moved += *guest.memory_used_bytes;
    std::printf("%d %.9f %.9f %.3f %zu %.9f %.9f %.3f %.9f ", theirs.moves, theirs.peak, theirs.overload,
                theirs.bytes_moved / kGiB, same.plan.moves.size(), same.plan.after.peak,
                same.plan.after.overload, moved / kGiB,
                timed(low, goal_of("balance"), policy).plan.after.peak * ratio);
  }
  std::printf("\n");
}

int run(int argc, char** argv) {
  const std::string mode = argc > 1 ? argv[1] : "";
  const auto number = [&](int at) { return std::atoi(argv[at]); };
  const auto cluster_at = [&](int at) {  // HOSTS GUESTS SEED FILL
    return make_cluster(number(at), number(at + 1), static_cast<std::uint64_t>(number(at + 2)),
                        std::atof(argv[at + 3]));
  };
  if (mode == "write" && argc == 6) {
    std::fputs(write_cluster(cluster_at(2)).c_str(), stdout);
  } else if (mode == "time" && argc == 6) {
    print_time(argv[2], number(3), number(4), number(5));
  } else if (mode == "case" && argc == 8) {
    print_case(argv[2], cluster_at(3), number(7));
  } else if (mode == "peers" && argc == 5) {
    print_peers(number(2), number(3), number(4));
  } else {
    std::fprintf(stderr,
                 "planner_bench write HOSTS GUESTS SEED FILL | time GOAL HOSTS GUESTS REPEATS | "
                 "case GOAL HOSTS GUESTS SEED FILL MAX_MOVES | peers HOSTS GUESTS SEED\n");
    return 2;
  }
  return 0;
}

}  // namespace
}  // namespace pcb::bench

int main(int argc, char** argv) { return pcb::bench::run(argc, argv); }
