#include "evaluator/trigger/message_text.h"

#include <algorithm>
#include <cmath>
#include <cstdint>

#include "common/rfc3339.h"
#include "common/text.h"

namespace pcb {
namespace {

constexpr std::size_t kMaxDigestLines = 50;

std::string json_string(const std::string& value) { return "\"" + text::json_escape(value) + "\""; }

std::string json_member(const char* name, const std::string& value) {
  return std::string("\"") + name + "\":" + json_string(value);
}

int rank_of(const std::string& severity) {
  return severity == "critical" ? 2 : severity == "warning" ? 1 : 0;
}

}  // namespace

std::string message_json(const Notification& notification, const std::string& cluster) {
  std::vector<std::string> lines;
  for (const std::string& line : notification.lines) lines.push_back(json_string(line));
  return "{\"schema\":\"balancer.message/1\"," + json_member("event_key", notification.event_key) + "," +
         json_member("event", notification.event) + "," + json_member("severity", notification.severity) +
         "," + json_member("cluster", cluster) + "," +
         json_member("at", format_rfc3339(notification.created_at)) +
         (notification.incident_id ? ",\"incident\":" + std::to_string(*notification.incident_id) : "") +
         "," + json_member("subject", notification.subject) + ",\"lines\":[" + text::join(lines, ",") + "]," +
         json_member("text", text::join(notification.lines, "\n")) + "}";
}

std::string alertmanager_json(const Notification& notification, const std::string& cluster) {
  // The labels are the alert's identity: one per message, and no measured value among them.
  std::string labels = json_member("alertname", "BalancerMessage") + "," + json_member("origin", "balancer") +
                       "," + json_member("cluster", cluster) + "," +
                       json_member("event", notification.event) + "," +
                       json_member("severity", notification.severity) + "," +
                       json_member("message", std::to_string(notification.id));
  if (notification.incident_id)
    labels += "," + json_member("incident", std::to_string(*notification.incident_id));
  return "[{\"labels\":{" + labels + "},\"annotations\":{" + json_member("summary", notification.subject) +
         "," + json_member("description", text::join(notification.lines, "\n")) + "}," +
         json_member("startsAt", format_rfc3339(notification.created_at)) + "," +
         json_member("endsAt", format_rfc3339(notification.created_at + kAlertSeconds)) + "}]";
}

std::string annotation_json(const Notification& notification, const std::string& cluster) {
  return "{\"time\":" + std::to_string(std::llround(notification.created_at * 1000)) +
         ",\"tags\":[\"balancer\"," + json_string("cluster:" + cluster) + "," +
         json_string("event:" + notification.event) + "]," +
         // Grafana shows an annotation's text as HTML.
         json_member("text", text::html_escape(notification.subject) + "<br>" +
                                 text::html_escape(text::join(notification.lines, "\n"))) +
         "}";
}

mail::Message mail_of(const Notification& notification, const std::string& cluster) {
  mail::Message message;
  message.subject = "[" + cluster + "] " + notification.subject;
  message.text = text::join(notification.lines, "\n\n") + "\n\n-- \nProxmox Cluster Balancer, cluster " +
                 cluster + "\n" + notification.event + ", " + notification.severity + ", " +
                 format_rfc3339(notification.created_at) +
                 (notification.incident_id ? ", incident " + std::to_string(*notification.incident_id) : "") +
                 "\n";
  message.id = "balancer/" + cluster + "/" + notification.event_key;
  message.at = notification.created_at;
  message.urgent = notification.severity == "critical";
  return message;
}

Notification digest_of(const std::vector<Notification>& notifications) {
  Notification digest;
  digest.id = notifications.back().id;
  digest.event = "digest";
  digest.event_key =
      "digest/" + std::to_string(notifications.front().id) + "-" + std::to_string(notifications.back().id);
  digest.created_at = notifications.back().created_at;
  digest.subject =
      std::to_string(notifications.size()) + " messages, the newest: " + notifications.back().subject;
  for (const Notification& one : notifications) {
    if (rank_of(one.severity) > rank_of(digest.severity)) digest.severity = one.severity;
    if (digest.lines.size() < kMaxDigestLines)
      digest.lines.push_back(format_rfc3339(one.created_at) + " " + one.subject);
  }
  if (notifications.size() > kMaxDigestLines)
    digest.lines.push_back("and " + std::to_string(notifications.size() - kMaxDigestLines) +
                           " more; `balancer-evaluator history` has all");
  return digest;
}

}  // namespace pcb
