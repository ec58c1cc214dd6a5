#include "evaluator/journal/query.h"
#include "evaluator/journal/tables.h"

namespace pcb {

Status Tables::no_plan_stands() {
  return query::run(database_, "UPDATE plans SET stands = 0 WHERE stands = 1");
}

Result<std::int64_t> Tables::store_plan(const PlanRecord& plan) {
  if (const auto done = no_plan_stands(); !done) return done.error();
  const auto stored = query::run(
      database_,
      "INSERT INTO plans (made_at, goal, result, reason, digest, document) VALUES (?, ?, ?, ?, ?, ?)",
      plan.made_at, plan.goal, plan.result, plan.reason, plan.digest, plan.document);
  if (!stored) return stored.error();
  return database_.last_row_id();
}

Result<std::vector<PlanRecord>> Tables::select_plans(const std::string& rest, std::int64_t parameter,
                                                     bool document) {
  const std::string last = document ? "document" : "''";
  return query::all<PlanRecord>(
      database_, "SELECT id, made_at, goal, result, reason, digest, stands, " + last + " FROM plans " + rest,
      [](const Statement& row) {
        PlanRecord plan;
        plan.id = row.integer(0);
        plan.made_at = row.real(1);
        plan.goal = row.text(2);
        plan.result = row.text(3);
        plan.reason = row.text(4);
        plan.digest = row.text(5);
        plan.stands = row.integer(6) != 0;
        plan.document = row.text(7);
        return plan;
      },
      parameter);
}

Result<std::optional<PlanRecord>> Tables::standing_plan() {
  auto plans = select_plans("WHERE stands = ?", 1, true);
  if (!plans) return plans.error();
  if (plans->empty()) return std::optional<PlanRecord>();
  return std::optional(std::move(plans->front()));
}

Result<std::optional<PlanRecord>> Tables::plan_by_id(std::int64_t id) {
  auto plans = select_plans("WHERE id = ?", id, true);
  if (!plans) return plans.error();
  if (plans->empty()) return std::optional<PlanRecord>();
  return std::optional(std::move(plans->front()));
}

Result<std::vector<PlanRecord>> Tables::recent_plans(int limit) {
  return select_plans("ORDER BY id DESC LIMIT ?", limit, false);
}

Result<std::int64_t> Tables::propose_move(const MoveRecord& move) {
  const auto stored = query::run(
      database_,
      "INSERT INTO moves (plan_id, incident_id, step, guest, name, source_host, target_host, method, why, "
      "state,"
      " created_at, changed_at, actor, reason) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
      move.plan_id, move.incident_id, move.step, move.guest, move.name, move.from, move.to, move.method,
      move.why, name_of(move.state), move.created_at, move.changed_at, move.actor, move.reason);
  if (!stored) return stored.error();
  return database_.last_row_id();
}

Status Tables::change_move(std::int64_t id, MoveState becomes, const std::string& actor,
                           const std::string& reason, double at) {
  const auto changed =
      query::run(database_, "UPDATE moves SET state = ?, actor = ?, reason = ?, changed_at = ? WHERE id = ?",
                 name_of(becomes), actor, reason, at, id);
  if (!changed) return changed;
  if (database_.changes() != 1) return Error{"the journal has no move " + std::to_string(id)};
  return Done{};
}

Result<std::vector<MoveRecord>> Tables::select_moves(const std::string& rest, std::int64_t parameter) {
  return query::all<MoveRecord>(
      database_,
      "SELECT id, plan_id, incident_id, step, guest, name, source_host, target_host, method, why, state,"
      " created_at, changed_at, actor, reason FROM moves " +
          rest,
      [](const Statement& row) {
        MoveRecord move;
        move.id = row.integer(0);
        move.plan_id = row.integer(1);
        move.incident_id = row.integer(2);
        move.step = static_cast<int>(row.integer(3));
        move.guest = row.text(4);
        move.name = row.text(5);
        move.from = row.text(6);
        move.to = row.text(7);
        move.method = row.text(8);
        move.why = row.text(9);
        move.state = move_state_from(row.text(10)).value_or(MoveState::unknown);
        move.created_at = row.real(11);
        move.changed_at = row.real(12);
        move.actor = row.text(13);
        move.reason = row.text(14);
        return move;
      },
      parameter);
}

Result<std::vector<MoveRecord>> Tables::moves_of_plan(std::int64_t plan_id) {
  return select_moves("WHERE plan_id = ? ORDER BY step, id", plan_id);
}

Result<std::vector<MoveRecord>> Tables::moves_in(MoveState state) {
  return select_moves(std::string("WHERE state = '") + name_of(state) + "' ORDER BY id LIMIT ?", -1);
}

Result<std::vector<MoveRecord>> Tables::recent_moves(int limit) {
  return select_moves("ORDER BY id DESC LIMIT ?", limit);
}

}  // namespace pcb
