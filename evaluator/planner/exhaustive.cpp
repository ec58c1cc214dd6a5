// Small clusters are not searched but counted through: every assignment, the best ones by score.
//
// Only the state at the end is checked here; whether steps lead to it is order_moves()'s question, which is
// why more than one assignment is returned.
#include <algorithm>
#include <queue>

#include "evaluator/planner/search.h"

namespace pcb::planning {
namespace {

constexpr double kMaxAssignments = 70'000;
constexpr std::size_t kKept = 64;

class Counting {
 public:
  Counting(const Model& model, const Objective& objective, const Wish& wish)
      : model_(model), objective_(objective), wish_(wish), state_(model) {
    for (std::size_t r = 0; r < model.rules.size(); ++r)
      degrees_.push_back(state_.rule_degree(static_cast<Index>(r)));
    find_choices();
  }

  [[nodiscard]] bool small_enough() const {
    double product = 1;
    for (const auto& choice : choices_) product *= static_cast<double>(choice.second.size());
    return product <= kMaxAssignments;
  }

  std::vector<std::vector<Index>> run() {
    descend(0);
    std::vector<std::pair<Score, std::vector<Index>>> sorted;
    while (!kept_.empty()) {
      sorted.push_back(kept_.top());
      kept_.pop();
    }
    std::vector<std::vector<Index>> result;
    for (auto it = sorted.rbegin(); it != sorted.rend(); ++it) result.push_back(std::move(it->second));
    return result;
  }

 private:
  struct Worse {
    bool operator()(const std::pair<Score, std::vector<Index>>& a,
                    const std::pair<Score, std::vector<Index>>& b) const {
      const int order = compare(a.first, b.first);
      return order != 0 ? order < 0 : a.second < b.second;
    }
  };

  void find_choices() {
    for (Index u = 0; u < static_cast<Index>(model_.units.size()); ++u) {
      const Unit& unit = model_.units[u];
      if (unit.fixed != Code::none || unit.home == kNone || wish_.takes_part[unit.home] == 0) continue;
      if (wish_.only_wished_give && wish_.must_leave[unit.home] == 0) continue;
      bool matters = unit.use[cpu] > 0 || unit.use[memory] > 0 || wish_.must_leave[unit.home] != 0;
      for (const Index g : unit.guests)
        matters = matters || model_.guests[g].rules_begin != model_.guests[g].rules_end ||
                  model_.guests[g].volumes_begin != model_.guests[g].volumes_end ||
                  model_.guests[g].configured > 0;
      if (!matters) continue;
      std::vector<Index> hosts{unit.home};
      for (Index t = 0; t < model_.host_count(); ++t) {
        if (t == unit.home || wish_.takes_part[t] == 0 || wish_.must_leave[t] != 0) continue;
        const Code code = state_.check_unit(u, t);
        // What only room or company forbids now may be free once others have moved.
        const bool never =
            code != Code::none && code != Code::storage_space && code < Code::overcommit_memory;
        if (!never) hosts.push_back(t);
      }
      if (hosts.size() > 1) choices_.emplace_back(u, std::move(hosts));
      if (!small_enough()) return;
    }
  }

  [[nodiscard]] bool end_is_allowed() const {
    for (Index h = 0; h < model_.host_count(); ++h) {
      if (state_.arrivals(h) == 0) continue;
      if (state_.check_room(h, Load{}, Load{}) != Code::none) return false;
      const double size = model_.hosts[h].capacity[memory] * (1 + kTolerance);
      if (state_.configured(h, true) > model_.policy.memory_overcommit_vm * size ||
          state_.configured(h, false) > model_.policy.memory_overcommit_container * size)
        return false;
    }
    for (std::size_t p = 0; p < model_.pool_free.size(); ++p) {
      const double left = state_.pool_free(static_cast<Index>(p));
      if (left < 0 && left < model_.pool_free[p] && left < -1) return false;
    }
    for (std::size_t r = 0; r < degrees_.size(); ++r)
      if (model_.rules[r].doc->strict && state_.rule_degree(static_cast<Index>(r)) > degrees_[r])
        return false;
    return true;
  }

  void descend(std::size_t at) {
    if (state_.moves() > wish_.max_moves) return;
    if (at == choices_.size()) {
      if (!end_is_allowed()) return;
      const Score score = score_of(objective_, state_);
      if (kept_.size() == kKept && compare(score, kept_.top().first) >= 0) return;
      if (!spares_others(objective_, state_)) return;
      kept_.emplace(score, state_.assignment());
      if (kept_.size() > kKept) kept_.pop();
      return;
    }
    const auto& [unit, hosts] = choices_[at];
    for (const Index host : hosts) {
      state_.move_unit(unit, host);
      descend(at + 1);
    }
    state_.move_unit(unit, hosts.front());
  }

  const Model& model_;
  const Objective& objective_;
  const Wish& wish_;
  State state_;
  std::vector<int> degrees_;
  std::vector<std::pair<Index, std::vector<Index>>> choices_;
  std::priority_queue<std::pair<Score, std::vector<Index>>, std::vector<std::pair<Score, std::vector<Index>>>,
                      Worse>
      kept_;
};

}  // namespace

std::vector<std::vector<Index>> best_assignments(const Model& model, const Objective& objective,
                                                 const Wish& wish) {
  // A scattered group of Proxmox's HA cannot be described by one host per unit.
  for (const auto& unit : model.units)
    if (unit.home == kNone) return {};
  Counting counting(model, objective, wish);
  if (!counting.small_enough()) return {};
  return counting.run();
}

}  // namespace pcb::planning
