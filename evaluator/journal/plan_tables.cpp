#include "common/text.h"
#include "evaluator/journal/query.h"
#include "evaluator/journal/tables.h"

namespace pcb {
namespace {

std::string steps_text(const std::vector<int>& steps) {
  std::vector<std::string> words;
  words.reserve(steps.size());
  for (const int step : steps) words.push_back(std::to_string(step));
  return text::join(words, ",");
}

}  // namespace

// Declared in query.h: operations read their move, too.
MoveRecord query::read_move(const Statement& row) {
  MoveRecord move;
  move.id = row.integer(0);
  move.plan_id = row.integer(1);
  move.incident_id = row.integer(2);  // NULL reads as 0
  move.step = static_cast<int>(row.integer(3));
  const std::string after = row.text(4);
  for (const std::string_view step : text::split(after, ',')) {
    if (const auto number = text::to_int64(step)) move.after.push_back(static_cast<int>(*number));
  }
  move.guest = row.text(5);
  move.name = row.text(6);
  move.from = row.text(7);
  move.to = row.text(8);
  move.method = row.text(9);
  move.why = row.text(10);
  move.downtime_seconds = row.real(11);
  move.copy_bytes = row.real(12);
  move.state = move_state_from(row.text(13)).value_or(MoveState::unknown);
  move.created_at = row.real(14);
  move.changed_at = row.real(15);
  move.actor = row.text(16);
  move.reason = row.text(17);
  return move;
}

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

Result<std::vector<PlanRecord>> Tables::recent_plans(int limit, std::int64_t below) {
  return select_plans("WHERE id < " + std::to_string(below) + " ORDER BY id DESC LIMIT ?", limit, false);
}

Result<std::int64_t> Tables::propose_move(const MoveRecord& move) {
  const auto incident = move.incident_id == 0 ? std::nullopt : std::optional(move.incident_id);
  const auto stored = query::run(
      database_,
      "INSERT INTO moves (plan_id, incident_id, step, after, guest, name, source_host, target_host, method,"
      " why, downtime_seconds, copy_bytes, state, created_at, changed_at, actor, reason)"
      " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
      move.plan_id, incident, move.step, steps_text(move.after), move.guest, move.name, move.from, move.to,
      move.method, move.why, move.downtime_seconds, move.copy_bytes, name_of(move.state), move.created_at,
      move.changed_at, move.actor, move.reason);
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
      database_, std::string("SELECT ") + query::kMoveColumns + " FROM moves m " + rest,
      [](const Statement& row) { return query::read_move(row); }, parameter);
}

Result<std::optional<MoveRecord>> Tables::move_by_id(std::int64_t id) {
  auto moves = select_moves("WHERE id = ?", id);
  if (!moves) return moves.error();
  if (moves->empty()) return std::optional<MoveRecord>();
  return std::optional(std::move(moves->front()));
}

Result<std::vector<MoveRecord>> Tables::moves_of_plan(std::int64_t plan_id) {
  return select_moves("WHERE plan_id = ? ORDER BY step, id", plan_id);
}

Result<std::vector<MoveRecord>> Tables::moves_in(MoveState state) {
  return select_moves(std::string("WHERE state = '") + name_of(state) + "' ORDER BY id LIMIT ?", -1);
}

Result<std::vector<MoveRecord>> Tables::recent_moves(int limit, std::int64_t below) {
  return select_moves("WHERE id < " + std::to_string(below) + " ORDER BY id DESC LIMIT ?", limit);
}

}  // namespace pcb
