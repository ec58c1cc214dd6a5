// The rows of each table as entries of the history.
#include "evaluator/journal/history.h"
#include "evaluator/journal/query.h"
#include "evaluator/journal/tables.h"

namespace pcb {
namespace {

// Of each: id, at, kind, actor, subject, detail; newest first, below a row, so many.
const char* select_of(char table) {
  switch (table) {
    case 'a':
      return "SELECT id, first_received_at, 'alert', source, coalesce(json_extract(labels, '$.alertname'), "
             "'')"
             " || ' ' || coalesce(json_extract(labels, '$.id'), ''), status || ': ' ||"
             " coalesce(json_extract(annotations, '$.summary'), '') || ' (' || use || ')'"
             " FROM alerts WHERE id < ? ORDER BY id DESC LIMIT ?";
    case 'd':
      return "SELECT d.id, d.at, 'decision', d.actor, CASE WHEN m.id IS NULL THEN 'plan ' || d.plan_id"
             " ELSE 'move ' || m.id || ' of plan ' || d.plan_id || ', ' || m.guest || ' ' || m.name END,"
             " d.verdict || ' from ' || d.address || ', plan ' || d.digest"
             " FROM decisions d LEFT JOIN moves m ON m.id = d.move_id"
             " WHERE d.id < ? ORDER BY d.id DESC LIMIT ?";
    case 'm':
      return "SELECT id, created_at, 'message', event, subject, lines"
             " FROM notifications WHERE id < ? ORDER BY id DESC LIMIT ?";
    default:
      return "SELECT id, at, kind, actor, subject, detail FROM events WHERE id < ? ORDER BY id DESC LIMIT ?";
  }
}

}  // namespace

Result<std::vector<HistoryEntry>> Tables::history_rows(char table, std::int64_t below, int limit) {
  return query::all<HistoryEntry>(
      database_, select_of(table),
      [table](const Statement& row) {
        return HistoryEntry{table + std::to_string(row.integer(0)),
                            row.real(1),
                            row.text(2),
                            row.text(3),
                            row.text(4),
                            row.text(5)};
      },
      below, limit);
}

}  // namespace pcb
