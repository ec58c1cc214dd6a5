#include "evaluator/decide/move_steps.h"

namespace pcb {

std::vector<MoveState> steps_to(MoveState is, const MigrationVerdict& verdict) {
  using S = MoveState;
  S becomes = verdict.state;
  if (becomes == S::failed && verdict.not_started && is == S::starting) becomes = S::skipped;
  if (becomes == is || is_final(is)) return {};
  switch (is) {
    case S::starting:
      if (becomes == S::verifying) return {S::running, S::verifying};
      if (becomes == S::done) return {S::running, S::verifying, S::done};
      return {becomes};
    case S::running:
      if (becomes == S::done) return {S::verifying, S::done};
      return becomes == S::starting ? std::vector<S>{} : std::vector<S>{becomes};
    case S::verifying:
      if (becomes == S::starting || becomes == S::running) return {};
      return {becomes};
    case S::unknown:
      if (becomes == S::starting) return {};
      return {becomes};
    default:
      return {};
  }
}

bool is_waiting(MoveState state) { return state == MoveState::proposed || state == MoveState::approved; }

bool is_final(MoveState state) {
  return state == MoveState::done || state == MoveState::failed || state == MoveState::cancelled ||
         state == MoveState::skipped;
}

}  // namespace pcb
