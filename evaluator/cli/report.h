// What the evaluator did in a while, or would have done: for `report --since 7d`, GET /api/v1/report, and the
// message that tells it once a week.
//
// read_report() reads the journal; the rest is pure. What lasted: a guest that a move has brought to a host
// and that no later move has taken away from it, and plans that came out as predicted. What would be safe for
// mode auto: moves that were proposed and never carried out and that interrupt nobody; and guests whose
// moves, approved by a person, all ended well. Times are Unix seconds. Tested by
// tests/evaluator/report_test.cpp.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "cluster/config.h"
#include "evaluator/decide/suggestion.h"
#include "evaluator/journal/journal.h"

namespace pcb {

struct ReportInput {
  double since = 0, until = 0;
  std::vector<Incident> incidents;          // opened in that time
  std::vector<MoveRecord> moves;            // proposed in that time, in the order of their proposal
  std::vector<OperationRecord> operations;  // begun in that time, oldest first
  std::vector<OutcomeRecord> outcomes;      // judged in that time
};

Result<ReportInput> read_report(Tables& tables, double since, double until);

// A move that was proposed, but not carried out; the same move of several plans once.
struct WouldHave {
  MoveRecord move;    // the newest of them
  int times = 0;      // how often it was proposed
  bool safe = false;  // for mode auto as it is: nobody is interrupted
};
std::vector<WouldHave> would_have(const ReportInput& input);

bool lasted(const OperationRecord& done, const std::vector<OperationRecord>& all);

// One sentence a line, hostile names escaped.
std::vector<std::string> report_lines(const ReportInput& input);
Message report_message(const ReportInput& input);
std::string report_json(const ReportInput& input);  // schema balancer.report/1

// Whether a weekly report is due: it is told on Mondays from 08:00 on, local time, once.
bool report_is_due(double last_told_at, double now);

// Tells the report of the last week when it is due; `on_message` when it was queued.
Status tell_weekly_report(Journal& journal, const Config& config, double now,
                          const std::function<void()>& on_message);

}  // namespace pcb
