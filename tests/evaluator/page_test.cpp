// The API's JSON, the metrics and the tables of the command line, with names that mean harm.
#include <algorithm>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "cluster/json_tree.h"
#include "evaluator/cli/api_history.h"
#include "evaluator/cli/api_json.h"
#include "evaluator/cli/client_commands.h"
#include "evaluator/cli/metrics_page.h"
#include "evaluator/decide/json_view.h"

namespace pcb {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;

const std::vector<std::string> kHostile{"<script>alert(1)</script>",
                                        "\"onmouseover=\"x",
                                        "'><img src=x onerror=y>",
                                        "</td><svg/onload=x>",
                                        "a\nb\x1b[31m",
                                        "\xff\xfe",
                                        "&lt;",
                                        "{{7*7}}"};

struct Shown {
  View view;
  ActView act;
  Standing standing;
  std::vector<DeliveryRecord> messages;
};

// The same text in every place that others write.
Shown shown(const std::string& text) {
  Shown all;
  all.view.at = 990;
  all.view.cluster = all.view.mode = all.view.mode_reason = text;
  all.view.hold = {HoldReason::samples_empty, text};
  all.view.notes = {text};
  all.act.paused = all.act.lock_sentence = text;
  all.act.refusals = {{Restraint::paused, text}};
  Host host;
  host.name = text;
  host.cpu_cores = 8;
  host.memory_bytes = 8e9;
  host.cpu_used_cores = 7;
  all.view.document.emplace().hosts = {host};
  Incident incident;
  incident.id = 7;
  incident.host = incident.reason = text;
  all.standing.incidents = {incident};
  all.standing.plan.emplace();
  all.standing.plan->reason = text;
  MoveRecord move;
  move.guest = move.name = move.from = move.to = move.method = move.why = move.reason = text;
  all.standing.moves = {move};
  DeliveryRecord delivery;
  delivery.notification.subject = delivery.sink = delivery.state = text;
  delivery.notification.lines = {text};
  all.messages = {delivery};
  return all;
}

TEST(ApiJson, IsJsonWhateverTheNamesAre) {
  for (const std::string& hostile : kHostile) {
    const Shown all = shown(hostile);
    const auto tree = read_json_tree(status_json(&all.view, nullptr, all.standing, "1.0"));
    ASSERT_TRUE(tree.ok()) << tree.error().message;
    const JsonView root(*tree);
    EXPECT_EQ(root.member("incidents")->elements().size(), 1U);
    EXPECT_EQ(root.member("suggestions")->elements()[0].text_of("state"), "proposed");
    EXPECT_EQ(root.member("hold")->text_of("reason"), "samples_empty");
    EXPECT_TRUE(read_json_tree(messages_json(all.messages)).ok());
    EXPECT_TRUE(read_json_tree(error_json(hostile)).ok());
  }
  const auto before = read_json_tree(status_json(nullptr, nullptr, {}, "1.0"));
  ASSERT_TRUE(before.ok());
  EXPECT_TRUE(JsonView(*before).member("incidents")->elements().empty());
}

TEST(StatusText, IsATableWithStraightColumns) {
  Shown all = shown("pve1");
  Host longer = all.view.document->hosts[0];
  longer.name = "größerer-name";
  all.view.document->hosts.push_back(longer);
  const auto text = status_text(status_json(&all.view, nullptr, all.standing, "1.0"), 1000);
  ASSERT_TRUE(text.ok()) << text.error().message;
  EXPECT_THAT(*text, AllOf(HasSubstr("looked at 10 s ago"), HasSubstr("  pve1           online"),
                           HasSubstr("  größerer-name  online"), HasSubstr("87.5 % (limit 80.0 %) !"),
                           HasSubstr("#7")));
  EXPECT_FALSE(status_text("<html>", 1000).ok());
  const auto early = status_text(status_json(nullptr, nullptr, {}, "1.0"), 1000);
  ASSERT_TRUE(early.ok());
  EXPECT_THAT(*early, AllOf(HasSubstr("has not looked at the cluster yet"), Not(HasSubstr("Cluster ,"))));
}

TEST(StatusText, AHostileNameStaysOnItsLine) {
  const Shown plain = shown("x");
  const auto calm = status_text(status_json(&plain.view, nullptr, plain.standing, "1.0"), 1000);
  for (const std::string& hostile : kHostile) {
    const Shown all = shown(hostile);
    const auto text = status_text(status_json(&all.view, nullptr, all.standing, "1.0"), 1000);
    ASSERT_TRUE(text.ok());
    EXPECT_EQ(std::count(text->begin(), text->end(), '\n'), std::count(calm->begin(), calm->end(), '\n'));
    EXPECT_EQ(text->find('\x1b'), std::string::npos);
  }
}

TEST(RefusalWords, AreTheEvaluatorsOwnSentence) {
  EXPECT_EQ(refusal_words(503, "{\"error\":\"the journal is busy\"}\n"),
            "the evaluator answers with status 503: the journal is busy");
  EXPECT_EQ(refusal_words(502, "Bad\tGateway"), "the evaluator answers with status 502: Bad\\tGateway");
  EXPECT_EQ(refusal_words(401, "{\"error\":\"ask by address\"}"),
            "the evaluator asks for a login: give --user and --password-file. It says: ask by address");
  EXPECT_EQ(refusal_words(401, ""), "the evaluator asks for a login: give --user and --password-file");
}

TEST(HistoryText, ShowsTheEventsOrThatThereAreNone) {
  const auto text =
      history_text(history_json({{{"e1", 1795365810, "plan", "evaluator", "plan 1", "moves: because"}}, ""}));
  ASSERT_TRUE(text.ok());
  EXPECT_THAT(*text, AllOf(HasSubstr("2026-11-22T16:43:30Z"), HasSubstr("moves: because")));
  EXPECT_THAT(*history_text(history_json({})), HasSubstr("Nothing has happened"));
}

TEST(MetricsPage, HasEveryReasonAndMode) {
  Counters counters;
  counters.add("balancer_plans_total", {"relieve", "moves"});
  counters.add("balancer_plans_total", {"relieve", "moves"});
  View view;
  view.mode = "suggest";
  view.hold = {HoldReason::paused, "x"};
  view.heartbeat_at = 77;
  const std::string page =
      metrics_page(Exposition::prometheus, {counters, &view, nullptr, {}, 0, 0}, {}, "1.0");
  EXPECT_THAT(
      page, AllOf(HasSubstr("balancer_plans_total{goal=\"relieve\",result=\"moves\"} 2"),
                  HasSubstr("balancer_hold{reason=\"paused\"} 1"),
                  HasSubstr("balancer_hold{reason=\"samples_empty\"} 0"),
                  HasSubstr("balancer_mode{mode=\"suggest\"} 1"), HasSubstr("balancer_mode{mode=\"auto\"} 0"),
                  HasSubstr("balancer_last_heartbeat_timestamp_seconds 77"),
                  HasSubstr("balancer_config_last_reload_successful 1")));
}

TEST(MetricsPage, ACounterThatBeganIsShownAtZeroAndKeepsItsCount) {
  Counters counters;
  counters.begin("balancer_moves_total", {"failed"});
  const auto page = [&] {
    return metrics_page(Exposition::prometheus, {counters, nullptr, nullptr, {}, 0, 0}, {}, "1.0");
  };
  EXPECT_THAT(page(), HasSubstr("balancer_moves_total{result=\"failed\"} 0"));
  counters.add("balancer_moves_total", {"failed"});
  counters.begin("balancer_moves_total", {"failed"});
  EXPECT_THAT(page(), HasSubstr("balancer_moves_total{result=\"failed\"} 1"));
}

}  // namespace
}  // namespace pcb
