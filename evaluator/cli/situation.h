// What the loop tells the actor at each tick, and what the actor shows of itself.
//
// Values; a Situation is made by the loop and never changed. The ActBoard hands the newest ActView to any
// thread.
#pragma once

#include <optional>
#include <set>
#include <string>
#include <vector>

#include "cluster/document.h"
#include "common/latest.h"
#include "evaluator/decide/incidents.h"
#include "evaluator/decide/maintenance.h"
#include "evaluator/decide/move_state.h"
#include "evaluator/decide/restraint.h"

namespace pcb {

struct Situation {
  double at = 0;
  std::string mode = "suggest";
  Cluster cluster;                  // as the exporter gave it
  std::vector<Incident> incidents;  // open, and not silenced at the tick
  std::int64_t plan_id = 0;         // the plan that stands, and that this tick has made again; 0: none
  int ticks = 0;                    // in a row that wanted a plan of this goal and scope
  double first_wanted_at = 0;       // the first of them
  std::optional<double> quorum_changed_at, heartbeat_at;
  std::set<std::string> own_guests;            // that this program and its monitoring run in
  std::optional<MaintenanceWish> maintenance;  // of the errand that is under way
};

// A move that is, or a moment ago was, under way, as its hosts were last seen. The log is what the tool on
// the host wrote: hostile text, to be escaped where it is shown.
struct WatchedMove {
  std::string operation;  // its id in the journal
  MoveState state = MoveState::starting;
  std::string sentence;  // what is known, for people
  std::vector<std::string> log;
  double looked_at = 0;  // Unix seconds
};

struct ActView {
  bool holds_lock = false;
  std::string lock_sentence;
  std::string paused;  // why; empty: the red button is not pressed
  Refusals refusals;   // of what wants to start now
  std::size_t under_way = 0;
  std::vector<WatchedMove> watched = {};  // oldest first; those that ended last stay a while
};

using ActBoard = Latest<ActView>;

}  // namespace pcb
