#include "evaluator/decide/webhook.h"

#include <filesystem>
#include <fstream>
#include <sstream>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace pcb {
namespace {

using ::testing::HasSubstr;
namespace fs = std::filesystem;

std::string captured(const std::string& name) {
  std::ifstream file(fs::path(PCB_SOURCE_DIR) / "tests/evaluator/webhooks" / (name + ".json"));
  EXPECT_TRUE(file.good()) << name;
  std::ostringstream text;
  text << file.rdbuf();
  return text.str();
}

std::string alert_json(const std::string& changes = "") {
  return R"({"status":"firing","labels":{"a":"b"},"annotations":{},"startsAt":"2026-11-22T16:43:30.323Z",)"
         R"("endsAt":"0001-01-01T00:00:00Z","fingerprint":"25228cd03ec16c28")" +
         changes + "}";
}

std::string webhook_json(const std::string& alerts) {
  return R"({"version":"4","receiver":"r","truncatedAlerts":0,"alerts":[)" + alerts + "]}";
}

TEST(Webhook, ReadsEveryCapturedPayload) {
  std::size_t files = 0;
  for (const auto& entry : fs::directory_iterator(fs::path(PCB_SOURCE_DIR) / "tests/evaluator/webhooks")) {
    const auto webhook = read_webhook(captured(entry.path().stem().string()));
    ASSERT_TRUE(webhook.ok()) << entry.path() << ": " << webhook.error().message;
    EXPECT_FALSE(webhook->alerts.empty()) << entry.path();
    EXPECT_TRUE(webhook->ignored.empty()) << entry.path();
    ++files;
  }
  EXPECT_EQ(files, 10U);
}

TEST(Webhook, ReadsTheFieldsOfAFiringAlert) {
  const auto webhook = read_webhook(captured("firing_grouped_by_node_a"));
  ASSERT_TRUE(webhook.ok());
  EXPECT_EQ(webhook->receiver, "ok");
  EXPECT_EQ(webhook->truncated_alerts, 0);
  ASSERT_EQ(webhook->alerts.size(), 3U);
  const Alert& alert = webhook->alerts[0];
  EXPECT_EQ(alert.fingerprint, "25228cd03ec16c28");
  EXPECT_EQ(alert.status, AlertStatus::firing);
  EXPECT_EQ(alert.starts_at_ms, 1795365810323);
  EXPECT_FALSE(alert.ends_at_ms) << "Go's zero time is no end";
  EXPECT_EQ(alert.label("id"), "lxc/101");
  EXPECT_EQ(alert.annotations.at("description"), "multi\nline \"quoted\" ünïcode");
}

TEST(Webhook, AnAlertHasItsOwnStatusInsideItsGroup) {
  const auto webhook = read_webhook(captured("mixed_firing_and_resolved"));
  ASSERT_TRUE(webhook.ok());
  EXPECT_EQ(webhook->alerts[0].status, AlertStatus::resolved);
  EXPECT_EQ(webhook->alerts[0].ends_at_ms, 1795365850323);
  EXPECT_EQ(webhook->alerts[1].status, AlertStatus::firing);
}

TEST(Webhook, SaysHowManyAlertsWereCutOff) {
  EXPECT_EQ(read_webhook(captured("truncated_max_alerts_2_firing"))->truncated_alerts, 3);
}

TEST(Webhook, OneOddAlertIsLeftOutWithItsReason) {
  const auto webhook = read_webhook(webhook_json(alert_json() + R"(,{"status":"firing"},7)"));
  ASSERT_TRUE(webhook.ok());
  EXPECT_EQ(webhook->alerts.size(), 1U);
  ASSERT_EQ(webhook->ignored.size(), 2U);
  EXPECT_EQ(webhook->ignored[0].index, 1U);
  EXPECT_THAT(webhook->ignored[0].reason, HasSubstr("fingerprint"));
  EXPECT_THAT(webhook->ignored[1].reason, HasSubstr("not an object"));
}

TEST(Webhook, OddFieldsOfAnAlertAreNamed) {
  const std::string good = alert_json();
  const auto broken = [&](const std::string& from, const std::string& to) {
    std::string text = good;
    text.replace(text.find(from), from.size(), to);
    const auto webhook = read_webhook(webhook_json(good + "," + text));
    return webhook.ok() && webhook->ignored.size() == 1 ? webhook->ignored[0].reason : "read as a good alert";
  };
  EXPECT_THAT(broken("\"firing\"", "\"burning\""), HasSubstr("status"));
  EXPECT_THAT(broken("2026-11-22T16:43:30.323Z", "yesterday"), HasSubstr("startsAt"));
  EXPECT_THAT(broken("{\"a\":\"b\"}", "{\"a\":1}"), HasSubstr("labels"));
  EXPECT_THAT(broken("25228cd03ec16c28", "' OR 1=1"), HasSubstr("fingerprint"));
}

TEST(Webhook, AnUnknownVersionIsRefused) {
  std::string text = webhook_json(alert_json());
  ASSERT_TRUE(read_webhook(text).ok());
  text.replace(text.find("\"4\""), 3, "\"5\"");
  const auto webhook = read_webhook(text);
  ASSERT_FALSE(webhook.ok());
  EXPECT_THAT(webhook.error().message, HasSubstr("version \"4\""));
}

TEST(Webhook, WhatCannotBeReadAtAllIsRefused) {
  for (const std::string& text :
       {std::string(), std::string("null"), std::string("[]"), std::string("{"), std::string("<html>"),
        std::string(R"({"version":"4"})"), std::string(R"({"version":4,"alerts":[]})"),
        std::string(R"({"version":"4","alerts":{}})"), webhook_json("7"), webhook_json(alert_json()) + "x",
        std::string("\xff\xfe"), std::string(R"({"version":"4","alerts":[1e999]})"),
        std::string(kMaxWebhookBytes + 1, ' ')}) {
    EXPECT_FALSE(read_webhook(text).ok()) << text.substr(0, 60);
  }
}

TEST(Webhook, DeepNestingIsRefusedWithoutStack) {
  // Beside a good alert, in a field that nobody reads: only its depth can be what is refused.
  const auto beside = [](std::size_t depth) {
    std::string text = webhook_json(alert_json());
    return text.insert(1, "\"extra\":" + std::string(depth, '[') + std::string(depth, ']') + ",");
  };
  EXPECT_TRUE(read_webhook(beside(30)).ok());
  for (const std::size_t depth : {33U, 1000U, 500'000U}) {
    EXPECT_FALSE(read_webhook(beside(depth)).ok()) << depth;
    EXPECT_FALSE(read_webhook(std::string(depth, '[')).ok()) << depth;
  }
}

TEST(Webhook, EveryPrefixOfAPayloadIsRefusedOrReadNeverACrash) {
  const std::string whole = captured("firing_single");
  for (std::size_t size = 0; size + 2 < whole.size(); ++size) {
    EXPECT_FALSE(read_webhook(whole.substr(0, size)).ok()) << size;
  }
}

TEST(AlertList, ReadsStateSilencesAndReceivers) {
  const std::string base =
      R"("labels":{"a":"b"},"annotations":{},"startsAt":"2026-11-22T16:43:30.323Z","endsAt":)"
      R"("2026-11-22T16:53:30.323Z","updatedAt":"2026-11-22T16:43:30.323Z","receivers":[{"name":"balancer"}],)"
      R"("fingerprint":"25228cd03ec16c28","status":{"inhibitedBy":[],"silencedBy":[],"state":"active"})";
  const auto with = [&](const std::string& from, const std::string& to) {
    std::string text = "[{" + base + "}]";
    text.replace(text.find(from), from.size(), to);
    const auto list = read_alert_list(text);
    EXPECT_TRUE(list.ok()) << text;
    return list.ok() && list->alerts.size() == 1 ? list->alerts[0] : ListedAlert{};
  };
  EXPECT_TRUE(with("active", "active").active);
  EXPECT_EQ(with("active", "active").receivers, std::vector<std::string>{"balancer"});
  EXPECT_EQ(with("active", "active").alert.source, AlertSource::alertmanager);
  EXPECT_EQ(with(R"("silencedBy":[])", R"("silencedBy":["x"])").suppressed_by, "silenced");
  EXPECT_EQ(with(R"("inhibitedBy":[])", R"("inhibitedBy":["x"])").suppressed_by, "inhibited");
  EXPECT_EQ(with(R"("silencedBy")", R"("mutedBy":["night"],"silencedBy")").suppressed_by, "muted");
  EXPECT_FALSE(with("active", "suppressed").active);
  EXPECT_FALSE(with("active", "unprocessed").active);
  EXPECT_EQ(read_alert_list("[{}]")->ignored.size(), 1U);
  EXPECT_FALSE(read_alert_list("{}").ok());
  EXPECT_FALSE(read_alert_list("<html>").ok());
}

}  // namespace
}  // namespace pcb
