// The three ways the tables use a statement: run it, take its first row, take all rows. For journal/*.cpp
// alone.
#pragma once

#include <optional>
#include <string_view>
#include <utility>
#include <vector>

#include "evaluator/journal/records.h"
#include "evaluator/journal/sqlite.h"

namespace pcb::query {

// A move `m`, as read_move() reads it.
inline constexpr const char* kMoveColumns =
    "m.id, m.plan_id, m.incident_id, m.step, m.after, m.guest, m.name, m.source_host, m.target_host, "
    "m.method,"
    " m.why, m.downtime_seconds, m.copy_bytes, m.state, m.created_at, m.changed_at, m.actor, m.reason";
inline constexpr int kMoveColumnCount = 18;
MoveRecord read_move(const Statement& row);

inline std::optional<double> optional_real(const Statement& row, int column) {
  return row.is_null(column) ? std::nullopt : std::optional(row.real(column));
}

template <class... Values>
Status run(Database& database, std::string_view sql, const Values&... values) {
  auto statement = database.prepare(sql);
  if (!statement) return statement.error();
  (statement->bind(values), ...);
  return statement->run();
}

// `read` makes a T of the statement's row.
template <class T, class Read, class... Values>
Result<std::vector<T>> all(Database& database, std::string_view sql, Read read, const Values&... values) {
  auto statement = database.prepare(sql);
  if (!statement) return statement.error();
  (statement->bind(values), ...);
  std::vector<T> rows;
  while (true) {
    const auto row = statement->step();
    if (!row) return row.error();
    if (!*row) return rows;
    rows.push_back(read(*statement));
  }
}

template <class T, class Read, class... Values>
Result<std::optional<T>> first(Database& database, std::string_view sql, Read read, const Values&... values) {
  auto rows = all<T>(database, sql, read, values...);
  if (!rows) return rows.error();
  if (rows->empty()) return std::optional<T>();
  return std::optional<T>(std::move(rows->front()));
}

}  // namespace pcb::query
