// From an objective to an ordered plan: the levels that are wished for, the searches that run, the best
// result.
#include <algorithm>
#include <array>
#include <cmath>

#include "evaluator/planner/anneal.h"
#include "evaluator/planner/figures.h"
#include "evaluator/planner/planner_parts.h"
#include "evaluator/planner/search.h"

namespace pcb::planning {
namespace {

constexpr long kEffort = 240'000, kEffortPerGuest = 100;  // counted candidates
constexpr long kSmallCluster = 200, kEffortIfSmall = 480'000;
constexpr std::size_t kOrderedCandidates = 12;
constexpr int kMaxRestarts = 24;
constexpr int kIdleRestarts = 6;                        // restarts without a better result
constexpr double kNoise = 0.25;                         // of a guest's weight, in restarts
constexpr double kPeakStep = 5e-4;                      // relative width at which the search for a peak ends
constexpr double kCoarsePeakStep = 0.01;                // where annealing refines it
constexpr double kFirstStep = 0.05, kLastStep = 0.004;  // how much lower the next peak is wished
constexpr int kIdleRuns = 60;                           // of annealing, without a better result

long effort_for(const Model& model) {
  const long base = model.guest_count() <= kSmallCluster ? kEffortIfSmall : kEffort;
  return model.policy.max_evaluations.value_or(base + kEffortPerGuest * model.guest_count());
}

class Solver {
 public:
  Solver(const Model& model, const Objective& objective, int max_moves, long effort)
      : model_(model),
        objective_(objective),
        start_(model),
        effort_{effort},
        wish_(wish_of(model, objective, max_moves)) {
    if (objective.goal == GoalKind::balance) effort_.left -= draws_ = effort_.left / 4 * 3;
    unavoidable_.assign(model.hosts.size(), Load{});
    start_score_ = score_of(objective, start_);
  }

  Ordering run() {
    const long allowed = effort_.left + draws_;
    Ordering ordering = search();
    ordering.evaluations = allowed - std::max(0L, effort_.left) - std::max(0L, draws_);
    return ordering;
  }

 private:
  struct Candidate {
    Score score;
    std::vector<Index> assignment;
  };

  Ordering search() {
    const bool idle =
        objective_.goal == GoalKind::relieve &&
        std::none_of(objective_.was_over.begin(), objective_.was_over.end(), [](auto over) { return over; });
    if (idle) return none();
    for (auto& assignment : best_assignments(model_, objective_, wish_))
      candidates_.push_back({score_of(objective_, state_of(assignment)), std::move(assignment)});
    if (candidates_.empty()) {
      if (objective_.goal == GoalKind::balance) {
        balance();
      } else {
        restart_search();
        if (objective_.goal == GoalKind::relieve) anneal_relief();
      }
    }
    return best_ordering();
  }

  Ordering none() const { return {{}, {}, start_.assignment(), 0, 0, 0}; }

  State mended() {
    State state = start_;
    if (objective_.goal == GoalKind::relieve || objective_.goal == GoalKind::balance)
      mend_rules(state, objective_, wish_, true, effort_);
    return state;
  }

  void keep(const State& state) {
    const Score score = score_of(objective_, state);
    if (compare(score, start_score_) >= 0 || !spares_others(objective_, state)) return;
    candidates_.push_back({score, state.assignment()});
  }

  [[nodiscard]] const Candidate* best_candidate() const {
    const auto best =
        std::min_element(candidates_.begin(), candidates_.end(),
                         [](const auto& a, const auto& b) { return compare(a.score, b.score) < 0; });
    return best == candidates_.end() ? nullptr : &*best;
  }

  // Relieve and drain: one wish, several starts.
  void restart_search() {
    const State base = mended();
    int idle = 0;
    Score best = start_score_;
    for (int attempt = 0; attempt < kMaxRestarts && idle < kIdleRestarts && effort_.left > 0; ++attempt) {
      State state = base;
      Search search(state, wish_, effort_, static_cast<std::uint64_t>(attempt) + 1);
      search.run(attempt == 0 ? 0 : kNoise);
      if (attempt == 0 && !search.reached() && objective_.goal == GoalKind::relieve) relieve_to_limit(base);
      mend_rules(state, objective_, wish_, false, effort_);
      keep(state);
      const Score score = score_of(objective_, state);
      if (compare(score, best) < 0) {
        best = score;
        idle = 0;
      } else {
        ++idle;
      }
    }
  }

  // Low water is out of reach: first of all nobody stays over the limit.
  void relieve_to_limit(const State& base) {
    Wish limit = wish_;
    for (Index h = 0; h < model_.host_count(); ++h)
      if (objective_.was_over[h] != 0) limit.level[h] = model_.hosts[h].limit;
    State state = base;
    Search(state, limit, effort_, 1).run(0);
    keep(state);
    Search(state, wish_, effort_, 1).run(0);
    keep(state);
  }

  // With what the search has left.
  void anneal_relief() {
    const Candidate* found = best_candidate();
    draws_ = std::max(0L, effort_.left);
    effort_.left = 0;
    improve_relief(objective_, wish_, found == nullptr ? start_ : state_of(found->assignment), draws_,
                   [this](const State& state) { keep(state); });
  }

  double counted_peak(const State& state) const {
    const Score score = score_of(objective_, state);
    return score.terms[3] - objective_.min_gain * state.moves();
  }

  // Every host at most at `peak` of its limit; those no move can lower may stay where they are.
  void set_peak(double peak) {
    for (Index h = 0; h < model_.host_count(); ++h)
      for (int r = 0; r < kResources; ++r) {
        const HostData& host = model_.hosts[h];
        double level = peak * host.limit[r];
        if (objective_.liftable[h] == 0) level = std::max(level, host.before[r]);
        wish_.level[h][r] = std::max(level, unavoidable_[h][r]);
      }
  }

  struct Attempt {
    bool reached = false;
    double peak = 0;
    int moves = 0;
  };

  Attempt attempt_peak(double peak, const State& base) {
    set_peak(peak);
    int hot = 0;
    for (Index h = 0; h < model_.host_count(); ++h)
      if (wish_.takes_part[h] != 0)
        hot += base.use(h)[cpu] > wish_.level[h][cpu] * (1 + kTolerance) ||
               base.use(h)[memory] > wish_.level[h][memory] * (1 + kTolerance);
    if (hot > wish_.max_moves - base.moves()) return {};
    State state = base;
    Search search(state, wish_, effort_, 1);
    search.run(0);
    if (!model_.rules.empty()) mend_rules(state, objective_, wish_, false, effort_);
    keep(state);
    return {search.reached(), counted_peak(state), state.moves()};
  }

  void balance() {
    wish_.fewest_moves = true;
    State base = mended();
    keep(base);
    if (overload_of(model_, base.uses()) > 0) {
      for (Index h = 0; h < model_.host_count(); ++h) wish_.level[h] = model_.hosts[h].limit;
      State greedy = base;
      Search(base, wish_, effort_, 1).run(0);
      keep(base);
      Search(greedy, wish_, effort_, 1).run_greedily();
      keep(greedy);
      if (compare(score_of(objective_, greedy), score_of(objective_, base)) < 0) base = std::move(greedy);
      if (overload_of(model_, base.uses()) > 0) anneal_overload(base);
      if (overload_of(model_, base.uses()) <= 0) {
        base = mended();  // peaks below 1 include this
      } else {
        for (Index h = 0; h < model_.host_count(); ++h)
          for (int r = 0; r < kResources; ++r)
            if (base.use(h)[r] > model_.hosts[h].limit[r] * (1 + kTolerance))
              unavoidable_[h][r] = base.use(h)[r];
      }
    }
    wish_.reduce_cost = false;
    const double top = counted_peak(base);
    const double floor = average_peak();
    if (floor < top) narrow(base, floor, top);
    draws_ += std::max(0L, effort_.left);
    effort_.left = 0;
    anneal(floor);
  }

  // The peak if all load could be spread evenly.
  double average_peak() const {
    double result = 0;
    for (int r = 0; r < kResources; ++r) {
      double use = 0, limit = 0;
      for (Index h = 0; h < model_.host_count(); ++h)
        if (wish_.takes_part[h] != 0 && model_.hosts[h].online) {
          use += start_.use(h)[r];
          limit += model_.hosts[h].limit[r];
        }
      result = std::max(result, ratio(use, limit));
    }
    return result;
  }

  // Bisects for the lowest peak within the allowed moves, then looks at higher peaks with fewer moves.
  void narrow(const State& base, double floor, double top) {
    double low = floor, high = top;
    double best = top + objective_.min_gain * base.moves();
    std::vector<std::pair<double, int>> known{{top, base.moves()}};  // reached peak, moves
    while (high - low > kCoarsePeakStep * high && effort_.left > 0) {
      const double middle = (low + high) / 2;
      const Attempt attempt = attempt_peak(middle, base);
      if (!attempt.reached) {
        low = middle;
        continue;
      }
      high = std::min(middle, attempt.peak);
      known.emplace_back(high, attempt.moves);
      best = std::min(best, high + objective_.min_gain * attempt.moves);
    }
    if (objective_.min_gain <= 0) return;
    std::sort(known.begin(), known.end());
    for (int round = 0; round < 60 && effort_.left > 0; ++round) {
      // The gap between known peaks that could still hold the best trade.
      std::size_t gap = 0;
      double promise = best - 1e-4;
      for (std::size_t i = 0; i + 1 < known.size(); ++i) {
        const bool open = known[i + 1].first - known[i].first > 2 * kPeakStep * known[i].first &&
                          known[i].second > known[i + 1].second;
        const double least = known[i].first + objective_.min_gain * known[i + 1].second;
        if (open && least < promise) {
          promise = least;
          gap = i + 1;
        }
      }
      if (gap == 0) return;
      const double middle = (known[gap - 1].first + known[gap].first) / 2;
      const Attempt attempt = attempt_peak(middle, base);
      if (attempt.reached) best = std::min(best, attempt.peak + objective_.min_gain * attempt.moves);
      known.emplace_back(middle, attempt.reached ? attempt.moves : known[gap - 1].second);
      std::sort(known.begin(), known.end());
    }
  }

  State state_of(const std::vector<Index>& assignment) const {
    State state(model_);
    for (Index g = 0; g < model_.guest_count(); ++g) state.move_guest(g, assignment[g]);
    return state;
  }

  // The least overload for moves that are too few to end it.
  void anneal_overload(State& state) {
    for (const double heat : kHeats) {
      Annealing annealing(state, wish_, 1);
      const bool ended = annealing.run(std::min(draws_, draws_per_run(model_)), heat);
      draws_ -= annealing.drawn();
      if (ended || draws_ <= 0) break;
    }
    keep(state);
  }

  // From the best result on: a little lower each time, and where moves have a price, with one more or fewer.
  void anneal(double floor) {
    const Candidate* found = best_candidate();
    if (found == nullptr) return;
    State best = state_of(found->assignment);
    Score score = found->score;
    const int cap = wish_.max_moves;
    double step = kFirstStep;
    int idle = 0;
    for (std::uint64_t run = 0; draws_ > 0 && idle < kIdleRuns; ++run) {
      const double peak = counted_peak(best), gain = objective_.min_gain;
      const int more = gain > 0 ? static_cast<int>(run % 3) - 1 : 0;
      double level = peak * (1 - step);
      if (gain > 0) {
        wish_.max_moves = std::min(cap, std::max(1, best.moves() + more));
        level -= more * gain;
      }
      if (level < floor) level = floor;
      if (level >= peak * (1 - kPeakStep) && more >= 0) {
        if (gain <= 0) break;
        ++idle;
        continue;
      }
      set_peak(level);
      State state = best;
      Annealing annealing(state, wish_, run + 1);
      if (state.moves() > wish_.max_moves) annealing.give_one_back();
      if (state.moves() <= wish_.max_moves)
        annealing.run(std::min(draws_, draws_per_run(model_)), kHeats[run % kHeats.size()]);
      draws_ -= annealing.drawn() + 1 + draws_per_run(model_) / 8;
      const Score now = score_of(objective_, state);
      if (compare(now, score) < 0) {
        keep(state);
        best = std::move(state);
        score = now;
        idle = 0;
      } else {
        ++idle;
        if (more == 0) step = step > kLastStep ? step / 2 : kFirstStep;
      }
    }
    wish_.max_moves = cap;
  }

  // The best candidate whose moves have an order; a part of one where none has.
  Ordering best_ordering() {
    std::sort(candidates_.begin(), candidates_.end(),
              [](const auto& a, const auto& b) { return compare(a.score, b.score) < 0; });
    Ordering best = none();
    Score best_score = start_score_;
    std::size_t ordered = 0;
    for (const auto& candidate : candidates_) {
      if (compare(candidate.score, best_score) >= 0 || ordered++ >= limit_of_candidates()) break;
      consider_order(candidate.assignment, best, best_score);
    }
    return best;
  }

  std::size_t limit_of_candidates() const { return model_.units.size() < 64 ? 64 : kOrderedCandidates; }

  void consider_order(std::vector<Index> target, Ordering& best, Score& best_score) {
    for (int round = 0; round < 4; ++round) {
      Ordering ordering = order_moves(model_, target, wish_.max_moves);
      State end(model_);
      for (const auto& step : ordering.steps) end.move_guest(step.guest, step.to);
      const Score score = score_of(objective_, end, ordering.extra_cost, ordering.extra_moves);
      if (compare(score, best_score) < 0 && spares_others(objective_, end)) {
        best_score = score;
        best = ordering;
      }
      if (ordering.left_out.empty()) return;
      // A part: steps that only made room for what was left out are given back.
      bool changed = false;
      for (Index u = 0; u < static_cast<Index>(model_.units.size()); ++u) {
        const Unit& unit = model_.units[u];
        const Index at = end.unit_host(u);
        if (unit.home == kNone || at == unit.home) continue;
        const Score with = score_of(objective_, end);
        end.move_unit(u, unit.home);
        if (compare(score_of(objective_, end), with) < 0) {
          changed = true;
        } else {
          end.move_unit(u, at);
        }
      }
      if (!changed) return;
      target = end.assignment();
    }
  }

  const Model& model_;
  const Objective& objective_;
  State start_;
  Effort effort_;
  long draws_ = 0;  // the part of the effort that annealing may spend
  Wish wish_;
  Score start_score_;
  std::vector<Load> unavoidable_;  // per host: use above its limit that no moves took away (balance)
  std::vector<Candidate> candidates_;
};

}  // namespace

Ordering solve(const Model& model, const Objective& objective, int max_moves, int effort_part) {
  return Solver(model, objective, max_moves, effort_for(model) / effort_part).run();
}

}  // namespace pcb::planning
