// The rows of the journal that tell of acting: operations, decisions, switches, outcomes, errands. Values;
// times are Unix seconds.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "evaluator/decide/envelope.h"
#include "evaluator/journal/records.h"

namespace pcb {

// A move that is, or was, carried out: the intent and what came of it.
struct OperationRecord {
  std::string id;  // 32 hex digits
  MoveRecord move;
  Initiator initiator = Initiator::automatic;
  bool was_running = true, with_local_disks = false;
  std::optional<double> bandwidth_bytes_per_second;
  double target_memory_bytes = 0;
  double intended_at = 0;
  std::optional<double> ended_at;  // the end is known
  std::optional<double> duration_seconds, downtime_seconds;
  std::string command;             // what a person should type
  bool guest_start_asked = false;  // a container left stopped was started, or may have been
  bool begun = false;              // the host has said so
  bool cleared = false;            // nothing of it is left on the host
};

struct DecisionRecord {
  double at = 0;
  std::int64_t plan_id = 0, move_id = 0;  // move 0: the whole plan
  bool approves = false;
  std::string actor, address, digest;
  std::int64_t id = 0;  // of its row, where it was read
};

enum class SwitchName { breaker, red_button };

struct SwitchRecord {
  double at = 0;
  SwitchName name = SwitchName::breaker;
  bool on = false;
  std::string actor, address, reason;
};

struct OutcomeRecord {
  std::int64_t plan_id = 0;
  double due_at = 0;
  double predicted_peak = 0, predicted_imbalance = 0;
  std::string verdict = "pending";  // kept, worse, not_known
  std::optional<double> judged_at, achieved_peak, achieved_imbalance;
  std::string sentence;
};

struct ErrandRecord {
  std::int64_t id = 0;
  std::string kind;  // "drain", "return"
  std::string host;
  bool include_stopped = false;
  std::string state = "active";  // done, given_up, cancelled
  double begun_at = 0;
  std::optional<double> ended_at;
  std::int64_t plan_id = 0;  // its newest; 0: none yet
  std::string actor, address;
  std::string progress;  // a sentence
};

}  // namespace pcb
