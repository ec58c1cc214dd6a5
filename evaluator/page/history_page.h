// History: what happened, what was told, planned, decided, carried out and said, with a search and a choice
// of the kind, each address a permanent link.
//
// Pure; the filter is applied here, to rows that the journal gave, newest first.
// Tested by tests/evaluator/page_history_test.cpp.
#pragma once

#include <string>
#include <vector>

#include "evaluator/journal/act_records.h"
#include "evaluator/page/frame.h"

namespace pcb {

struct HistoryFilter {
  std::string show = "events";  // events, alerts, plans, moves, decisions, messages
  std::string kind;             // of events: "move", "plan", …; empty: all
  std::string text;             // anywhere in the row, whatever the case
  int limit = 200;
};

struct History {
  HistoryFilter filter;
  // Only those that are shown are filled.
  std::vector<EventRecord> events;
  std::vector<AlertRecord> alerts;
  std::vector<PlanRecord> plans;
  std::vector<MoveRecord> moves;
  std::vector<DecisionRecord> decisions;
  std::vector<DeliveryRecord> messages;
};

bool is_history_of(const std::string& show);
std::string history_html(const History& history, const Frame& frame);

}  // namespace pcb
