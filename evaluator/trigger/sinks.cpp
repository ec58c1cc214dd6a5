#include "evaluator/trigger/sinks.h"

#include <algorithm>
#include <array>
#include <functional>
#include <string_view>
#include <utility>

#include "common/http/client.h"
#include "common/log/log.h"
#include "common/mail/smtp.h"
#include "common/os/file.h"
#include "evaluator/trigger/client_settings.h"
#include "evaluator/trigger/message_template.h"
#include "evaluator/trigger/message_text.h"

namespace pcb {
namespace {

constexpr const char* kLogSink = "log";
constexpr const char* kAlertmanagerSink = "alertmanager";

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

http::ClientSettings sink_settings(const HttpAuth& auth, const std::string& ca_file) {
  constexpr std::size_t kMaxAnswerBytes = 64U << 10U;
  http::ClientSettings settings = client_settings(auth, ca_file);
  settings.max_body_bytes = kMaxAnswerBytes;
  return settings;
}

// Posts to each URL; one that takes the message is enough, as the members of an Alertmanager group tell each
// other.
class HttpSink : public Sink {
 public:
  using Body = std::function<std::string(const Notification&)>;
  struct Target {
    std::string name;
    std::vector<std::string> urls;
    bool url_is_secret = false;
    bool for_people = false;
  };
  HttpSink(Target target, Body body, http::ClientSettings settings)
      : target_(std::move(target)), body_(std::move(body)), client_(std::move(settings)) {}

  [[nodiscard]] const std::string& name() const override { return target_.name; }
  [[nodiscard]] bool takes_digests() const override { return target_.for_people; }
  Status send(const Notification& notification) override {
    const std::string body = body_(notification);
    Status last = Error{"it has no URL"};
    bool taken = false;
    for (const std::string& url : target_.urls) {
      Status posted = post(url, body);
      taken = taken || posted.ok();
      if (!posted) last = std::move(posted);
    }
    return taken ? Status(Done{}) : last;
  }

 private:
  Status post(const std::string& url, const std::string& body) {
    const auto answer = client_.post(url, body);
    if (!answer) {
      std::string said = answer.error().message;  // "URL: what is wrong"
      if (target_.url_is_secret) {
        const std::size_t at = said.find(": ");
        said = at == std::string::npos ? "it cannot be reached" : said.substr(at + 2);
      }
      return Error{said};
    }
    if (answer->status >= 200 && answer->status < 300) return Done{};
    return Error{"the receiver answered with status " + std::to_string(answer->status)};
  }

  Target target_;
  Body body_;
  http::Client client_;
};

class MailSink : public Sink {
 public:
  MailSink(const NotifyConfig::Email& config, std::string cluster)
      : name_(config.name),
        server_{config.server, config.user, config.password.reveal(), config.ca_file},
        from_(config.from),
        to_(config.to),
        cluster_(std::move(cluster)) {}

  [[nodiscard]] const std::string& name() const override { return name_; }
  [[nodiscard]] bool takes_digests() const override { return true; }
  Status send(const Notification& notification) override {
    mail::Message message = mail_of(notification, cluster_);
    message.from = from_;
    message.to = to_;
    return mail::send(server_, message);
  }

 private:
  std::string name_;
  mail::Server server_;
  std::string from_;
  std::vector<std::string> to_;
  std::string cluster_;
};

bool is_url(const std::string& text) {
  return (text.starts_with("http://") || text.starts_with("https://")) &&
         text.find_first_of(" \t") == std::string::npos;
}

Result<std::unique_ptr<Sink>> webhook_sink(const NotifyConfig::Webhook& config, const std::string& cluster) {
  const bool secret = config.url.empty();
  if (secret && !is_url(config.secret_url.reveal()))
    return Error{"notify.webhooks[" + config.name +
                 "].secret_url is no URL beginning with http:// or https:// (it is not shown)"};
  HttpSink::Target target{
      config.name, {secret ? config.secret_url.reveal() : config.url}, secret, !config.template_path.empty()};
  http::ClientSettings settings = sink_settings(config.auth, config.ca_file);
  if (config.template_path.empty()) {
    return std::unique_ptr<Sink>(std::make_unique<HttpSink>(
        std::move(target), [cluster](const Notification& n) { return message_json(n, cluster); },
        std::move(settings)));
  }
  const std::string where = "notify.webhooks[" + config.name + "].template: " + config.template_path + ": ";
  const auto text = os::read_file(config.template_path);
  if (!text) return Error{where + text.error().message};
  auto body = MessageTemplate::parse(*text);
  if (!body) return Error{where + body.error().message};
  return std::unique_ptr<Sink>(std::make_unique<HttpSink>(
      std::move(target),
      [body = std::move(body).value(), cluster](const Notification& n) { return body.fill(n, cluster); },
      std::move(settings)));
}

std::unique_ptr<Sink> alertmanager_sink(const Config& config) {
  HttpSink::Target target{kAlertmanagerSink, config.alertmanager.urls};
  for (std::string& url : target.urls) url += url.ends_with('/') ? "api/v2/alerts" : "/api/v2/alerts";
  return std::make_unique<HttpSink>(
      std::move(target),
      [cluster = config.cluster](const Notification& n) { return alertmanager_json(n, cluster); },
      sink_settings(config.alertmanager.auth, config.alertmanager.ca_file));
}

std::unique_ptr<Sink> grafana_sink(const NotifyConfig::Grafana& config, const std::string& cluster) {
  HttpAuth auth;
  auth.bearer_token = config.bearer_token;
  const std::string url = config.url + (config.url.ends_with('/') ? "" : "/") + "api/annotations";
  return std::make_unique<HttpSink>(
      HttpSink::Target{config.name, {url}},
      [cluster](const Notification& n) { return annotation_json(n, cluster); },
      sink_settings(auth, config.ca_file));
}

int rank_of(std::string_view severity) { return severity == "critical" ? 2 : severity == "warning" ? 1 : 0; }

// What config.yaml calls an event that the evaluator knows in more detail.
std::string_view word_of(std::string_view event) {
  constexpr std::array<std::pair<std::string_view, std::string_view>, 4> kWords{
      {{"plan", "suggestion"}, {"no_plan", "breach"}, {"alert", "breach"}, {"closed", "resolved"}}};
  for (const auto& [known, word] : kWords)
    if (event == known) return word;
  return event;
}

bool wanted(const std::vector<std::string>& on, const std::string& event) {
  return on.empty() || std::find(on.begin(), on.end(), word_of(event)) != on.end();
}

}  // namespace

Result<std::vector<std::unique_ptr<Sink>>> make_sinks(const Config& config) {
  std::vector<std::unique_ptr<Sink>> sinks;
  if (config.notify.log) sinks.push_back(std::make_unique<LogSink>());
  if (config.notify.alertmanager) sinks.push_back(alertmanager_sink(config));
  for (const auto& webhook : config.notify.webhooks) {
    auto sink = webhook_sink(webhook, config.cluster);
    if (!sink) return sink.error();
    sinks.push_back(std::move(sink).value());
  }
  for (const auto& grafana : config.notify.grafana) sinks.push_back(grafana_sink(grafana, config.cluster));
  for (const auto& email : config.notify.emails)
    sinks.push_back(std::make_unique<MailSink>(email, config.cluster));
  return sinks;
}

std::vector<std::string> sinks_for(const NotifyConfig& config, const std::string& event,
                                   const std::string& severity) {
  std::vector<std::string> names;
  const bool critical = severity == "critical";
  if (!critical && !wanted(config.on, event)) return names;
  if (config.log) names.emplace_back(kLogSink);
  if (config.alertmanager) names.emplace_back(kAlertmanagerSink);
  const auto add = [&](const auto& receivers) {
    for (const auto& receiver : receivers) {
      if (critical || (wanted(receiver.on, event) && rank_of(severity) >= rank_of(receiver.severity)))
        names.push_back(receiver.name);
    }
  };
  add(config.webhooks);
  for (NotifyConfig::Grafana grafana : config.grafana) {
    if (grafana.on.empty()) grafana.on = {"move_started", "move_done", "move_failed"};
    add(std::vector{std::move(grafana)});
  }
  add(config.emails);
  return names;
}

}  // namespace pcb
