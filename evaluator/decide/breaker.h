// When acting has gone wrong often enough to stop: failures in a row, or moves that made it worse.
//
// Pure. The breaker itself is a switch of the journal that a person resets; these say when it opens.
// Tested by tests/evaluator/breaker_test.cpp.
#pragma once

#include <optional>
#include <string>
#include <vector>

namespace pcb {

// A move that was begun, and whose end is known.
struct EndedMove {
  double ended_at = 0;
  bool failed = false;
};

// Moves that failed, the newest in a row, since `reset_at`; one that was done ends the row.
int failures_in_a_row(std::vector<EndedMove> moves, double reset_at);

// A peak (highest use as a share of its limit) may be higher than predicted by this much: loads change.
inline constexpr double kPeakTolerance = 0.15;

struct OutcomeVerdict {
  std::string verdict;  // "kept", "worse", "not_known"
  std::string sentence;
};

// What came of a plan. `achieved_peak` after the window; absent: not known. A plan that was not carried out
// as a whole promised nothing.
OutcomeVerdict judge_outcome(double predicted_peak, bool carried_out, std::optional<double> achieved_peak);

}  // namespace pcb
