#include "evaluator/trigger/message_text.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "cluster/json_tree.h"
#include "evaluator/decide/json_view.h"

namespace pcb {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Not;

Notification hostile() {
  Notification notification;
  notification.id = 42;
  notification.event_key = "k\"1";
  notification.event = "plan";
  notification.severity = "warning";
  notification.incident_id = 7;
  notification.created_at = 1795365810;
  notification.subject = "pve1 <img src=x onerror=alert(1)>";
  notification.lines = {"a \"quoted\" \x1b[31m line", "\xff"};
  return notification;
}

TEST(MessageText, TheJsonIsJsonWhateverTheTextIs) {
  const auto tree = read_json_tree(message_json(hostile(), "l\nab"));
  ASSERT_TRUE(tree.ok()) << tree.error().message;
  const JsonView root(*tree);
  EXPECT_EQ(root.text_of("event_key"), "k\"1");
  EXPECT_EQ(root.text_of("cluster"), "l\nab");
  EXPECT_EQ(root.number_of("incident"), 7);
  EXPECT_EQ(root.member("lines")->elements().size(), 2U);
  EXPECT_EQ(root.text_of("at"), "2026-11-22T16:43:30Z");
}

TEST(MessageText, AlertmanagerGetsOneAlertThatEndsByItself) {
  const auto tree = read_json_tree(alertmanager_json(hostile(), "lab"));
  ASSERT_TRUE(tree.ok()) << tree.error().message;
  const auto alerts = JsonView(*tree).elements();
  ASSERT_EQ(alerts.size(), 1U);
  const auto labels = *alerts[0].member("labels");
  EXPECT_EQ(labels.text_of("origin"), "balancer");
  EXPECT_EQ(labels.text_of("severity"), "warning");
  EXPECT_EQ(labels.text_of("message"), "42");
  EXPECT_EQ(alerts[0].text_of("startsAt"), "2026-11-22T16:43:30Z");
  EXPECT_EQ(alerts[0].text_of("endsAt"), "2026-11-22T16:53:30Z");
}

TEST(MessageText, AnAnnotationHoldsNoMarkup) {
  const std::string json = annotation_json(hostile(), "lab");
  EXPECT_TRUE(read_json_tree(json).ok());
  EXPECT_THAT(json, HasSubstr("\"time\":1795365810000,"));
  EXPECT_THAT(json, Not(HasSubstr("<img")));
}

TEST(MessageText, AMailSaysWhereItIsFromAndKeepsItsId) {
  const mail::Message message = mail_of(hostile(), "lab");
  EXPECT_EQ(message.subject, "[lab] pve1 <img src=x onerror=alert(1)>");
  EXPECT_THAT(message.text, HasSubstr("cluster lab\nplan, warning, 2026-11-22T16:43:30Z, incident 7\n"));
  EXPECT_EQ(message.id, "balancer/lab/k\"1");
  EXPECT_FALSE(message.urgent);
}

TEST(MessageText, ADigestNamesEveryMessageUpToItsCapAndTheHighestSeverity) {
  std::vector<Notification> many(60);
  for (std::size_t i = 0; i < many.size(); ++i) {
    many[i].id = static_cast<std::int64_t>(i) + 1;
    many[i].subject = "s" + std::to_string(i);
    many[i].created_at = 60.0 * static_cast<double>(i);
  }
  many[7].severity = "warning";
  const Notification digest = digest_of(many);
  EXPECT_EQ(digest.subject, "60 messages, the newest: s59");
  EXPECT_EQ(digest.severity, "warning");
  EXPECT_EQ(digest.event_key, "digest/1-60");
  ASSERT_EQ(digest.lines.size(), 51U);
  EXPECT_EQ(digest.lines.front(), "1970-01-01T00:00:00Z s0");
  EXPECT_THAT(digest.lines.back(), HasSubstr("and 10 more"));
  EXPECT_THAT(digest_of({many[7]}).lines, ElementsAre("1970-01-01T00:07:00Z s7"));
}

}  // namespace
}  // namespace pcb
