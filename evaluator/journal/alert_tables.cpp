#include <algorithm>

#include "cluster/json_tree.h"
#include "common/text.h"
#include "evaluator/decide/json_view.h"
#include "evaluator/journal/query.h"
#include "evaluator/journal/tables.h"

namespace pcb {
namespace {

std::string to_json(const std::map<std::string, std::string>& map) {
  std::string out = "{";
  for (const auto& [key, value] : map) {
    if (out.size() > 1) out += ",";
    out += "\"" + text::json_escape(key) + "\":\"" + text::json_escape(value) + "\"";
  }
  return out + "}";
}

std::map<std::string, std::string> from_json(const std::string& json) {
  const auto tree = read_json_tree(json);
  if (!tree) return {};
  return JsonView(*tree).text_map().value_or(std::map<std::string, std::string>{});
}

AlertUse use_from(const std::string& name) {
  for (const AlertUse use : {AlertUse::relieve, AlertUse::foreign, AlertUse::heartbeat, AlertUse::own}) {
    if (name == name_of(use)) return use;
  }
  return AlertUse::tell;
}

AlertRecord read_alert(const Statement& row) {
  AlertRecord record;
  record.id = row.integer(0);
  record.alert.fingerprint = row.text(1);
  record.alert.starts_at_ms = row.integer(2);
  record.alert.status = row.text(3) == "firing" ? AlertStatus::firing : AlertStatus::resolved;
  record.verdict.use = use_from(row.text(4));
  record.verdict.reason = row.text(5);
  record.alert.source = row.text(6) == "webhook" ? AlertSource::webhook : AlertSource::alertmanager;
  if (!row.is_null(7)) record.alert.ends_at_ms = row.integer(7);
  record.alert.labels = from_json(row.text(8));
  record.alert.annotations = from_json(row.text(9));
  record.first_received_at = row.real(10);
  record.last_received_at = row.real(11);
  record.times = row.integer(12);
  record.again = row.integer(13) == 2;
  return record;
}

IncidentState incident_state_from(const std::string& name) {
  for (const IncidentState state : {IncidentState::clearing, IncidentState::closed}) {
    if (name == name_of(state)) return state;
  }
  return IncidentState::open;
}

}  // namespace

Status Tables::store_alert(const Alert& alert, const AlertVerdict& verdict, double received_at) {
  // What arrives after its own end, or after a newer start, is kept for the record and never handled.
  return query::run(database_,
                    "INSERT INTO alerts (fingerprint, starts_at_ms, status, use, reason, source, ends_at_ms,"
                    " labels, annotations, first_received_at, last_received_at, handled)"
                    " VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?10, EXISTS (SELECT 1 FROM alerts"
                    "  WHERE fingerprint = ?1 AND (starts_at_ms > ?2 OR"
                    "   (starts_at_ms = ?2 AND status = 'resolved' AND ?3 = 'firing'))))"
                    " ON CONFLICT (fingerprint, starts_at_ms, status) DO UPDATE SET"
                    " last_received_at = excluded.last_received_at, times = times + 1,"
                    " source = CASE WHEN source = 'webhook' THEN source ELSE excluded.source END,"
                    " handled = CASE WHEN handled = 1 AND status = 'firing' AND excluded.handled = 0 THEN 2"
                    " ELSE handled END",
                    alert.fingerprint, alert.starts_at_ms, name_of(alert.status), name_of(verdict.use),
                    verdict.reason, name_of(alert.source), alert.ends_at_ms, to_json(alert.labels),
                    to_json(alert.annotations), received_at);
}

Result<std::vector<AlertRecord>> Tables::select_alerts(const std::string& rest, std::optional<int> limit) {
  return query::all<AlertRecord>(
      database_,
      "SELECT id, fingerprint, starts_at_ms, status, use, reason, source, ends_at_ms, labels, annotations,"
      " first_received_at, last_received_at, times, handled FROM alerts " +
          rest,
      read_alert, limit.value_or(-1));
}

Result<std::vector<AlertRecord>> Tables::unhandled_alerts() {
  return select_alerts("WHERE handled <> 1 ORDER BY id LIMIT ?", std::nullopt);
}

Result<std::vector<AlertRecord>> Tables::recent_alerts(int limit) {
  return select_alerts("ORDER BY last_received_at DESC, id DESC LIMIT ?", limit);
}

Result<std::vector<AlertRecord>> Tables::alerts_below(int limit, std::int64_t below) {
  return select_alerts("WHERE id < " + std::to_string(below) + " ORDER BY id DESC LIMIT ?", limit);
}

Status Tables::mark_handled(std::int64_t alert_id) {
  return query::run(database_, "UPDATE alerts SET handled = 1 WHERE id = ?", alert_id);
}

Status Tables::save_incident(Incident& incident) {
  const std::optional<std::int64_t> known = incident.id == 0 ? std::nullopt : std::optional(incident.id);
  const auto saved =
      query::run(database_,
                 "INSERT INTO incidents (id, host, resource, state, opened_at, changed_at, reason)"
                 " VALUES (?, ?, ?, ?, ?, ?, ?) ON CONFLICT (id) DO UPDATE SET state = excluded.state,"
                 " changed_at = excluded.changed_at, reason = excluded.reason",
                 known, incident.host, name_of(incident.resource), name_of(incident.state),
                 incident.opened_at, incident.changed_at, incident.reason);
  if (!saved) return saved;
  if (!known) incident.id = database_.last_row_id();
  for (const auto& [fingerprint, alert] : incident.alerts) {
    const auto linked =
        query::run(database_, "INSERT OR REPLACE INTO incident_alerts VALUES (?, ?, ?, ?, ?, ?)", incident.id,
                   fingerprint, alert.starts_at_ms, name_of(alert.status), alert.from_webhook, alert.expired);
    if (!linked) return linked;
  }
  return Done{};
}

Result<std::vector<Incident>> Tables::select_incidents(const std::string& rest, double parameter) {
  auto incidents = query::all<Incident>(
      database_, "SELECT id, host, resource, state, opened_at, changed_at, reason FROM incidents " + rest,
      [](const Statement& row) {
        Incident incident;
        incident.id = row.integer(0);
        incident.host = row.text(1);
        incident.resource = resource_from(row.text(2)).value_or(Resource::cpu);
        incident.state = incident_state_from(row.text(3));
        incident.opened_at = row.real(4);
        incident.changed_at = row.real(5);
        incident.reason = row.text(6);
        return incident;
      },
      parameter);
  if (!incidents) return incidents;
  for (Incident& incident : *incidents) {
    const auto alerts = query::all<std::pair<std::string, IncidentAlert>>(
        database_,
        "SELECT fingerprint, starts_at_ms, status, from_webhook, expired FROM incident_alerts"
        " WHERE incident_id = ?",
        [](const Statement& row) {
          const auto status = row.text(2) == "firing" ? AlertStatus::firing : AlertStatus::resolved;
          return std::pair(row.text(0),
                           IncidentAlert{row.integer(1), status, row.integer(3) != 0, row.integer(4) != 0});
        },
        incident.id);
    if (!alerts) return alerts.error();
    incident.alerts = {alerts->begin(), alerts->end()};
  }
  return incidents;
}

Result<std::vector<Incident>> Tables::incidents_changed_since(double at) {
  return select_incidents("WHERE state <> 'closed' OR changed_at >= ? ORDER BY id", at);
}

Result<std::vector<Incident>> Tables::recent_incidents(int limit) {
  return select_incidents("ORDER BY state = 'closed', changed_at DESC, id DESC LIMIT CAST(? AS INTEGER)",
                          limit);
}

}  // namespace pcb
