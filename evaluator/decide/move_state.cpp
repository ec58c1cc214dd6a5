#include "evaluator/decide/move_state.h"

namespace pcb {

const char* name_of(MoveState state) {
  switch (state) {
    case MoveState::proposed:
      return "proposed";
    case MoveState::approved:
      return "approved";
    case MoveState::starting:
      return "starting";
    case MoveState::running:
      return "running";
    case MoveState::verifying:
      return "verifying";
    case MoveState::done:
      return "done";
    case MoveState::failed:
      return "failed";
    case MoveState::unknown:
      return "unknown";
    case MoveState::cancelled:
      return "cancelled";
    case MoveState::skipped:
      return "skipped";
  }
  return "unknown";
}

std::optional<MoveState> move_state_from(std::string_view name) {
  for (const MoveState state : kMoveStates) {
    if (name == name_of(state)) return state;
  }
  return std::nullopt;
}

}  // namespace pcb
