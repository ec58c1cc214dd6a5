// The rows of the journal as values. Times are Unix seconds unless the name says otherwise.
#pragma once

#include <cstdint>
#include <limits>
#include <optional>
#include <string>
#include <vector>

#include "evaluator/decide/alert.h"
#include "evaluator/decide/move_state.h"

namespace pcb {

// Lists are read newest first, below a row: the beginning.
inline constexpr std::int64_t kNewestRow = std::numeric_limits<std::int64_t>::max();

struct AlertRecord {
  std::int64_t id = 0;
  Alert alert;
  AlertVerdict verdict;
  double first_received_at = 0, last_received_at = 0;
  std::int64_t times = 1;
  bool again = false;  // it was handled before and came again
};

struct PlanRecord {
  std::int64_t id = 0;
  double made_at = 0;
  std::string goal, result, reason;
  std::string digest;    // equal for plans that are materially the same
  std::string document;  // balancer.plan/1
  bool stands = true;    // the newest; at most one
};

struct MoveRecord {
  std::int64_t id = 0;
  std::int64_t plan_id = 0, incident_id = 0;  // incident 0: none, a person asked for it
  int step = 1;
  std::vector<int> after;  // steps of the plan that must be done before
  std::string guest, name, from, to, method, why;
  double downtime_seconds = 0, copy_bytes = 0;  // as planned
  MoveState state = MoveState::proposed;
  double created_at = 0, changed_at = 0;
  std::string actor, reason;  // of the last change
};

struct Notification {
  std::int64_t id = 0;
  std::string event_key;  // what was already told is never told again under the same key
  std::string event;      // "plan", "no_plan", "hold", "alert", "closed", "journal"
  std::string severity = "info";
  std::optional<std::int64_t> incident_id;
  double created_at = 0;
  std::string subject;
  std::vector<std::string> lines;  // one event of the log each
};

struct Delivery {
  Notification notification;
  std::string sink;
  int attempts = 0;
};

struct DeliveryRecord {
  Notification notification;
  std::string sink, state, last_error;
  int attempts = 0;
};

struct EventRecord {
  double at = 0;
  std::string
      kind;  // "alert", "incident", "plan", "move", "hold", "message", "mode", "journal", "switch", "errand"
  std::string actor;  // "alertmanager", "evaluator", or who logged in
  std::string subject;
  std::string detail;
  std::int64_t id = 0;  // of its row, where it was read
};

}  // namespace pcb
