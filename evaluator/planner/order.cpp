#include "evaluator/planner/order.h"

#include <algorithm>
#include <cstdint>
#include <unordered_set>

#include "evaluator/planner/figures.h"
#include "evaluator/planner/score.h"

namespace pcb::planning {
namespace {

constexpr std::size_t kExactBlocks = 14;
constexpr int kExactSteps = 20'000;

struct Block {
  Index unit, to;
  bool parked = false;
};

std::vector<Block> blocks_of(const Model& model, const std::vector<Index>& target, const State& start) {
  std::vector<Block> blocks;
  for (Index u = 0; u < static_cast<Index>(model.units.size()); ++u)
    for (const Index g : model.units[u].guests)
      if (target[g] != model.guests[g].home) {
        blocks.push_back({u, target[g]});
        break;
      }
  // What helps most comes first, so that the beginning of a plan is worth most.
  std::vector<double> relief(model.units.size(), 0);
  for (const auto& block : blocks) {
    const Unit& unit = model.units[block.unit];
    if (unit.home == kNone) continue;
    Load without = start.use(unit.home);
    for (int r = 0; r < kResources; ++r) without[r] -= unit.use[r];
    relief[block.unit] = above_low_water(model, 0.9, unit.home, start.use(unit.home)) -
                         above_low_water(model, 0.9, unit.home, without);
  }
  std::stable_sort(blocks.begin(), blocks.end(),
                   [&](const Block& a, const Block& b) { return relief[a.unit] > relief[b.unit]; });
  return blocks;
}

class Orderer {
 public:
  Orderer(const Model& model, const std::vector<Index>& target, int max_moves)
      : model_(model),
        start_(model),
        state_(model),
        max_moves_(max_moves),
        pending_(blocks_of(model, target, start_)) {}

  Ordering run() {
    if (!run_exactly()) run_greedily();
    Ordering result;
    for (const auto& block : pending_)
      for (const Index g : model_.units[block.unit].guests)
        if (state_.host_of(g) != block.to) result.left_out.push_back(g);
    result.final_hosts = state_.assignment();
    result.steps = std::move(steps_);
    double cost = 0;
    for (const auto& step : result.steps) cost += move_cost(model_, step.guest, step.to);
    result.extra_moves = static_cast<int>(result.steps.size()) - state_.moves();
    result.extra_cost = result.extra_moves == 0 ? 0 : cost - state_.cost();
    return result;
  }

 private:
  void execute(const Block& block) {
    for (const Index g : model_.units[block.unit].guests)
      if (state_.host_of(g) != block.to) steps_.push_back({g, state_.host_of(g), block.to, {}});
    state_.move_unit(block.unit, block.to);
  }

  int size_of(const Block& block) const { return static_cast<int>(model_.units[block.unit].guests.size()); }
  bool allowed(const Block& block) const {
    return static_cast<int>(steps_.size()) + size_of(block) <= max_moves_ &&
           state_.check_unit(block.unit, block.to) == Code::none;
  }

  // Few moves: every order, without parking. Dead subsets are remembered.
  bool run_exactly() {
    if (pending_.size() > kExactBlocks) return false;
    std::unordered_set<std::uint32_t> dead;
    std::vector<std::size_t> chosen;
    int budget = kExactSteps;
    if (!descend(0, dead, chosen, budget)) return false;
    pending_.clear();
    return true;
  }

  bool descend(std::uint32_t done, std::unordered_set<std::uint32_t>& dead, std::vector<std::size_t>& chosen,
               int& budget) {
    if (chosen.size() == pending_.size()) return true;
    if (dead.count(done) != 0 || --budget < 0) return false;
    for (std::size_t i = 0; i < pending_.size(); ++i) {
      if ((done >> i & 1U) != 0 || !allowed(pending_[i])) continue;
      const Block block = pending_[i];
      const auto steps_before = steps_.size();
      execute(block);
      chosen.push_back(i);
      if (descend(done | 1U << i, dead, chosen, budget)) return true;
      chosen.pop_back();
      for (std::size_t s = steps_.size(); s > steps_before; --s)
        state_.move_guest(steps_[s - 1].guest, steps_[s - 1].from);
      if (model_.units[block.unit].home != kNone) state_.move_unit(block.unit, model_.units[block.unit].home);
      steps_.resize(steps_before);
    }
    dead.insert(done);
    return false;
  }

  void run_greedily() {
    std::size_t parked = 0;
    while (!pending_.empty()) {
      bool moved = false;
      for (std::size_t i = 0; i < pending_.size();) {
        if (allowed(pending_[i])) {
          execute(pending_[i]);
          pending_.erase(pending_.begin() + static_cast<std::ptrdiff_t>(i));
          moved = true;
        } else {
          ++i;
        }
      }
      if (moved || pending_.empty()) continue;
      if (parked >= 64 || !park()) break;
      ++parked;
    }
    send_parked_home();
  }

  // A third host for one of the blocked, such that another can go at once. The cheapest such step.
  bool park() {
    double best_cost = 0;
    Block best{kNone, kNone};
    for (const auto& block : pending_) {
      if (block.parked || model_.units[block.unit].home == kNone) continue;
      const Index from = state_.unit_host(block.unit);
      if (static_cast<int>(steps_.size()) + 2 * size_of(block) + 1 > max_moves_) continue;
      for (Index t = 0; t < model_.host_count(); ++t) {
        if (t == block.to || t == from || state_.check_unit(block.unit, t) != Code::none) continue;
        double cost = 0;
        for (const Index g : model_.units[block.unit].guests) cost += move_cost(model_, g, t);
        if (best.unit != kNone && cost >= best_cost) continue;
        state_.move_unit(block.unit, t);
        const bool opens = std::any_of(pending_.begin(), pending_.end(), [&](const Block& other) {
          return other.unit != block.unit && allowed(other);
        });
        state_.move_unit(block.unit, from);
        if (opens) {
          best = {block.unit, t};
          best_cost = cost;
        }
      }
    }
    if (best.unit == kNone) return false;
    for (auto& block : pending_)
      if (block.unit == best.unit) block.parked = true;
    execute(best);
    return true;
  }

  // A guest that was parked and cannot go on stays where it is: its step stands, its wish is left out.
  void send_parked_home() {
    for (const auto& block : pending_) {
      const Index home = model_.units[block.unit].home;
      if (block.parked && home != kNone && allowed({block.unit, home})) execute({block.unit, home});
    }
  }

  const Model& model_;
  State start_, state_;
  int max_moves_;
  std::vector<Block> pending_;
  std::vector<Step> steps_;
};

bool share_rule(const Model& model, Index a, Index b) {
  const GuestData &x = model.guests[a], &y = model.guests[b];
  for (auto i = x.rules_begin; i < x.rules_end; ++i)
    for (auto j = y.rules_begin; j < y.rules_end; ++j)
      if (model.guest_rules[i] == model.guest_rules[j] && model.rules[model.guest_rules[i]].doc->strict)
        return true;
  return false;
}

bool has_volumes(const GuestData& guest) { return guest.volumes_begin != guest.volumes_end; }

void find_dependencies(const Model& model, std::vector<Step>& steps) {
  State scratch(model);
  std::vector<std::vector<int>> arrivals(model.hosts.size()), departures(model.hosts.size());
  for (int k = 0; k < static_cast<int>(steps.size()); ++k) {
    Step& step = steps[k];
    std::vector<std::pair<Index, Index>> undo;
    const auto apply = [&](Index guest, Index to) {
      undo.emplace_back(guest, scratch.host_of(guest));
      scratch.move_guest(guest, to);
    };
    for (const int i : arrivals[step.to]) apply(steps[i].guest, step.to);
    // What left must have left for good; the host it went to does not matter here.
    for (const int i : departures[step.to]) {
      if (scratch.check_load(step.guest, step.to) == Code::none) break;
      step.after.push_back(i);
      apply(steps[i].guest, steps[i].to);
    }
    for (auto back = undo.rbegin(); back != undo.rend(); ++back)
      scratch.move_guest(back->first, back->second);
    for (int i = 0; i < k; ++i) {
      const bool same_block =
          model.guests[steps[i].guest].unit == model.guests[step.guest].unit && steps[i].guest != step.guest;
      const bool bound =
          steps[i].guest == step.guest || (!same_block && share_rule(model, steps[i].guest, step.guest)) ||
          (has_volumes(model.guests[step.guest]) && has_volumes(model.guests[steps[i].guest]) &&
           (steps[i].to == step.to || steps[i].from == step.to));
      if (bound) step.after.push_back(i);
    }
    // A group goes as one: what one member waits for, all wait for.
    for (int i = k; i > 0 && model.guests[steps[i - 1].guest].unit == model.guests[step.guest].unit &&
                    steps[i - 1].to == step.to && steps[i - 1].guest != step.guest;
         --i) {
      Step& partner = steps[i - 1];
      step.after.insert(step.after.end(), partner.after.begin(), partner.after.end());
      for (const int other : step.after)
        if (other < i - 1) partner.after.push_back(other);
      std::sort(partner.after.begin(), partner.after.end());
      partner.after.erase(std::unique(partner.after.begin(), partner.after.end()), partner.after.end());
    }
    std::sort(step.after.begin(), step.after.end());
    step.after.erase(std::unique(step.after.begin(), step.after.end()), step.after.end());
    arrivals[step.to].push_back(k);
    departures[step.from].push_back(k);
  }
}

}  // namespace

Ordering order_moves(const Model& model, const std::vector<Index>& target, int max_moves) {
  Ordering result = Orderer(model, target, max_moves).run();
  find_dependencies(model, result.steps);
  return result;
}

Ordering order_as_given(const Model& model, std::vector<Step> steps) {
  Ordering result;
  State state(model);
  double cost = 0;
  for (std::size_t k = 0; k < steps.size(); ++k) {
    steps[k].after.clear();
    const Index unit = model.guests[steps[k].guest].unit;
    const auto& members = model.units[unit].guests;
    const bool goes_on = k > 0 && model.guests[steps[k - 1].guest].unit == unit &&
                         steps[k - 1].to == steps[k].to && steps[k - 1].guest != steps[k].guest;
    if (!goes_on && state.check_unit(unit, steps[k].to) != Code::none) {
      result.left_out = members;
      result.final_hosts = State(model).assignment();
      return result;
    }
    cost += move_cost(model, steps[k].guest, steps[k].to);
    state.move_guest(steps[k].guest, steps[k].to);
  }
  result.extra_moves = static_cast<int>(steps.size()) - state.moves();
  result.extra_cost = result.extra_moves == 0 ? 0 : cost - state.cost();
  result.final_hosts = state.assignment();
  find_dependencies(model, steps);
  result.steps = std::move(steps);
  return result;
}

}  // namespace pcb::planning
