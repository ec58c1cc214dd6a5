// The ways of running a cluster that a replay compares; each acts on its own World at every tick.
//
// Pure. A way holds a reference to the settings, which must outlive it. Tested by
// tests/evaluator/simulate_test.cpp.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <vector>

#include "evaluator/decide/incidents.h"
#include "evaluator/decide/suggestion.h"
#include "evaluator/simulate/simulate.h"
#include "evaluator/simulate/world.h"

namespace pcb::simulation {

class Way {
 public:
  virtual ~Way() = default;
  // `changed`: places or loads differ from the tick before.
  virtual void act(World& world, bool changed) = 0;
  virtual void report(Outcome& /*outcome*/) const {}
};

class NothingWay : public Way {
 public:
  void act(World&, bool) override {}
};

// Least loaded host takes the largest guest, one guest of an overloaded host at a time: no cooldown, no look
// at the room on the target, at rules or at what comes after.
class GreedyWay : public Way {
 public:
  explicit GreedyWay(const SimulationSettings& settings) : settings_(settings) {}
  void act(World& world, bool changed) override;

 private:
  const SimulationSettings& settings_;
};

class BalancerWay : public Way {
 public:
  explicit BalancerWay(const SimulationSettings& settings);
  void act(World& world, bool changed) override;
  void report(Outcome& outcome) const override;

 private:
  // One alerting rule on one host.
  struct Watch {
    std::optional<double> over_since, calm_since;
    bool fires = false;
    std::int64_t starts_at_ms = 0;
  };

  void watch(World& world);
  void tell(const World& world, std::size_t host, Resource resource, Watch& watch);
  void plan_anew(const World& world, const std::set<std::string>& hosts);
  void start_steps(World& world);
  [[nodiscard]] Progress progress(const World& world) const;
  [[nodiscard]] bool is_done(const World& world, int step) const;

  const SimulationSettings& settings_;
  EnvelopeSettings envelope_;
  std::map<std::pair<std::size_t, Resource>, Watch> watches_;
  std::vector<Incident> incidents_;
  std::optional<Plan> plan_;
  std::set<std::string> planned_for_;
  std::map<int, std::string> started_;  // steps of plan_, and their guests
  std::string wanted_, idle_because_;
  double wanted_since_ = 0;
  int wanted_ticks_ = 0;
  std::map<std::string, double> waited_seconds_, idle_seconds_;
};

// The move of a guest as a plan would have it: method, downtime and copied bytes by the planner's figures.
Move move_between(const Cluster& cluster, const Guest& guest, const std::string& to, const Policy& policy);

}  // namespace pcb::simulation
