#include "evaluator/trigger/sinks.h"

#include <utility>

#include "common/http/client.h"
#include "common/log/log.h"
#include "common/rfc3339.h"
#include "common/text.h"

namespace pcb {
namespace {

constexpr const char* kLogSink = "log";

class LogSink : public Sink {
 public:
  [[nodiscard]] const std::string& name() const override { return name_; }
  Status send(const Notification& notification) override {
    const log::Level level = notification.severity == "info"       ? log::Level::info
                             : notification.severity == "critical" ? log::Level::error
                                                                   : log::Level::warning;
    for (const std::string& line : notification.lines) log::write(level, line);
    return Done{};
  }

 private:
  std::string name_ = kLogSink;
};

class WebhookSink : public Sink {
 public:
  WebhookSink(const NotifyConfig::Webhook& config, std::string cluster)
      : name_(config.name), url_(config.url), cluster_(std::move(cluster)), client_(settings(config)) {}

  [[nodiscard]] const std::string& name() const override { return name_; }
  Status send(const Notification& notification) override {
    const auto answer = client_.post(url_, message_json(notification, cluster_));
    if (!answer) return answer.error();
    if (answer->status >= 200 && answer->status < 300) return Done{};
    return Error{"the receiver answered with status " + std::to_string(answer->status)};
  }

 private:
  static http::ClientSettings settings(const NotifyConfig::Webhook& config) {
    constexpr std::size_t kMaxAnswerBytes = 64U << 10U;
    http::ClientSettings settings;
    settings.max_body_bytes = kMaxAnswerBytes;
    settings.ca_file = config.ca_file;
    settings.bearer_token = config.auth.bearer_token.reveal();
    settings.basic_user = config.auth.basic_user;
    settings.basic_password = config.auth.basic_password.reveal();
    return settings;
  }

  std::string name_, url_, cluster_;
  http::Client client_;
};

std::string json_string(const std::string& value) { return "\"" + text::json_escape(value) + "\""; }

}  // namespace

std::vector<std::unique_ptr<Sink>> make_sinks(const NotifyConfig& config, const std::string& cluster) {
  std::vector<std::unique_ptr<Sink>> sinks;
  if (config.log) sinks.push_back(std::make_unique<LogSink>());
  for (const auto& webhook : config.webhooks)
    sinks.push_back(std::make_unique<WebhookSink>(webhook, cluster));
  return sinks;
}

std::vector<std::string> sink_names(const NotifyConfig& config) {
  std::vector<std::string> names;
  if (config.log) names.emplace_back(kLogSink);
  for (const auto& webhook : config.webhooks) names.push_back(webhook.name);
  return names;
}

std::string message_json(const Notification& notification, const std::string& cluster) {
  std::vector<std::string> lines;
  for (const std::string& line : notification.lines) lines.push_back(json_string(line));
  return "{\"schema\":\"balancer.message/1\",\"event_key\":" + json_string(notification.event_key) +
         ",\"event\":" + json_string(notification.event) +
         ",\"severity\":" + json_string(notification.severity) + ",\"cluster\":" + json_string(cluster) +
         ",\"at\":" + json_string(format_rfc3339(notification.created_at)) +
         (notification.incident_id ? ",\"incident\":" + std::to_string(*notification.incident_id) : "") +
         ",\"subject\":" + json_string(notification.subject) + ",\"lines\":[" + text::join(lines, ",") +
         "],\"text\":" + json_string(text::join(notification.lines, "\n")) + "}";
}

}  // namespace pcb
