// planner_bench time | peers [CLUSTERS] | write HOSTS GUESTS SEED | balance HOSTS GUESTS SEED MAX_MOVES
//
// time: seconds and memory of a plan by cluster size. peers: highest use after as many moves as Proxmox CRS
// and ProxLB make, over seeded clusters. write: a cluster document on stdout. balance: one line "peak bound
// moves seconds" for exact.py.
#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <cstring>

#include "generator.h"
#include "peers.h"
#include <malloc.h>

#include "cluster/document_json.h"
#include "evaluator/planner/model.h"
#include "evaluator/planner/planner.h"
#include "evaluator/planner/state.h"

namespace pcb::bench {
namespace {

struct Timed {
  Plan plan;
  double seconds;
};

Timed timed(const Cluster& cluster, GoalKind kind, std::optional<int> max_moves, double min_gain) {
  Goal goal;
  goal.kind = kind;
  Policy policy;
  policy.max_moves = max_moves;
  policy.min_gain = min_gain;
  const auto start = std::chrono::steady_clock::now();
  auto made = plan(cluster, goal, policy);
  const double seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
  return {std::move(made.value()), seconds};
}

double memory_per_guest(const Cluster& cluster) {
  const auto before = mallinfo2().uordblks + mallinfo2().hblkhd;
  const planning::Model model = planning::make_model(cluster, Goal{}, Policy{});
  const planning::State state(model), working(model);
  const auto after = mallinfo2().uordblks + mallinfo2().hblkhd;
  return static_cast<double>(after - before) / static_cast<double>(cluster.guests.size());
}

void time_table() {
  std::printf(
      "| hosts × guests | relieve ms | moves | balance ms | peak / bound | drain ms | bytes per guest |\n");
  std::printf("|---|---|---|---|---|---|---|\n");
  const int sizes[][2] = {{4, 40}, {16, 400}, {32, 1000}, {64, 4000}, {100, 10000}, {1000, 30000}};
  for (const auto& [hosts, guests] : sizes) {
    const Cluster cluster = make_cluster(hosts, guests, 1);
    std::vector<double> relieve_times, balance_times;
    std::size_t moves = 0;
    double quality = 0;
    for (int repeat = 0; repeat < 3; ++repeat) {
      const Timed relieve = timed(cluster, GoalKind::relieve, {}, 0.01),
                  balance = timed(cluster, GoalKind::balance, {}, 0.01);
      relieve_times.push_back(relieve.seconds * 1e3);
      balance_times.push_back(balance.seconds * 1e3);
      moves = relieve.plan.moves.size();
      quality = balance.plan.after.peak / balance.plan.bound.peak;
    }
    Goal drain;
    drain.kind = GoalKind::drain;
    drain.scope = {"host1"};
    const auto start = std::chrono::steady_clock::now();
    (void)plan(cluster, drain, Policy{});
    const double drain_ms =
        std::chrono::duration<double, std::milli>(std::chrono::steady_clock::now() - start).count();
    std::sort(relieve_times.begin(), relieve_times.end());
    std::sort(balance_times.begin(), balance_times.end());
    std::printf("| %d × %d | %.1f | %zu | %.1f | %.3f | %.1f | %.0f |\n", hosts, guests, relieve_times[1],
                moves, balance_times[1], quality, drain_ms, memory_per_guest(cluster));
  }
}

void peer_table(int clusters) {
  const int sizes[][2] = {{4, 40}, {8, 120}, {16, 400}, {32, 1000}};
  std::printf(
      "| hosts × guests | clusters | moves (median) | peak ours | CRS | ProxLB | higher than CRS | than "
      "ProxLB | GiB ours | CRS | ProxLB |\n");
  std::printf("|---|---|---|---|---|---|---|---|---|---|---|\n");
  for (const auto& [hosts, guests] : sizes) {
    std::vector<double> moves, ours, crs_peaks, lb_peaks, bytes, crs_bytes, lb_bytes;
    int worse_crs = 0, worse_lb = 0;
    for (int seed = 1; seed <= clusters / 4; ++seed) {
      const Cluster cluster = make_cluster(hosts, guests, static_cast<std::uint64_t>(seed));
      const Outcome crs = run_crs(cluster, 25);
      const Timed same = timed(cluster, GoalKind::balance, std::max(1, crs.moves), 0);
      const Outcome lb = run_proxlb(cluster, 25);
      const Timed same_lb = timed(cluster, GoalKind::balance, std::max(1, lb.moves), 0);
      worse_crs += same.plan.after.peak > crs.peak * (1 + 1e-9) ? 1 : 0;
      worse_lb += same_lb.plan.after.peak > lb.peak * (1 + 1e-9) ? 1 : 0;
      double moved = 0;
      for (const auto& move : same.plan.moves)
        for (const auto& guest : cluster.guests)
          if (guest.id == move.guest) moved += *guest.memory_used_bytes;
      moves.push_back(crs.moves);
      ours.push_back(same.plan.after.peak);
      crs_peaks.push_back(crs.peak);
      lb_peaks.push_back(lb.peak);
      bytes.push_back(moved / 1073741824.0);
      crs_bytes.push_back(crs.bytes_moved / 1073741824.0);
      lb_bytes.push_back(lb.bytes_moved / 1073741824.0);
    }
    const auto median = [](std::vector<double> values) {
      std::sort(values.begin(), values.end());
      return values[values.size() / 2];
    };
    std::printf("| %d × %d | %d | %.0f | %.3f | %.3f | %.3f | %d | %d | %.0f | %.0f | %.0f |\n", hosts,
                guests, clusters / 4, median(moves), median(ours), median(crs_peaks), median(lb_peaks),
                worse_crs, worse_lb, median(bytes), median(crs_bytes), median(lb_bytes));
  }
}

int run(int argc, char** argv) {
  const std::string mode = argc > 1 ? argv[1] : "";
  const auto number = [&](int at) { return argc > at ? std::atoi(argv[at]) : 0; };
  if (mode == "time") {
    time_table();
  } else if (mode == "peers") {
    peer_table(argc > 2 ? number(2) : 200);
  } else if (mode == "write" && argc == 5) {
    std::fputs(
        write_cluster(make_cluster(number(2), number(3), static_cast<std::uint64_t>(number(4)))).c_str(),
        stdout);
  } else if ((mode == "balance" || mode == "relieve") && argc == 6) {
    const Cluster cluster = make_cluster(number(2), number(3), static_cast<std::uint64_t>(number(4)));
    const Timed made =
        timed(cluster, mode == "balance" ? GoalKind::balance : GoalKind::relieve, number(5), 0);
    const Outcome crs = run_crs(cluster, static_cast<int>(made.plan.moves.size()));
    std::printf("%.9f %.9f %zu %.6f %.9f %.9f %.9f\n", made.plan.after.peak, made.plan.bound.peak,
                made.plan.moves.size(), made.seconds, crs.peak, made.plan.after.overload,
                made.plan.after.cost);
  } else {
    std::fprintf(stderr,
                 "planner_bench time | peers [CLUSTERS] | write HOSTS GUESTS SEED | "
                 "balance|relieve HOSTS GUESTS SEED MAX_MOVES\n");
    return 2;
  }
  return 0;
}

}  // namespace
}  // namespace pcb::bench

int main(int argc, char** argv) { return pcb::bench::run(argc, argv); }
