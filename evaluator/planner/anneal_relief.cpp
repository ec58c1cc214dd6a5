// Relieve by annealing: first as little above the levels as can be, then the same for less cost.
#include <algorithm>

#include "evaluator/planner/anneal.h"

namespace pcb::planning {
namespace {

constexpr long kDrawsPerRun = 6'000, kDrawsPerRunAndGuest = 5;
constexpr double kFirstStep = 0.1, kLastStep = 0.01;  // how much less cost is wished
constexpr int kIdleRuns = 12;                         // without a better result

class Relief {
 public:
  Relief(const Objective& objective, Wish wish, State best, long& draws,
         const std::function<void(const State&)>& keep)
      : objective_(objective),
        wish_(std::move(wish)),
        low_water_(wish_.level),
        best_(std::move(best)),
        score_(score_of(objective, best_)),
        draws_(draws),
        keep_(keep) {}

  // Nobody over the limit comes before low water.
  void approach() {
    const Model& model = best_.model();
    for (const bool to_limit : {true, false}) {
      for (Index h = 0; h < model.host_count(); ++h)
        if (objective_.was_over[h] != 0) wish_.level[h] = to_limit ? model.hosts[h].limit : low_water_[h];
      for (const double heat : kHeats) {
        if (draws_ <= 0) return;
        State state = best_;
        Annealing annealing(state, wish_, 1);
        const bool ended = annealing.run(std::min(draws_, draws_per_run(model)), heat);
        draws_ -= annealing.drawn();
        take(state);
        if (ended) break;
      }
    }
  }

  void cheapen() {
    const Model& model = best_.model();
    double step = kFirstStep;
    int idle = 0;
    for (std::uint64_t run = 0; draws_ > 0 && idle < kIdleRuns && best_.moves() > 0; ++run) {
      for (Index h = 0; h < model.host_count(); ++h)
        for (int r = 0; r < kResources; ++r) wish_.level[h][r] = std::max(low_water_[h][r], best_.use(h)[r]);
      State state = best_;
      Annealing annealing(state, wish_, run + 1);
      annealing.limit_cost(best_.cost() * (1 - step));
      annealing.run(std::min(draws_, draws_per_run(model)), kHeats[run % kHeats.size()]);
      draws_ -= annealing.drawn() + 1 + draws_per_run(model) / 8;
      if (take(state)) {
        idle = 0;
        continue;
      }
      ++idle;
      step = step > kLastStep ? step / 2 : kFirstStep;
    }
  }

 private:
  bool take(State& state) {
    const Score score = score_of(objective_, state);
    if (compare(score, score_) >= 0 || !spares_others(objective_, state)) return false;
    keep_(state);
    best_ = std::move(state);
    score_ = score;
    return true;
  }

  const Objective& objective_;
  Wish wish_;
  const std::vector<Load> low_water_;
  State best_;
  Score score_;
  long& draws_;
  const std::function<void(const State&)>& keep_;
};

}  // namespace

long draws_per_run(const Model& model) {
  return kDrawsPerRun + kDrawsPerRunAndGuest * static_cast<long>(model.guest_count());
}

void improve_relief(const Objective& objective, Wish wish, State best, long& draws,
                    const std::function<void(const State&)>& keep) {
  Relief relief(objective, std::move(wish), std::move(best), draws, keep);
  relief.approach();
  relief.cheapen();
}

}  // namespace pcb::planning
