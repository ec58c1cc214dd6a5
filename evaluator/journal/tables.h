// Reading and writing the journal's tables, one function per thing the evaluator says or asks.
//
// Valid only inside Journal::transact() or Journal::read(), on the thread that called it. Every function
// fails with a sentence when SQLite does; what the schema forbids (an illegal step of a move) is such a
// failure. Tested by tests/evaluator/journal_test.cpp.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "common/result.h"
#include "evaluator/decide/incidents.h"
#include "evaluator/journal/act_records.h"
#include "evaluator/journal/history.h"
#include "evaluator/journal/records.h"
#include "evaluator/journal/sqlite.h"

namespace pcb {

class Tables {
 public:
  explicit Tables(Database& database) : database_(database) {}

  // Alerts. A key that is known is counted, not doubled; a fact that came too late (the same start is
  // resolved, or a newer start is known) is stored as handled.
  Status store_alert(const Alert& alert, const AlertVerdict& verdict, double received_at);
  Result<std::vector<AlertRecord>> unhandled_alerts();
  Status mark_handled(std::int64_t alert_id);
  Result<std::vector<AlertRecord>> recent_alerts(int limit);  // by when they were last heard
  Result<std::vector<AlertRecord>> alerts_below(int limit, std::int64_t below);

  // Incidents. save_incident() inserts when the id is 0 and sets it.
  Status save_incident(Incident& incident);
  Result<std::vector<Incident>> incidents_changed_since(double at);  // and all that are not closed
  Result<std::vector<Incident>> recent_incidents(int limit);

  // Plans and moves. store_plan() makes the new one the plan that stands.
  Result<std::int64_t> store_plan(const PlanRecord& plan);
  Status no_plan_stands();
  Result<std::optional<PlanRecord>> standing_plan();
  Result<std::optional<PlanRecord>> plan_by_id(std::int64_t id);
  // Without their documents.
  Result<std::vector<PlanRecord>> recent_plans(int limit, std::int64_t below = kNewestRow);
  Result<std::int64_t> propose_move(const MoveRecord& move);
  Status change_move(std::int64_t id, MoveState becomes, const std::string& actor, const std::string& reason,
                     double at);
  Result<std::vector<MoveRecord>> moves_of_plan(std::int64_t plan_id);
  Result<std::vector<MoveRecord>> moves_in(MoveState state);
  Result<std::vector<MoveRecord>> recent_moves(int limit, std::int64_t below = kNewestRow);
  Result<std::optional<MoveRecord>> move_by_id(std::int64_t id);

  // Operations. intend() is the intent: change_move(…, starting, …) is refused without it.
  Status intend(const OperationRecord& operation);
  Status note_begun(const std::string& operation);
  Status note_guest_start(const std::string& operation, bool asked);
  Status note_end(const OperationRecord& operation);  // ended_at, durations, command
  Status note_cleared(const std::string& operation);
  Result<std::vector<OperationRecord>> open_operations();            // under way, or not cleared
  Result<std::vector<OperationRecord>> operations_since(double at);  // and all that are open

  // Decisions of people. decide() fails when it is already decided; decision_of() says by whom.
  Status decide(const DecisionRecord& decision);
  Result<std::optional<DecisionRecord>> decision_of(std::int64_t plan_id, std::int64_t move_id);
  Result<std::vector<DecisionRecord>> recent_decisions(int limit, std::int64_t below = kNewestRow);
  Status set_switch(const SwitchRecord& record);
  Result<std::optional<SwitchRecord>> newest_switch(SwitchName name);
  Status promise(const OutcomeRecord& outcome);  // what is known of the plan already stays
  Result<std::vector<OutcomeRecord>> pending_outcomes();
  Result<std::vector<OutcomeRecord>> outcomes_since(double at);
  Status judge_outcome(const OutcomeRecord& outcome);

  // Errands. begin_errand() fails while another is active.
  Result<std::int64_t> begin_errand(const ErrandRecord& errand);
  Status save_errand(const ErrandRecord& errand);  // state, ended_at, plan_id, progress
  Result<std::optional<ErrandRecord>> active_errand();
  Result<std::optional<ErrandRecord>> last_errand(const std::string& kind, const std::string& host);

  // The outbox. notify() is silent about an event_key that is known; it queues one delivery per sink.
  Status notify(const Notification& notification, const std::vector<std::string>& sinks);
  Result<std::vector<Delivery>> due_deliveries(const std::string& sink, double now, int limit);
  Result<std::optional<double>> next_delivery_at(const std::string& sink);
  Status delivery_sent(std::int64_t notification_id, const std::string& sink);
  Status delivery_failed(const Delivery& delivery, const std::string& error, std::optional<double> next_at);
  // What waits for a sink that is none of these is given up; how many of each.
  Result<std::map<std::string, int>> give_up_all_but(const std::vector<std::string>& sinks,
                                                     const std::string& reason);
  // All of so many messages.
  Result<std::vector<DeliveryRecord>> recent_deliveries(int limit, std::int64_t below = kNewestRow);

  Status add_event(const EventRecord& event);
  Result<std::vector<EventRecord>> recent_events(int limit, std::int64_t below = kNewestRow);
  // For read_history(): rows below `below` of table 'e', 'a', 'd' or 'm', newest first.
  Result<std::vector<HistoryEntry>> history_rows(char table, std::int64_t below, int limit);

  // Deletes at most `batch` rows of each table that are over and older than `at`; gives how many went. What
  // is open, stands, is under way or waits to be delivered stays, and so does what it refers to. Looks at the
  // oldest rows only: the effort is bounded whatever the journal's size.
  Result<std::int64_t> forget_before(double at, int batch);

  Status set_setting(const std::string& name, const std::string& value);
  Result<std::optional<std::string>> setting(const std::string& name);

 private:
  Result<std::vector<AlertRecord>> select_alerts(const std::string& rest, std::optional<int> limit);
  Result<std::vector<Incident>> select_incidents(const std::string& rest, double parameter);
  Result<std::vector<PlanRecord>> select_plans(const std::string& rest, std::int64_t parameter,
                                               bool document);
  Result<std::vector<MoveRecord>> select_moves(const std::string& rest, std::int64_t parameter);
  Result<std::vector<OperationRecord>> select_operations(const std::string& rest, double parameter);
  Result<std::vector<OutcomeRecord>> select_outcomes(const std::string& rest, double parameter);
  Result<std::optional<ErrandRecord>> select_errand(const std::string& rest, const std::string& kind,
                                                    const std::string& host);

  Database& database_;
};

}  // namespace pcb
