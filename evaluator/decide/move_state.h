// The life of one suggested move.
//
//   proposed → approved → starting → running → verifying → done
//   ends: done, failed, cancelled, skipped; "unknown" (nobody can tell what the host did) ends only by
//   finding out
//
// Which step may follow which is a table of the journal's schema; the database refuses every other.
// Pure values. Tested by tests/evaluator/journal_test.cpp.
#pragma once

#include <array>
#include <optional>
#include <string_view>

namespace pcb {

enum class MoveState {
  proposed,
  approved,
  starting,
  running,
  verifying,
  done,
  failed,
  unknown,
  cancelled,
  skipped
};

inline constexpr std::array kMoveStates{
    MoveState::proposed, MoveState::approved, MoveState::starting, MoveState::running,   MoveState::verifying,
    MoveState::done,     MoveState::failed,   MoveState::unknown,  MoveState::cancelled, MoveState::skipped};

const char* name_of(MoveState state);
std::optional<MoveState> move_state_from(std::string_view name);

}  // namespace pcb
