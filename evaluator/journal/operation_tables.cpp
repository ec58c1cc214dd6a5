#include "evaluator/journal/query.h"
#include "evaluator/journal/tables.h"

namespace pcb {
namespace {

using query::optional_real;

OperationRecord read_operation(const Statement& row) {
  constexpr int kNext = query::kMoveColumnCount;
  OperationRecord operation;
  operation.move = query::read_move(row);
  operation.id = row.text(kNext);
  operation.initiator = initiator_from(row.text(kNext + 1));
  operation.was_running = row.integer(kNext + 2) != 0;
  operation.with_local_disks = row.integer(kNext + 3) != 0;
  operation.bandwidth_bytes_per_second = optional_real(row, kNext + 4);
  operation.target_memory_bytes = row.real(kNext + 5);
  operation.intended_at = row.real(kNext + 6);
  operation.ended_at = optional_real(row, kNext + 7);
  operation.duration_seconds = optional_real(row, kNext + 8);
  operation.downtime_seconds = optional_real(row, kNext + 9);
  operation.command = row.text(kNext + 10);
  operation.guest_start_asked = row.integer(kNext + 11) != 0;
  operation.begun = row.integer(kNext + 12) != 0;
  operation.cleared = row.integer(kNext + 13) != 0;
  return operation;
}

}  // namespace

Status Tables::intend(const OperationRecord& operation) {
  return query::run(database_,
                    "INSERT INTO operations (id, move_id, initiator, was_running, with_local_disks,"
                    " bandwidth_bytes_per_second, target_memory_bytes, intended_at)"
                    " VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
                    operation.id, operation.move.id, name_of(operation.initiator), operation.was_running,
                    operation.with_local_disks, operation.bandwidth_bytes_per_second,
                    operation.target_memory_bytes, operation.intended_at);
}

Status Tables::note_begun(const std::string& operation) {
  return query::run(database_, "UPDATE operations SET begun = 1 WHERE id = ?", operation);
}

Status Tables::note_guest_start(const std::string& operation, bool asked) {
  return query::run(database_, "UPDATE operations SET guest_start_asked = ? WHERE id = ?", asked, operation);
}

Status Tables::note_end(const OperationRecord& operation) {
  return query::run(database_,
                    "UPDATE operations SET ended_at = ?, duration_seconds = ?, downtime_seconds = ?,"
                    " command = ? WHERE id = ?",
                    operation.ended_at, operation.duration_seconds, operation.downtime_seconds,
                    operation.command, operation.id);
}

Status Tables::note_cleared(const std::string& operation) {
  return query::run(database_, "UPDATE operations SET cleared = 1 WHERE id = ?", operation);
}

Result<std::vector<OperationRecord>> Tables::select_operations(const std::string& rest, double parameter) {
  return query::all<OperationRecord>(
      database_,
      std::string("SELECT ") + query::kMoveColumns +
          ", o.id, o.initiator, o.was_running, o.with_local_disks, o.bandwidth_bytes_per_second,"
          " o.target_memory_bytes, o.intended_at, o.ended_at, o.duration_seconds, o.downtime_seconds,"
          " o.command, o.guest_start_asked, o.begun, o.cleared"
          " FROM operations o JOIN moves m ON m.id = o.move_id " +
          rest + " ORDER BY o.intended_at, m.id",
      read_operation, parameter);
}

Result<std::vector<OperationRecord>> Tables::open_operations() {
  return select_operations("WHERE o.cleared = 0 AND o.intended_at > ?", -1);
}

Result<std::vector<OperationRecord>> Tables::operations_since(double at) {
  return select_operations("WHERE o.cleared = 0 OR o.intended_at >= ?1 OR o.ended_at >= ?1", at);
}

}  // namespace pcb
