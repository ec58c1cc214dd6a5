// History: what happened, what was told, planned, decided, carried out and said, with a search and a choice
// of the kind, a page at a time; and the report of a while. Each address is a permanent link.
//
// Pure; the rows come newest first, and only those that matches() lets through: see
// evaluator/cli/history_rows.h. Tested by tests/evaluator/page_history_test.cpp.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "evaluator/cli/report.h"
#include "evaluator/journal/act_records.h"
#include "evaluator/page/frame.h"

namespace pcb {

struct HistoryFilter {
  std::string show = "events";  // events, alerts, plans, moves, decisions, messages, report
  std::string kind;             // of events: "move", "plan", …; empty: all
  std::string text;             // anywhere in the row, whatever the case
  int limit = 200;
  std::int64_t before = 0;   // rows below this one; 0: from the newest on
  std::string since = "7d";  // of the report: how long before its end it begins
  double until = 0;          // of the report: its end, in Unix seconds; 0: now
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
  std::int64_t older = 0;  // where the next page begins, as HistoryFilter::before; 0: there is none
  std::optional<ReportInput> report;
};

// Whether the filter lets a row through.
bool matches(const HistoryFilter& filter, const EventRecord& event);
bool matches(const HistoryFilter& filter, const AlertRecord& record);
bool matches(const HistoryFilter& filter, const PlanRecord& plan);
bool matches(const HistoryFilter& filter, const MoveRecord& move);
bool matches(const HistoryFilter& filter, const DecisionRecord& decision);
bool matches(const HistoryFilter& filter, const DeliveryRecord& delivery);

bool is_history_of(const std::string& show);
std::string history_html(const History& history, const Frame& frame);

}  // namespace pcb
