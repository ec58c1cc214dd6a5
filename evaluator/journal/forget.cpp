#include <array>

#include "evaluator/journal/query.h"
#include "evaluator/journal/tables.h"

namespace pcb {
namespace {

// A move goes with all that tells of it, once its operation is cleared away.
#define PCB_OLD_MOVES                                                                                   \
  "SELECT m.id FROM (SELECT * FROM moves ORDER BY id LIMIT ?2) m JOIN plans p ON p.id = m.plan_id"      \
  " WHERE m.changed_at < ?1 AND p.stands = 0 AND m.state IN ('done', 'failed', 'cancelled', 'skipped')" \
  " AND NOT EXISTS (SELECT 1 FROM operations o WHERE o.move_id = m.id AND o.cleared = 0)"
#define PCB_OLD_PLANS                                                               \
  "SELECT p.id FROM (SELECT id, made_at, stands FROM plans ORDER BY id LIMIT ?2) p" \
  " WHERE p.made_at < ?1 AND p.stands = 0 AND NOT EXISTS (SELECT 1 FROM moves m WHERE m.plan_id = p.id)"

// ?1: the time, ?2: the batch. In this order: what refers before what is referred to. A message or an alert
// of an incident that lives is kept, because it is what keeps the same thing from being told again.
constexpr std::array kForget{
    "DELETE FROM events WHERE id IN (SELECT id FROM (SELECT id, at FROM events ORDER BY id LIMIT ?2)"
    " WHERE at < ?1)",
    "DELETE FROM alerts WHERE id IN (SELECT a.id FROM alerts a WHERE a.last_received_at < ?1 AND a.handled = "
    "1"
    " AND NOT EXISTS (SELECT 1 FROM incident_alerts ia JOIN incidents i ON i.id = ia.incident_id"
    "  WHERE i.state <> 'closed' AND ia.fingerprint = a.fingerprint)"
    " ORDER BY a.last_received_at LIMIT ?2)",
    "DELETE FROM notifications WHERE id IN (SELECT n.id FROM (SELECT * FROM notifications ORDER BY id LIMIT "
    "?2) n"
    " WHERE n.created_at < ?1"
    " AND NOT EXISTS (SELECT 1 FROM deliveries d WHERE d.notification_id = n.id AND d.state = 'pending')"
    " AND NOT EXISTS (SELECT 1 FROM incidents i WHERE i.id = n.incident_id AND i.state <> 'closed'))",
    "DELETE FROM operations WHERE cleared = 1 AND move_id IN (" PCB_OLD_MOVES ")",
    "DELETE FROM decisions WHERE move_id IN (" PCB_OLD_MOVES ")",
    "DELETE FROM move_events WHERE move_id IN (" PCB_OLD_MOVES ")",
    "DELETE FROM moves WHERE id IN (" PCB_OLD_MOVES ")",
    "DELETE FROM decisions WHERE plan_id IN (" PCB_OLD_PLANS ")",
    "DELETE FROM outcomes WHERE plan_id IN (" PCB_OLD_PLANS ")",
    "DELETE FROM errands WHERE state <> 'active' AND plan_id IN (" PCB_OLD_PLANS ")",
    "DELETE FROM plans WHERE id IN (" PCB_OLD_PLANS
    ") AND NOT EXISTS (SELECT 1 FROM errands e WHERE e.plan_id = plans.id)",
    "DELETE FROM incidents WHERE id IN (SELECT i.id FROM (SELECT * FROM incidents ORDER BY id LIMIT ?2) i"
    " WHERE i.changed_at < ?1 AND i.state = 'closed'"
    " AND NOT EXISTS (SELECT 1 FROM moves m WHERE m.incident_id = i.id)"
    " AND NOT EXISTS (SELECT 1 FROM notifications n WHERE n.incident_id = i.id))",
};

}  // namespace

Result<std::int64_t> Tables::forget_before(double at, int batch) {
  std::int64_t gone = 0;
  for (const char* sql : kForget) {
    const auto done = query::run(database_, sql, at, batch);
    if (!done) return done.error();
    gone += database_.changes();
  }
  return gone;
}

}  // namespace pcb
