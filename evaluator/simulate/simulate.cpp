#include "evaluator/simulate/simulate.h"

#include <algorithm>

#include "evaluator/planner/model.h"
#include "evaluator/simulate/ways.h"

namespace pcb {
namespace simulation {

Move move_between(const Cluster& cluster, const Guest& guest, const std::string& to, const Policy& policy) {
  const planning::Model model = planning::make_model(cluster, Goal{}, policy);
  Move move;
  move.guest = guest.id;
  move.name = guest.name.value_or(guest.id);
  move.from = guest.host;
  move.to = to;
  for (planning::Index g = 0; g < model.guest_count(); ++g) {
    const planning::GuestData& data = model.guests[static_cast<std::size_t>(g)];
    if (data.doc != &guest) continue;
    move.method = planning::move_method(data);
    move.downtime_seconds = data.downtime_seconds;
    move.copy_bytes = planning::copy_bytes(model, g, model.host_named(to));
  }
  return move;
}

namespace {

constexpr double kAlertMeanSeconds = 300;
constexpr int kPointsOfAWindow = 3;  // what a load must have, at least

Outcome run(const Trace& trace, const SimulationSettings& settings, const std::string& name, Way& way,
            double seconds) {
  World world(trace, settings.copy_bytes_per_second, std::max(settings.window_seconds, kAlertMeanSeconds));
  const double tick = settings.envelope.interval_seconds;
  for (double at = 0; at < seconds; at += tick) {
    const bool changed = world.go_to(trace.start + at);
    way.act(world, changed);
    world.spend(std::min(tick, seconds - at));
  }
  world.go_to(trace.start + seconds);
  Outcome outcome;
  outcome.way = name;
  outcome.tally = world.tally();
  outcome.moves = world.finished();
  outcome.moves.insert(outcome.moves.end(), world.running().begin(), world.running().end());
  std::stable_sort(
      outcome.moves.begin(), outcome.moves.end(),
      [](const SimulatedMove& a, const SimulatedMove& b) { return a.started_at < b.started_at; });
  way.report(outcome);
  return outcome;
}

}  // namespace
}  // namespace simulation

Simulation simulate(const Trace& trace, const SimulationSettings& asked) {
  SimulationSettings settings = asked;
  settings.window_seconds = std::max(asked.window_seconds, simulation::kPointsOfAWindow * trace.step_seconds);
  settings.envelope.interval_seconds =
      std::max(1.0, std::min(asked.envelope.interval_seconds, trace.step_seconds));
  Simulation result;
  result.start = trace.start;
  result.seconds = asked.seconds > 0 ? std::min(asked.seconds, trace.seconds()) : trace.seconds();
  result.hosts = trace.cluster.hosts.size();
  result.guests = trace.cluster.guests.size();
  result.step_seconds = trace.step_seconds;
  result.window_seconds = settings.window_seconds;
  result.goal = settings.goal == GoalKind::balance ? "balance" : "relieve";
  result.unknown = trace.unknown;
  simulation::NothingWay nothing;
  simulation::GreedyWay greedy(settings);
  simulation::BalancerWay balancer(settings);
  result.outcomes.push_back(simulation::run(trace, settings, "nothing", nothing, result.seconds));
  result.outcomes.push_back(simulation::run(trace, settings, "greedy", greedy, result.seconds));
  result.outcomes.push_back(simulation::run(trace, settings, "balancer", balancer, result.seconds));
  return result;
}

}  // namespace pcb
