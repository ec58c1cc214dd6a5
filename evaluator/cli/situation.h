// What the loop tells the actor at each tick, and what the actor shows of itself.
//
// Values; a Situation is made by the loop and never changed. The ActBoard hands the newest ActView to any
// thread.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "cluster/document.h"
#include "common/latest.h"
#include "evaluator/decide/incidents.h"
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
};

struct ActView {
  bool holds_lock = false;
  std::string lock_sentence;
  std::string paused;  // why; empty: the red button is not pressed
  Refusals refusals;   // of what wants to start now
  std::size_t under_way = 0;
};

using ActBoard = Latest<ActView>;

}  // namespace pcb
