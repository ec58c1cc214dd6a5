#include "evaluator/trigger/sinks.h"

#include <mutex>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "common/http/server.h"
#include "tests/support/sshd.h"

namespace pcb {
namespace {

using test::TemporaryFolder;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;

struct Taken {
  std::string path, body, authorization;
};

class Sinks : public ::testing::Test {
 protected:
  void SetUp() override {
    std::vector<http::Route> routes;
    for (const char* path : {"/hook", "/am/api/v2/alerts", "/api/annotations", "/broken"}) {
      routes.push_back(
          {.method = "POST",
           .path = path,
           .handler =
               [this, path](const http::Request& request) {
                 const std::lock_guard lock(mutex_);
                 const auto found = request.headers.find("authorization");
                 taken_.push_back({path, request.body, found == request.headers.end() ? "" : found->second});
                 return http::Response{.status = std::string_view(path) == "/broken" ? 500 : 200};
               },
           .max_body_bytes = 1U << 20U});
    }
    auto server = http::Server::start({}, std::move(routes));
    ASSERT_TRUE(server.ok()) << server.error().message;
    server_ = std::move(server).value();
    config_.cluster = "lab";
    config_.notify.log = false;
    message_.id = 5;
    message_.event = "move_done";
    message_.subject = "moved <b>";
    message_.lines = {"container 103 runs on pve2"};
  }

  std::string url(const std::string& path) {
    return "http://127.0.0.1:" + std::to_string(server_->port()) + path;
  }

  Status send_first() {
    auto sinks = make_sinks(config_);
    if (!sinks) return sinks.error();
    return sinks->front()->send(message_);
  }

  std::mutex mutex_;
  std::vector<Taken> taken_;
  std::unique_ptr<http::Server> server_;
  Config config_;
  Notification message_;
  TemporaryFolder folder_;
};

TEST_F(Sinks, AWebhookGetsTheBodyOfItsTemplate) {
  test::write_text(folder_.file("t.json"), R"({"content":"{{subject|chat}}: {{text}}"})");
  NotifyConfig::Webhook webhook;
  webhook.name = "chat";
  webhook.secret_url = Secret(url("/hook"));
  webhook.template_path = folder_.file("t.json");
  config_.notify.webhooks.push_back(webhook);
  ASSERT_TRUE(send_first().ok());
  ASSERT_EQ(taken_.size(), 1U);
  EXPECT_EQ(taken_[0].body, R"({"content":"moved &lt;b&gt;: container 103 runs on pve2"})");
}

TEST_F(Sinks, ATemplateThatCannotBeUsedIsNamedBeforeAnythingStarts) {
  NotifyConfig::Webhook webhook;
  webhook.name = "chat";
  webhook.url = url("/hook");
  webhook.template_path = folder_.file("absent.json");
  config_.notify.webhooks.push_back(webhook);
  EXPECT_THAT(send_first().error().message, HasSubstr("notify.webhooks[chat].template: "));
  test::write_text(folder_.file("absent.json"), "{\"a\": {{subject}}}");
  EXPECT_THAT(send_first().error().message, HasSubstr("no JSON"));
}

TEST_F(Sinks, AnErrorNeverShowsAUrlThatIsASecret) {
  NotifyConfig::Webhook webhook;
  webhook.name = "chat";
  webhook.secret_url = Secret("http://127.0.0.1:" + std::to_string(test::free_port()) + "/services/T0CANARY");
  config_.notify.webhooks.push_back(webhook);
  Status sent = send_first();
  ASSERT_FALSE(sent.ok());
  EXPECT_THAT(sent.error().message, Not(HasSubstr("CANARY")));
  EXPECT_THAT(sent.error().message, HasSubstr("see whether the server runs"));
  config_.notify.webhooks[0].secret_url = Secret(url("/broken"));
  EXPECT_THAT(send_first().error().message, HasSubstr("status 500"));
}

TEST_F(Sinks, ASecretUrlThatIsNoneIsRefusedUnshown) {
  for (const char* wrong : {"", "CANARY", "ftp://h/CANARY", "http://h/a: CANARY"}) {
    NotifyConfig::Webhook webhook;
    webhook.name = "chat";
    webhook.secret_url = Secret(wrong);
    config_.notify.webhooks = {webhook};
    const auto sinks = make_sinks(config_);
    ASSERT_FALSE(sinks.ok()) << wrong;
    EXPECT_THAT(sinks.error().message, HasSubstr("notify.webhooks[chat].secret_url is no URL"));
    EXPECT_THAT(sinks.error().message, Not(HasSubstr("CANARY")));
  }
}

TEST_F(Sinks, AlertmanagerIsToldIfOneOfTheGroupTakesIt) {
  config_.notify.alertmanager = true;
  config_.alertmanager.urls = {"http://127.0.0.1:" + std::to_string(test::free_port()), url("/am/")};
  ASSERT_TRUE(send_first().ok());
  ASSERT_EQ(taken_.size(), 1U);
  EXPECT_THAT(taken_[0].body, HasSubstr(R"("origin":"balancer","cluster":"lab","event":"move_done")"));
  config_.alertmanager.urls.pop_back();
  EXPECT_FALSE(send_first().ok());
}

TEST_F(Sinks, GrafanaGetsAnAnnotationWithItsToken) {
  config_.notify.grafana.push_back({"grafana", url(""), Secret("canary"), "", {}, "info"});
  ASSERT_TRUE(send_first().ok());
  ASSERT_EQ(taken_.size(), 1U);
  EXPECT_EQ(taken_[0].path, "/api/annotations");
  EXPECT_EQ(taken_[0].authorization, "Bearer canary");
}

TEST(SinksFor, WhatConfigYamlCallsAnEventIsWhatIsMeant) {
  NotifyConfig config;
  config.on = {"suggestion", "resolved"};
  for (const char* event : {"plan", "closed"})
    EXPECT_THAT(sinks_for(config, event, "info"), ElementsAre("log"));
  for (const char* event : {"alert", "no_plan", "hold", "move_done"})
    EXPECT_THAT(sinks_for(config, event, "warning"), IsEmpty()) << event;
  EXPECT_THAT(sinks_for(config, "hold", "critical"), ElementsAre("log"));
  config.on = {"breach"};
  for (const char* event : {"alert", "no_plan"})
    EXPECT_THAT(sinks_for(config, event, "info"), ElementsAre("log")) << event;
  config.on.clear();
  EXPECT_THAT(sinks_for(config, "anything", "info"), ElementsAre("log"));
}

TEST(SinksFor, EachReceiverHasItsOwnEventsAndSeverity) {
  NotifyConfig config;
  config.webhooks.resize(2);
  config.webhooks[0].name = "chat";
  config.webhooks[0].on = {"suggestion"};
  config.webhooks[1].name = "pager";
  config.webhooks[1].severity = "warning";
  config.grafana.push_back({"grafana", "", Secret(), "", {}, "info"});
  config.emails.resize(1);
  config.emails[0].name = "mail";
  config.alertmanager = true;
  EXPECT_THAT(sinks_for(config, "plan", "info"), ElementsAre("log", "alertmanager", "chat", "mail"));
  EXPECT_THAT(sinks_for(config, "move_done", "info"), ElementsAre("log", "alertmanager", "grafana", "mail"));
  EXPECT_THAT(sinks_for(config, "hold", "warning"), ElementsAre("log", "alertmanager", "pager", "mail"));
  EXPECT_THAT(sinks_for(config, "journal", "critical"),
              ElementsAre("log", "alertmanager", "chat", "pager", "grafana", "mail"));
}

}  // namespace
}  // namespace pcb
