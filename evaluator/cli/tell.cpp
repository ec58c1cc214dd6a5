#include "evaluator/cli/tell.h"

#include "evaluator/trigger/sinks.h"

namespace pcb {

Status tell(Tables& tables, const NotifyConfig& config, const std::string& key, const Message& message,
            std::int64_t incident, double now) {
  Notification notification;
  notification.event_key = key;
  notification.event = message.event;
  notification.severity = message.severity;
  if (incident != 0) notification.incident_id = incident;
  notification.created_at = now;
  notification.subject = message.subject;
  notification.lines = message.lines;
  return tables.notify(notification, sinks_for(config, message.event, message.severity));
}

}  // namespace pcb
