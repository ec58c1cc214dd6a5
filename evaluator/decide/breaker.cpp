#include "evaluator/decide/breaker.h"

#include <algorithm>

#include "common/text.h"

namespace pcb {

int failures_in_a_row(std::vector<EndedMove> moves, double reset_at) {
  std::stable_sort(moves.begin(), moves.end(),
                   [](const EndedMove& a, const EndedMove& b) { return a.ended_at > b.ended_at; });
  int count = 0;
  for (const EndedMove& move : moves) {
    if (!move.failed || move.ended_at <= reset_at) break;
    ++count;
  }
  return count;
}

OutcomeVerdict judge_outcome(double predicted_peak, bool carried_out, std::optional<double> achieved_peak) {
  if (!carried_out) return {"not_known", "the plan was not carried out as a whole, so it promised nothing"};
  if (!achieved_peak) return {"not_known", "what came of the plan cannot be read"};
  const std::string figures = "the highest use is " + text::percent(*achieved_peak) +
                              " of its limit, predicted was " + text::percent(predicted_peak);
  if (*achieved_peak > predicted_peak + kPeakTolerance) return {"worse", "worse than predicted: " + figures};
  return {"kept", "as predicted: " + figures};
}

}  // namespace pcb
