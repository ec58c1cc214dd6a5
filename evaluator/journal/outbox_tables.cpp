#include <algorithm>
#include <utility>

#include "common/text.h"
#include "evaluator/journal/query.h"
#include "evaluator/journal/tables.h"

namespace pcb {
namespace {

// The columns every reader of notifications selects first.
constexpr const char* kNotificationColumns =
    "n.id, n.event_key, n.event, n.severity, n.incident_id, n.created_at, n.subject, n.lines";
constexpr int kNotificationColumnCount = 8;

Notification read_notification(const Statement& row) {
  Notification notification;
  notification.id = row.integer(0);
  notification.event_key = row.text(1);
  notification.event = row.text(2);
  notification.severity = row.text(3);
  if (!row.is_null(4)) notification.incident_id = row.integer(4);
  notification.created_at = row.real(5);
  notification.subject = row.text(6);
  const std::string lines = row.text(7);
  for (const std::string_view line : text::split_lines(lines)) notification.lines.emplace_back(line);
  return notification;
}

}  // namespace

Status Tables::notify(const Notification& notification, const std::vector<std::string>& sinks) {
  std::vector<std::string> lines;
  for (const std::string& line : notification.lines) lines.push_back(text::printable(line));
  const auto stored =
      query::run(database_,
                 "INSERT OR IGNORE INTO notifications (event_key, event, severity, incident_id,"
                 " created_at, subject, lines) VALUES (?, ?, ?, ?, ?, ?, ?)",
                 notification.event_key, notification.event, notification.severity, notification.incident_id,
                 notification.created_at, text::printable(notification.subject), text::join(lines, "\n"));
  if (!stored) return stored;
  if (database_.changes() == 0) return Done{};  // told before
  const std::int64_t id = database_.last_row_id();
  for (const std::string& sink : sinks) {
    const auto queued =
        query::run(database_, "INSERT INTO deliveries (notification_id, sink, next_at) VALUES (?, ?, ?)", id,
                   sink, notification.created_at);
    if (!queued) return queued;
  }
  return Done{};
}

Result<std::vector<Delivery>> Tables::due_deliveries(const std::string& sink, double now, int limit) {
  return query::all<Delivery>(
      database_,
      std::string("SELECT ") + kNotificationColumns +
          ", d.sink, d.attempts FROM deliveries d JOIN notifications n ON n.id = d.notification_id"
          " WHERE d.state = 'pending' AND d.sink = ? AND d.next_at <= ? ORDER BY d.notification_id LIMIT ?",
      [](const Statement& row) {
        return Delivery{read_notification(row), row.text(kNotificationColumnCount),
                        static_cast<int>(row.integer(kNotificationColumnCount + 1))};
      },
      sink, now, limit);
}

Result<std::optional<double>> Tables::next_delivery_at(const std::string& sink) {
  return query::first<double>(
      database_,
      "SELECT next_at FROM deliveries WHERE state = 'pending' AND sink = ? ORDER BY next_at LIMIT 1",
      [](const Statement& row) { return row.real(0); }, sink);
}

Status Tables::delivery_sent(std::int64_t notification_id, const std::string& sink) {
  return query::run(database_,
                    "UPDATE deliveries SET state = 'sent', attempts = attempts + 1, last_error = ''"
                    " WHERE notification_id = ? AND sink = ?",
                    notification_id, sink);
}

Status Tables::delivery_failed(const Delivery& delivery, const std::string& error,
                               std::optional<double> next_at) {
  return query::run(database_,
                    "UPDATE deliveries SET state = ?, attempts = attempts + 1, last_error = ?,"
                    " next_at = coalesce(?, next_at) WHERE notification_id = ? AND sink = ?",
                    next_at ? "pending" : "given_up", error, next_at, delivery.notification.id,
                    delivery.sink);
}

Result<std::map<std::string, int>> Tables::give_up_all_but(const std::vector<std::string>& sinks,
                                                           const std::string& reason) {
  const auto waiting = query::all<std::pair<std::string, int>>(
      database_, "SELECT sink, count(*) FROM deliveries WHERE state = 'pending' GROUP BY sink",
      [](const Statement& row) { return std::pair(row.text(0), static_cast<int>(row.integer(1))); });
  if (!waiting) return waiting.error();
  std::map<std::string, int> given_up;
  for (const auto& [sink, count] : *waiting) {
    if (std::find(sinks.begin(), sinks.end(), sink) != sinks.end()) continue;
    const auto ended =
        query::run(database_,
                   "UPDATE deliveries SET state = 'given_up', last_error = CASE last_error WHEN '' THEN ?1"
                   " ELSE ?1 || '; before: ' || last_error END WHERE state = 'pending' AND sink = ?2",
                   reason, sink);
    if (!ended) return ended.error();
    given_up[sink] = count;
  }
  return given_up;
}

Result<std::vector<DeliveryRecord>> Tables::recent_deliveries(int limit, std::int64_t below) {
  return query::all<DeliveryRecord>(
      database_,
      std::string("SELECT ") + kNotificationColumns +
          ", d.sink, d.state, d.last_error, d.attempts FROM notifications n JOIN deliveries d"
          " ON n.id = d.notification_id WHERE n.id IN (SELECT DISTINCT notification_id FROM deliveries"
          " WHERE notification_id < ? ORDER BY notification_id DESC LIMIT ?) ORDER BY n.id DESC, d.sink",
      [](const Statement& row) {
        constexpr int kNext = kNotificationColumnCount;
        return DeliveryRecord{read_notification(row), row.text(kNext), row.text(kNext + 1),
                              row.text(kNext + 2), static_cast<int>(row.integer(kNext + 3))};
      },
      below, limit);
}

Status Tables::add_event(const EventRecord& event) {
  return query::run(database_, "INSERT INTO events (at, kind, actor, subject, detail) VALUES (?, ?, ?, ?, ?)",
                    event.at, event.kind, event.actor, event.subject, event.detail);
}

Result<std::vector<EventRecord>> Tables::recent_events(int limit, std::int64_t below) {
  return query::all<EventRecord>(
      database_,
      "SELECT at, kind, actor, subject, detail, id FROM events WHERE id < ? ORDER BY id DESC LIMIT ?",
      [](const Statement& row) {
        return EventRecord{row.real(0), row.text(1), row.text(2), row.text(3), row.text(4), row.integer(5)};
      },
      below, limit);
}

Status Tables::set_setting(const std::string& name, const std::string& value) {
  return query::run(database_, "INSERT OR REPLACE INTO settings (name, value) VALUES (?, ?)", name, value);
}

Result<std::optional<std::string>> Tables::setting(const std::string& name) {
  return query::first<std::string>(
      database_, "SELECT value FROM settings WHERE name = ?",
      [](const Statement& row) { return row.text(0); }, name);
}

}  // namespace pcb
