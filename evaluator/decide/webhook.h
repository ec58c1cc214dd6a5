// Reading what Alertmanager sends: the webhook (version 4) and the answer of GET /api/v2/alerts.
//
// Pure: text in, values out. The whole is refused only when nothing can be read (not JSON, nested deeper than
// 32, another version, no alerts); one odd alert among good ones is left out with its reason, so that a
// broken rule elsewhere cannot hide an overloaded host. The caller bounds the size (kMaxWebhookBytes).
// Formats: prometheus/alertmanager, "webhook_config" and API v2; measured payloads in
// tests/evaluator/webhooks/. Tested by tests/evaluator/webhook_test.cpp.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "common/result.h"
#include "evaluator/decide/alert.h"

namespace pcb {

inline constexpr std::size_t kMaxWebhookBytes = 1U << 20U;

struct IgnoredAlert {
  std::size_t index = 0;  // in alerts[]
  std::string reason;
};

struct Webhook {
  std::string receiver;
  std::string group_key;
  long truncated_alerts = 0;  // more than these are firing: ask /api/v2/alerts
  std::vector<Alert> alerts;
  std::vector<IgnoredAlert> ignored;
};

Result<Webhook> read_webhook(std::string_view json_text);

// One alert of /api/v2/alerts: what Alertmanager itself would do with it now.
struct ListedAlert {
  Alert alert;
  bool active = false;        // neither silenced, inhibited nor muted
  std::string suppressed_by;  // "silenced", "inhibited", "muted", "not yet processed"
  std::vector<std::string> receivers;
};

struct AlertList {
  std::vector<ListedAlert> alerts;
  std::vector<IgnoredAlert> ignored;
};

struct AlertLists {
  std::vector<AlertList> lists;  // of every Alertmanager that answers
  bool complete = false;         // all of them answer
};

Result<AlertList> read_alert_list(std::string_view json_text);

}  // namespace pcb
