#include "evaluator/trigger/message_template.h"

#include <filesystem>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "cluster/json_tree.h"
#include "common/os/file.h"
#include "evaluator/decide/json_view.h"

namespace pcb {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

std::string filled(const std::string& text, const Notification& notification) {
  const auto body = MessageTemplate::parse(text);
  EXPECT_TRUE(body.ok()) << (body.ok() ? "" : body.error().message);
  return body.ok() ? body->fill(notification, "lab") : "";
}

std::string fault_of(const std::string& text) {
  const auto body = MessageTemplate::parse(text);
  return body.ok() ? "" : body.error().message;
}

TEST(MessageTemplate, FillsEveryPlace) {
  Notification notification;
  notification.event_key = "k";
  notification.event = "hold";
  notification.severity = "warning";
  notification.incident_id = 3;
  notification.subject = "s";
  notification.lines = {"one", "two"};
  EXPECT_EQ(
      filled(
          R"({"a":"{{event_key}} {{ event }} {{severity}} {{cluster}} {{at}} {{incident}}","b":"{{subject}}|{{text}}"})",
          notification),
      R"({"a":"k hold warning lab 1970-01-01T00:00:00Z 3","b":"s|one\ntwo"})");
  EXPECT_EQ(filled("[\"no place\"]", notification), "[\"no place\"]");
}

TEST(MessageTemplate, ForAChatNoNameCallsEverybodyAndNoCommandIsChanged) {
  Notification notification;
  notification.lines = {"<!here> @here @ALL: (@Everyone", "@channel", "ssh root@here pct start 1; a@b @bob"};
  EXPECT_EQ(filled(R"({"a":"{{text|chat}}"})", notification),
            "{\"a\":\"&lt;!here&gt; @\u200bhere @\u200bALL: (@\u200bEveryone\\n@\u200bchannel\\n"
            "ssh root@here pct start 1; a@b @bob\"}");
}

TEST(MessageTemplate, WhereMarkdownIsShownNoNameIsALinkToElsewhere) {
  Notification notification;
  notification.lines = {"web [your bank](http://evil.example) [a][b]", "[b]: http://evil.example",
                        "  [c]: //evil.example", "http://[::1]:9723/ [x] (y) a[0]: b",
                        "![i](//evil.example)]"};
  const std::string shown =
      "web [your bank]\u200b(http://evil.example) [a]\u200b[b]\\n[b]\u200b: http://evil.example\\n"
      "  [c]\u200b: //evil.example\\nhttp://[::1]:9723/ [x] (y) a[0]: b\\n![i]\u200b(//evil.example)]";
  EXPECT_EQ(filled(R"({"a":"{{text|markdown}}"})", notification), "{\"a\":\"" + shown + "\"}");
  EXPECT_EQ(filled(R"({"a":"{{text|chat}}"})", notification), "{\"a\":\"" + shown + "\"}");
}

TEST(MessageTemplate, WhatItCannotFillIsRefusedWithTheReason) {
  EXPECT_THAT(fault_of(R"({"a":"{{subjct}}"})"), HasSubstr("{{subjct}} is not known; known are event_key"));
  EXPECT_THAT(fault_of(R"({"a":"{{subject|shout}}"})"), HasSubstr("\"shout\""));
  EXPECT_THAT(fault_of(R"({"a":"{{subject|-1}}"})"), HasSubstr("\"-1\""));
  EXPECT_THAT(fault_of(R"({"a":"{{subject"})"), HasSubstr("no }}"));
  EXPECT_THAT(fault_of(R"({"a":{{subject}}})"), HasSubstr("no JSON"));
}

TEST(MessageTemplate, TheOnesWeShipStayJsonAndWithinTheirReceiversLimitsWhateverTheTextIs) {
  Notification notification;
  notification.severity = "critical";
  notification.subject = "\"<!channel> [a](http://b) @everyone \x1b[0m\xff" + std::string(5000, 'x');
  std::string links;
  while (links.size() < 5000) links += "](";
  notification.lines = {"</script>" + links + std::string(20'000, '<'), "</script>"};
  int found = 0;
  for (const auto& entry : std::filesystem::directory_iterator(PCB_SOURCE_DIR "/deploy/notify")) {
    ++found;
    const auto text = os::read_file(entry.path().string());
    ASSERT_TRUE(text.ok());
    const std::string body = filled(*text, notification);
    EXPECT_TRUE(read_json_tree(body).ok()) << entry.path() << body;
    EXPECT_LT(body.size(), 30'000U) << entry.path();
    if (entry.path().filename() == "slack.json") {
      EXPECT_THAT(body, Not(HasSubstr("<")));
    }
    // Those that show Markdown.
    if (entry.path().filename() == "slack.json" || entry.path().filename() == "discord.json" ||
        entry.path().filename() == "teams.json") {
      EXPECT_THAT(body, Not(HasSubstr("](")));
    }
    if (entry.path().filename() == "discord.json") {
      const auto tree = read_json_tree(body);
      EXPECT_LE(JsonView(*tree).text_of("content").value_or("").size(), 2000U);
      EXPECT_THAT(body, HasSubstr(R"("parse": [])"));
    }
  }
  EXPECT_EQ(found, 6);
}

}  // namespace
}  // namespace pcb
