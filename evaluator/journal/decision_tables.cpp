// What people decided, how switches stand, what plans promised, and errands.
#include "evaluator/journal/query.h"
#include "evaluator/journal/tables.h"

namespace pcb {
namespace {

using query::optional_real;

DecisionRecord read_decision(const Statement& row) {
  return {row.real(0), row.integer(1), row.integer(2), row.text(3) == "approve",
          row.text(4), row.text(5),    row.text(6),    row.integer(7)};
}

const char* name_of(SwitchName name) { return name == SwitchName::breaker ? "breaker" : "red_button"; }

std::optional<std::int64_t> or_null(std::int64_t id) { return id == 0 ? std::nullopt : std::optional(id); }

}  // namespace

Status Tables::decide(const DecisionRecord& decision) {
  return query::run(database_,
                    "INSERT INTO decisions (at, plan_id, move_id, verdict, actor, address, digest)"
                    " VALUES (?, ?, ?, ?, ?, ?, ?)",
                    decision.at, decision.plan_id, or_null(decision.move_id),
                    decision.approves ? "approve" : "reject", decision.actor, decision.address,
                    decision.digest);
}

Result<std::optional<DecisionRecord>> Tables::decision_of(std::int64_t plan_id, std::int64_t move_id) {
  return query::first<DecisionRecord>(
      database_,
      "SELECT at, plan_id, move_id, verdict, actor, address, digest, id FROM decisions"
      " WHERE (?2 = 0 AND move_id IS NULL AND plan_id = ?1) OR (?2 <> 0 AND move_id = ?2)",
      read_decision, plan_id, move_id);
}

Result<std::vector<DecisionRecord>> Tables::recent_decisions(int limit, std::int64_t below) {
  return query::all<DecisionRecord>(
      database_,
      "SELECT at, plan_id, move_id, verdict, actor, address, digest, id FROM decisions"
      " WHERE id < ? ORDER BY id DESC LIMIT ?",
      read_decision, below, limit);
}

Status Tables::set_switch(const SwitchRecord& record) {
  return query::run(
      database_, "INSERT INTO switches (at, name, is_on, actor, address, reason) VALUES (?, ?, ?, ?, ?, ?)",
      record.at, name_of(record.name), record.on, record.actor, record.address, record.reason);
}

Result<std::optional<SwitchRecord>> Tables::newest_switch(SwitchName name) {
  return query::first<SwitchRecord>(
      database_,
      "SELECT at, is_on, actor, address, reason FROM switches WHERE name = ? ORDER BY id DESC LIMIT 1",
      [&](const Statement& row) {
        return SwitchRecord{row.real(0), name, row.integer(1) != 0, row.text(2), row.text(3), row.text(4)};
      },
      name_of(name));
}

Status Tables::promise(const OutcomeRecord& outcome) {
  return query::run(database_,
                    "INSERT INTO outcomes (plan_id, due_at, predicted_peak, predicted_imbalance)"
                    " VALUES (?, ?, ?, ?) ON CONFLICT (plan_id) DO UPDATE SET due_at = excluded.due_at"
                    " WHERE verdict = 'pending'",
                    outcome.plan_id, outcome.due_at, outcome.predicted_peak, outcome.predicted_imbalance);
}

Result<std::vector<OutcomeRecord>> Tables::select_outcomes(const std::string& rest, double parameter) {
  return query::all<OutcomeRecord>(
      database_,
      "SELECT plan_id, due_at, predicted_peak, predicted_imbalance, verdict, judged_at, achieved_peak,"
      " achieved_imbalance, sentence FROM outcomes " +
          rest + " ORDER BY plan_id",
      [](const Statement& row) {
        return OutcomeRecord{row.integer(0),        row.real(1),           row.real(2),
                             row.real(3),           row.text(4),           optional_real(row, 5),
                             optional_real(row, 6), optional_real(row, 7), row.text(8)};
      },
      parameter);
}

Result<std::vector<OutcomeRecord>> Tables::pending_outcomes() {
  return select_outcomes("WHERE verdict = 'pending' AND due_at > ?", -1);
}

Result<std::vector<OutcomeRecord>> Tables::outcomes_since(double at) {
  return select_outcomes("WHERE judged_at >= ?", at);
}

Status Tables::judge_outcome(const OutcomeRecord& outcome) {
  return query::run(
      database_,
      "UPDATE outcomes SET verdict = ?, judged_at = ?, achieved_peak = ?, achieved_imbalance = ?,"
      " sentence = ? WHERE plan_id = ?",
      outcome.verdict, outcome.judged_at, outcome.achieved_peak, outcome.achieved_imbalance, outcome.sentence,
      outcome.plan_id);
}

Result<std::int64_t> Tables::begin_errand(const ErrandRecord& errand) {
  const auto stored = query::run(
      database_,
      "INSERT INTO errands (kind, host, include_stopped, begun_at, actor, address) VALUES (?, ?, ?, ?, ?, ?)",
      errand.kind, errand.host, errand.include_stopped, errand.begun_at, errand.actor, errand.address);
  if (!stored) return stored.error();
  return database_.last_row_id();
}

Status Tables::save_errand(const ErrandRecord& errand) {
  return query::run(database_,
                    "UPDATE errands SET state = ?, ended_at = ?, plan_id = ?, progress = ? WHERE id = ?",
                    errand.state, errand.ended_at, or_null(errand.plan_id), errand.progress, errand.id);
}

Result<std::optional<ErrandRecord>> Tables::select_errand(const std::string& rest, const std::string& kind,
                                                          const std::string& host) {
  return query::first<ErrandRecord>(
      database_,
      "SELECT id, kind, host, include_stopped, state, begun_at, ended_at, plan_id, actor, address, progress"
      " FROM errands WHERE (?1 = '' OR kind = ?1) AND (?2 = '' OR host = ?2)" +
          rest + " ORDER BY id DESC LIMIT 1",
      [](const Statement& row) {
        return ErrandRecord{row.integer(0), row.text(1), row.text(2),           row.integer(3) != 0,
                            row.text(4),    row.real(5), optional_real(row, 6), row.integer(7),
                            row.text(8),    row.text(9), row.text(10)};
      },
      kind, host);
}

Result<std::optional<ErrandRecord>> Tables::active_errand() {
  return select_errand(" AND state = 'active'", "", "");
}

Result<std::optional<ErrandRecord>> Tables::last_errand(const std::string& kind, const std::string& host) {
  return select_errand("", kind, host);
}

}  // namespace pcb
