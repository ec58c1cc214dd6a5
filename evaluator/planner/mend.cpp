// Ends broken rules before load is looked at: a guest that stands wrong goes where the rule wants it.
#include <algorithm>

#include "evaluator/planner/search.h"

namespace pcb::planning {
namespace {

constexpr int kMaxMendings = 1'000;

struct Mending {
  Score score;
  std::vector<std::pair<Index, Index>> moves;  // unit, target
};

void move_all(State& state, const std::vector<std::pair<Index, Index>>& moves) {
  for (const auto& [unit, target] : moves) state.move_unit(unit, target);
}

bool may_move(const Model& model, const Wish& wish, Index unit) {
  const Unit& data = model.units[unit];
  if (data.fixed != Code::none) return false;
  return std::all_of(data.guests.begin(), data.guests.end(),
                     [&](Index g) { return wish.takes_part[model.guests[g].home] != 0; });
}

void consider(State& state, const Objective& objective, const Wish& wish, int terms, Effort& effort,
              const std::vector<std::pair<Index, Index>>& moves, Mending& best) {
  const auto weigh = [&](State& trial) {
    effort.spend(static_cast<long>(trial.model().hosts.size() / 8));
    const Score score = score_of(objective, trial);
    const int first = compare(score, best.score, terms);
    if (first >= 0 && (first > 0 || best.moves.empty() || compare(score, best.score) >= 0)) return;
    best.score = score;
    best.moves = moves;
  };
  const auto apply = [&](State& trial, std::vector<std::pair<Index, Index>>& undo) {
    for (const auto& [unit, target] : moves) {
      effort.spend();
      if (!may_move(trial.model(), wish, unit) || wish.takes_part[target] == 0 ||
          trial.check_unit(unit, target) != Code::none)
        return false;
      undo.emplace_back(unit, trial.unit_host(unit));
      trial.move_unit(unit, target);
    }
    return trial.moves() <= wish.max_moves;
  };
  std::vector<std::pair<Index, Index>> undo;
  const bool scattered = std::any_of(moves.begin(), moves.end(),
                                     [&](const auto& move) { return state.unit_host(move.first) == kNone; });
  if (scattered) {  // its members come from several hosts: nothing to undo as one
    State trial = state;
    if (apply(trial, undo)) weigh(trial);
    return;
  }
  if (apply(state, undo)) weigh(state);
  for (auto back = undo.rbegin(); back != undo.rend(); ++back) state.move_unit(back->first, back->second);
}

}  // namespace

void mend_rules(State& state, const Objective& objective, const Wish& wish, bool strict, Effort& effort) {
  const Model& model = state.model();
  const int terms = strict ? 1 : 3;
  for (int round = 0; round < kMaxMendings && effort.left > 0; ++round) {
    Mending best{score_of(objective, state), {}};
    for (std::size_t r = 0; r < model.rules.size() && effort.left > 0; ++r) {
      const RuleData& rule = model.rules[r];
      if (rule.doc->strict != strict || state.rule_degree(static_cast<Index>(r)) == 0) continue;
      for (Index t = 0; t < model.host_count(); ++t) {
        if (wish.takes_part[t] == 0 || !model.hosts[t].online) continue;
        std::vector<std::pair<Index, Index>> all;  // every member that is not on t: a scattered group gathers
        for (const Index g : rule.guests) {
          const Index unit = model.guests[g].unit;
          if (state.host_of(g) == t) continue;
          const bool listed =
              std::any_of(all.begin(), all.end(), [&](const auto& m) { return m.first == unit; });
          if (!listed) all.emplace_back(unit, t);
          if (model.units[unit].home != kNone && rule.doc->kind != RuleKind::together && !listed)
            consider(state, objective, wish, terms, effort, {{unit, t}}, best);
        }
        if (rule.doc->kind == RuleKind::together || rule.doc->kind == RuleKind::only_on)
          consider(state, objective, wish, terms, effort, all, best);
      }
      if (rule.doc->kind != RuleKind::apart && rule.doc->kind != RuleKind::avoid) continue;
      // Several at once: a rule counts as kept only when all its members stand right.
      std::vector<std::pair<Index, Index>> spread;
      State trial = state;
      for (const Index g : rule.guests) {
        bool wrong = rule.on_list[trial.host_of(g)] != 0;
        if (rule.doc->kind == RuleKind::apart)
          wrong = std::any_of(rule.guests.begin(), rule.guests.end(),
                              [&](Index o) { return o < g && trial.host_of(o) == trial.host_of(g); });
        const Index unit = model.guests[g].unit;
        if (!wrong || !may_move(model, wish, unit) || model.units[unit].home == kNone) continue;
        Index place = kNone;
        double least = 0;
        for (Index t = 0; t < model.host_count(); ++t) {
          if (wish.takes_part[t] == 0 || trial.rule_change(static_cast<Index>(r), g, t) >= 0 ||
              trial.check_unit(unit, t) != Code::none)
            continue;
          double fill = 0;
          for (int res = 0; res < kResources; ++res)
            fill = std::max(fill, trial.use(t)[res] / std::max(1e-9, model.hosts[t].limit[res]));
          if (place != kNone && fill >= least) continue;
          place = t;
          least = fill;
        }
        if (place == kNone) continue;
        trial.move_unit(unit, place);
        spread.emplace_back(unit, place);
      }
      if (spread.size() > 1) consider(state, objective, wish, terms, effort, spread, best);
    }
    if (best.moves.empty()) return;
    move_all(state, best.moves);
  }
}

}  // namespace pcb::planning
