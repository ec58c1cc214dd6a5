// What the loop saw at its last tick: the page, the API and the metrics show this and the journal, nothing
// else.
//
// A View is made by the loop and never changed; the Board hands the newest one to any thread.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "cluster/document.h"
#include "common/latest.h"
#include "evaluator/decide/hold.h"
#include "evaluator/decide/incidents.h"
#include "evaluator/journal/records.h"
#include "evaluator/planner/plan.h"

namespace pcb {

struct View {
  double at = 0;  // Unix seconds
  std::string cluster;
  std::string mode = "suggest";  // the one it is in
  std::string mode_reason;       // why that is not what config.yaml says; empty when it is
  std::string breaker;           // why it is open; empty: it is closed
  double interval_seconds = 30;
  std::optional<Cluster> document;  // as the exporter gave it
  Hold hold;
  std::vector<std::string> notes;      // what the state left out
  std::optional<Plan> plan;            // the newest, also while an older one stands
  std::optional<Figures> achieved;     // by the last plan that was carried out, after a window
  std::optional<double> heartbeat_at;  // when the always-firing alert came last
  bool alertmanager_answers = true;
};

// What status, the page and the CLI show of the journal.
struct Standing {
  std::vector<Incident> incidents;  // open and clearing
  std::optional<PlanRecord> plan;
  std::vector<MoveRecord> moves;  // of that plan
};

using Board = Latest<View>;

}  // namespace pcb
