#include "evaluator/decide/webhook.h"

#include <algorithm>
#include <utility>

#include "common/rfc3339.h"
#include "common/text.h"
#include "evaluator/decide/json_view.h"

namespace pcb {
namespace {

constexpr std::size_t kMaxLabels = 64;
constexpr std::size_t kMaxFingerprintBytes = 64;

bool is_fingerprint(std::string_view text) {
  return !text.empty() && text.size() <= kMaxFingerprintBytes &&
         std::all_of(text.begin(), text.end(), [](char c) {
           return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
         });
}

Result<std::map<std::string, std::string>> read_map(const JsonView& alert, const char* key) {
  const auto member = alert.member(key);
  if (!member) return Error{std::string(key) + " is missing"};
  auto map = member->text_map();
  if (!map) return Error{std::string(key) + " is not an object of strings"};
  if (map->size() > kMaxLabels) return Error{std::string(key) + " has more than 64 entries"};
  return std::move(*map);
}

// What the webhook and the list have in common: all but the status.
Result<Alert> read_common(const JsonView& view, AlertSource source) {
  if (view.kind() != JsonKind::object) return Error{"it is not an object"};
  Alert alert;
  alert.source = source;
  const auto fingerprint = view.text_of("fingerprint");
  if (!fingerprint || !is_fingerprint(*fingerprint))
    return Error{"fingerprint is missing or not made of letters and digits"};
  alert.fingerprint = *fingerprint;
  const auto starts = parse_rfc3339(view.text_of("startsAt").value_or(""));
  if (!starts) return Error{"startsAt is missing or not a time"};
  alert.starts_at_ms = *starts;
  if (const auto ends = parse_rfc3339(view.text_of("endsAt").value_or("")); ends && *ends > 0) {
    alert.ends_at_ms = *ends;  // a firing alert's end is Go's zero time: not known
  }
  auto labels = read_map(view, "labels");
  if (!labels) return labels.error();
  alert.labels = std::move(labels).value();
  auto annotations = read_map(view, "annotations");
  if (!annotations) return annotations.error();
  alert.annotations = std::move(annotations).value();
  return alert;
}

Result<Alert> read_webhook_alert(const JsonView& view) {
  auto alert = read_common(view, AlertSource::webhook);
  if (!alert) return alert;
  const std::string status = view.text_of("status").value_or("");
  if (status != "firing" && status != "resolved") return Error{"status is neither firing nor resolved"};
  alert->status = status == "firing" ? AlertStatus::firing : AlertStatus::resolved;
  return alert;
}

bool has_elements(const JsonView& status, const char* key) {
  const auto list = status.member(key);
  return list && !list->elements().empty();
}

Result<ListedAlert> read_listed(const JsonView& view) {
  auto alert = read_common(view, AlertSource::alertmanager);
  if (!alert) return alert.error();
  const auto status = view.member("status");
  const auto state = status ? status->text_of("state") : std::nullopt;
  if (!state) return Error{"status.state is missing"};
  ListedAlert listed;
  listed.alert = std::move(alert).value();
  if (has_elements(*status, "silencedBy")) {
    listed.suppressed_by = "silenced";
  } else if (has_elements(*status, "inhibitedBy")) {
    listed.suppressed_by = "inhibited";
  } else if (has_elements(*status, "mutedBy")) {
    listed.suppressed_by = "muted";
  } else if (*state == "unprocessed") {
    listed.suppressed_by = "not yet processed";
  } else if (*state != "active") {
    listed.suppressed_by = "suppressed";
  }
  listed.active = listed.suppressed_by.empty();
  if (const auto receivers = view.member("receivers")) {
    for (const JsonView& receiver : receivers->elements()) {
      if (auto name = receiver.text_of("name")) listed.receivers.push_back(std::move(*name));
    }
  }
  return listed;
}

}  // namespace

Result<Webhook> read_webhook(std::string_view json_text) {
  if (json_text.size() > kMaxWebhookBytes) return Error{"the webhook is larger than 1 MiB; set max_alerts"};
  const auto tree = read_json_tree(json_text);
  if (!tree) return tree.error().in("the webhook is not JSON that can be read");
  const JsonView root(*tree);
  if (root.kind() != JsonKind::object) return Error{"the webhook is not a JSON object"};
  const std::string version = root.text_of("version").value_or("");
  if (version != "4") {
    return Error{"the webhook's version is \"" + text::printable(text::shortened(version, 20)) +
                 "\"; this program reads version \"4\", which Alertmanager sends to webhook_configs"};
  }
  const auto alerts = root.member("alerts");
  if (!alerts || alerts->kind() != JsonKind::array) return Error{"the webhook has no list of alerts"};
  Webhook webhook;
  webhook.receiver = root.text_of("receiver").value_or("");
  webhook.group_key = root.text_of("groupKey").value_or("");
  const double truncated = root.number_of("truncatedAlerts").value_or(0);
  webhook.truncated_alerts = truncated > 0 ? static_cast<long>(std::min(truncated, 1e9)) : 0;
  const auto views = alerts->elements();
  for (std::size_t i = 0; i < views.size(); ++i) {
    auto alert = read_webhook_alert(views[i]);
    if (alert) {
      webhook.alerts.push_back(std::move(alert).value());
    } else {
      webhook.ignored.push_back({i, alert.error().message});
    }
  }
  if (webhook.alerts.empty() && !webhook.ignored.empty()) {
    return Error{"no alert of the webhook can be read; the first: " + webhook.ignored.front().reason};
  }
  return webhook;
}

Result<AlertList> read_alert_list(std::string_view json_text) {
  const auto tree = read_json_tree(json_text);
  if (!tree) return tree.error().in("Alertmanager's answer is not JSON that can be read");
  const JsonView root(*tree);
  if (root.kind() != JsonKind::array) return Error{"Alertmanager's answer is not a list of alerts"};
  AlertList list;
  const auto views = root.elements();
  for (std::size_t i = 0; i < views.size(); ++i) {
    auto listed = read_listed(views[i]);
    if (listed) {
      list.alerts.push_back(std::move(listed).value());
    } else {
      list.ignored.push_back({i, listed.error().message});
    }
  }
  return list;
}

}  // namespace pcb
