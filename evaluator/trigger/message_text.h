// A notification in the forms that receivers take.
//
// Pure. Everything in a notification may be hostile; each form is escaped for what it is. `cluster` is the
// configuration's. Tested by tests/evaluator/message_text_test.cpp.
#pragma once

#include <string>
#include <vector>

#include "common/mail/message.h"
#include "evaluator/journal/records.h"

namespace pcb {

// Schema balancer.message/1. It carries event_key: the outbox delivers at least once, a receiver that must
// not see a message twice drops keys it knows.
std::string message_json(const Notification& notification, const std::string& cluster);

// The body of Alertmanager's POST /api/v2/alerts: one alert with origin="balancer", which is over after
// kAlertSeconds, so that a message never stays as a firing alert.
inline constexpr double kAlertSeconds = 600;
std::string alertmanager_json(const Notification& notification, const std::string& cluster);

// The body of Grafana's POST /api/annotations.
std::string annotation_json(const Notification& notification, const std::string& cluster);

mail::Message mail_of(const Notification& notification, const std::string& cluster);

// Many messages as one: the subjects, the highest severity. Not for an empty list.
Notification digest_of(const std::vector<Notification>& notifications);

}  // namespace pcb
