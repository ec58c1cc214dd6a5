#include "evaluator/cli/loop.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "cluster/document_json.h"
#include "evaluator/decide/mode.h"
#include "tests/evaluator/journal_fixture.h"

namespace pcb {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Not;

// The world as a table of answers: a cluster of three hosts whose load the test sets.
struct World {
  Cluster document;
  bool exporter_answers = true;
  bool prometheus_answers = true;
  bool prometheus_is_empty = false;
  std::string listed = "[]";  // the body of /api/v2/alerts
  bool alertmanager_answers = true;
  double now = 100'000;
  int lists_read = 0;
  std::map<std::string, double> cpu;  // cores by id
};

class FakeOutside : public Outside {
 public:
  explicit FakeOutside(World& world) : world_(world) {}
  Result<std::string> cluster_document() override {
    if (!world_.exporter_answers) return Error{"connection refused"};
    return write_cluster(world_.document);
  }
  Result<std::string> query(const std::string& promql) override {
    if (!world_.prometheus_answers) return Error{"connection refused"};
    std::string series;
    for (const auto& [id, cores] : world_.cpu) {
      double value = cores;
      if (promql.rfind("count", 0) == 0) value = 60;
      if (promql.rfind("time()", 0) == 0) value = 3;
      if (promql.find("memory") != std::string::npos && promql.rfind("count", 0) != 0) value = 1e9;
      if (world_.prometheus_is_empty) continue;
      series += std::string(series.empty() ? "" : ",") + R"({"metric":{"id":")" + id + R"("},"value":[1,")" +
                std::to_string(value) + "\"]}";
    }
    return R"({"status":"success","data":{"resultType":"vector","result":[)" + series + "]}}";
  }
  std::vector<Result<std::string>> alert_lists() override {
    ++world_.lists_read;
    if (!world_.alertmanager_answers) return {Error{"connection refused"}};
    return {world_.listed};
  }
  double now() override { return world_.now; }

 private:
  World& world_;
};

std::string listed_alert(const std::string& silenced_by = "", const std::string& receiver = "balancer") {
  return R"({"labels":{"alertname":"HostCpuHigh","balancer":"relieve","cluster":"lab","id":"node/pve1","resource":"cpu"},)"
         R"("annotations":{},"startsAt":"1970-01-01T00:00:05.000Z","endsAt":"2036-11-22T16:53:30.323Z",)"
         R"("receivers":[{"name":")" +
         receiver + R"("}],"fingerprint":"a1","status":{"inhibitedBy":[],"silencedBy":[)" + silenced_by +
         R"(],"state":")" + (silenced_by.empty() ? "active" : "suppressed") + R"("}})";
}

class LoopTest : public ::testing::Test {
 protected:
  LoopTest() {
    world_.document.cluster = "lab";
    world_.document.taken_at = world_.now;
    for (const char* name : {"pve1", "pve2", "pve3"}) {
      Host host;
      host.name = name;
      host.cpu_cores = 8;
      host.memory_bytes = 32e9;
      host.cpu_used_cores = 1;
      host.memory_used_bytes = 1e9;
      host.age_seconds = 1;
      world_.document.hosts.push_back(host);
      world_.cpu[std::string("node/") + name] = 1;
    }
    world_.document.hosts[0].cpu_used_cores = 7;
    world_.cpu["node/pve1"] = 7;
    add_guest("lxc/103", "db", "pve1", 3);
    add_guest("lxc/101", "web", "pve1", 2);
    config_.cluster = "lab";
    config_.notify.log = false;
    config_.notify.webhooks = {{"chat", "http://127.0.0.1:1/", {}, ""}};
    journal_ = open_journal(directory_.path());
    begin();
  }

  void add_guest(const std::string& id, const std::string& name, const std::string& host, double cores) {
    Guest guest;
    guest.id = id;
    guest.name = name;
    guest.host = host;
    guest.cpu_used_cores = cores;
    guest.memory_used_bytes = 1e9;
    guest.memory_bytes = 2e9;
    world_.document.guests.push_back(guest);
    world_.cpu[id] = cores;
  }

  // As after a restart: all that is kept is the journal.
  void begin() {
    loop_ = std::make_unique<Loop>(LoopParts{*journal_, board_, counters_, [this] { ++messages_; }},
                                   std::make_shared<const Config>(config_),
                                   [this](const Config&) { return std::make_unique<FakeOutside>(world_); });
  }

  void deliver(const Alert& alert) {
    ASSERT_TRANSACT(*journal_, [&](Tables& tables) {
      return tables.store_alert(alert, judge(alert, "lab"), world_.now);
    });
  }
  void fire() { deliver(relief_alert()); }
  void tick(int times = 1) {
    for (int i = 0; i < times; ++i) {
      world_.now += 30;
      loop_->tick();
    }
  }

  std::vector<Notification> told() {
    std::vector<Notification> all;
    EXPECT_TRUE(journal_
                    ->read([&](Tables& tables) -> Status {
                      const auto rows = tables.recent_deliveries(1000);
                      for (const auto& delivery : *rows) all.push_back(delivery.notification);
                      return Done{};
                    })
                    .ok());
    std::reverse(all.begin(), all.end());
    return all;
  }
  std::vector<std::string> events_told() {
    std::vector<std::string> events;
    for (const Notification& notification : told()) events.push_back(notification.event);
    return events;
  }
  std::vector<std::string> moves() {
    std::vector<std::string> all;
    EXPECT_TRUE(journal_
                    ->read([&](Tables& tables) -> Status {
                      const auto rows = tables.recent_moves(100);
                      for (const auto& move : *rows) {
                        all.push_back(move.guest + ">" + move.to + " " + name_of(move.state) +
                                      (move.state == MoveState::cancelled ? ": " + move.reason : ""));
                      }
                      return Done{};
                    })
                    .ok());
    return all;
  }
  HoldReason hold() { return board_.newest()->hold.reason; }
  std::size_t open_incidents() {
    std::size_t count = 0;
    EXPECT_TRUE(journal_
                    ->read([&](Tables& tables) -> Status {
                      count = tables.incidents_changed_since(1e300).value().size();
                      return Done{};
                    })
                    .ok());
    return count;
  }

  TemporaryDirectory directory_;
  World world_;
  Config config_;
  std::unique_ptr<Journal> journal_;
  Board board_;
  Counters counters_;
  int messages_ = 0;
  std::unique_ptr<Loop> loop_;
};

TEST_F(LoopTest, WithoutAnAlertNothingIsPlanned) {
  tick(3);
  EXPECT_TRUE(moves().empty());
  EXPECT_TRUE(told().empty());
  EXPECT_TRUE(counters_.values("balancer_plans_total").empty());
}

TEST_F(LoopTest, AnAlertBecomesASuggestionThatIsToldOnce) {
  fire();
  tick();
  ASSERT_THAT(moves(), ElementsAre(HasSubstr(" proposed")));
  ASSERT_THAT(events_told(), ElementsAre("plan"));
  EXPECT_THAT(told()[0].lines[0], HasSubstr("Suggesting to migrate container 10"));
  EXPECT_GT(messages_, 0);
  for (int i = 0; i < 5; ++i) {
    fire();
    tick();
  }
  EXPECT_EQ(moves().size(), 1U);
  EXPECT_EQ(told().size(), 1U);
  EXPECT_EQ(open_incidents(), 1U);
  EXPECT_EQ(counters_.values("balancer_plans_total").begin()->second, 6);
}

TEST_F(LoopTest, TheMigrationStrategyIsTheGoal) {
  config_.default_params.migration_strategy = "balance";
  begin();
  fire();
  tick();
  ASSERT_TRUE(board_.newest()->plan);
  EXPECT_EQ(board_.newest()->plan->goal, "balance");
  EXPECT_TRUE(board_.newest()->plan->scope.empty()) << "balance is about all hosts";
}

TEST_F(LoopTest, ARestartTellsNothingTwice) {
  fire();
  tick();
  begin();
  tick(3);
  EXPECT_EQ(told().size(), 1U);
  EXPECT_EQ(moves().size(), 1U);
}

TEST_F(LoopTest, AnAlertStoredRightBeforeTheEndIsHandledAfterTheRestart) {
  fire();
  journal_ = open_journal(directory_.path());
  begin();
  tick(2);
  EXPECT_EQ(told().size(), 1U);
  EXPECT_EQ(open_incidents(), 1U);
}

TEST_F(LoopTest, WithoutPrometheusNothingIsProposedAndTheReasonIsToldOnce) {
  world_.listed = "[" + listed_alert() + "]";
  world_.prometheus_answers = false;
  fire();
  tick(2);
  EXPECT_EQ(hold(), HoldReason::prometheus_unreachable);
  EXPECT_TRUE(told().empty()) << "two bad ticks are no message yet";
  tick(8);
  EXPECT_TRUE(moves().empty());
  EXPECT_THAT(events_told(), ElementsAre("hold"));
  EXPECT_THAT(told()[0].lines[0], HasSubstr("Prometheus gives no answer"));
  world_.prometheus_answers = true;
  world_.prometheus_is_empty = true;
  tick();
  EXPECT_EQ(hold(), HoldReason::samples_empty);
  world_.prometheus_is_empty = false;
  tick();
  EXPECT_EQ(hold(), HoldReason::none);
  EXPECT_EQ(moves().size(), 1U);
}

TEST_F(LoopTest, WithoutTheExporterNothingIsProposed) {
  world_.exporter_answers = false;
  fire();
  tick(4);
  EXPECT_EQ(hold(), HoldReason::exporter_unreachable);
  EXPECT_TRUE(moves().empty());
  EXPECT_THAT(events_told(), ElementsAre("hold"));
}

TEST_F(LoopTest, AnotherClustersDocumentIsNotPlannedOn) {
  world_.document.cluster = "other";
  fire();
  tick(1);
  EXPECT_EQ(hold(), HoldReason::document_invalid);
  EXPECT_TRUE(moves().empty());
}

TEST_F(LoopTest, ASilenceStopsAndWithdrawsWhatWasSuggested) {
  world_.listed = "[" + listed_alert() + "]";
  fire();
  tick();
  ASSERT_EQ(moves().size(), 1U);
  world_.listed = "[" + listed_alert("\"s1\"") + "]";
  const auto plans = counters_.values("balancer_plans_total");
  tick(3);
  EXPECT_EQ(hold(), HoldReason::alert_silenced);
  EXPECT_THAT(moves(), ElementsAre(HasSubstr(" cancelled")));
  EXPECT_EQ(counters_.values("balancer_plans_total"), plans);
  world_.listed = "[" + listed_alert() + "]";
  tick();
  EXPECT_EQ(hold(), HoldReason::none);
  EXPECT_EQ(moves().size(), 2U);
}

TEST_F(LoopTest, ALostWebhookIsHealedFromAlertmanagersList) {
  world_.listed = "[" + listed_alert() + "]";
  tick();
  EXPECT_EQ(open_incidents(), 1U);
  EXPECT_EQ(moves().size(), 1U);
}

TEST_F(LoopTest, AlertsOfOtherReceiversAndSilencedOnesAreNotTakenFromTheList) {
  world_.listed = "[" + listed_alert("", "people") + "]";
  tick();
  begin();
  world_.listed = "[" + listed_alert("\"s1\"") + "]";
  tick();
  EXPECT_EQ(open_incidents(), 0U);
}

TEST_F(LoopTest, TheListIsReadAtTheStartOnRequestAndOnATimer) {
  tick();
  EXPECT_EQ(world_.lists_read, 1);
  tick(2);
  EXPECT_EQ(world_.lists_read, 1);
  loop_->ask_alertmanager();
  tick();
  EXPECT_EQ(world_.lists_read, 2);
  world_.now += 300;
  tick();
  EXPECT_EQ(world_.lists_read, 3);
}

TEST_F(LoopTest, AResolvedAlertEndsWithTheHostUnderItsLimit) {
  fire();
  tick();
  deliver(relief_alert("pve1", 5000, AlertStatus::resolved));
  tick(3);
  EXPECT_EQ(open_incidents(), 1U) << "the host is still busy: resolved is not believed";
  EXPECT_EQ(moves().size(), 1U);
  world_.document.hosts[0].cpu_used_cores = 2;
  tick();
  EXPECT_EQ(open_incidents(), 0U);
  EXPECT_THAT(moves(), ElementsAre(HasSubstr(" cancelled: the incident is over")));
  EXPECT_THAT(events_told(), ElementsAre("plan", "closed"));
}

TEST_F(LoopTest, AnAlertThatAlertmanagerForgotExpires) {
  fire();
  tick();
  tick(8);  // 240 s not listed: an Alertmanager may have been restarted
  EXPECT_EQ(moves()[0].find("cancelled"), std::string::npos);
  world_.document.hosts[0].cpu_used_cores = 2;
  tick(3);
  EXPECT_EQ(open_incidents(), 0U);
}

TEST_F(LoopTest, WhileAlertmanagerIsAwayNothingExpires) {
  world_.alertmanager_answers = false;
  fire();
  world_.document.hosts[0].cpu_used_cores = 2;
  tick(50);
  EXPECT_EQ(open_incidents(), 1U);
}

TEST_F(LoopTest, WhyThereIsNoPlanIsToldOnceAfterThreeTicks) {
  for (Guest& guest : world_.document.guests) guest.lock = "backup";
  fire();
  tick(2);
  EXPECT_TRUE(told().empty());
  tick(5);
  EXPECT_THAT(events_told(), ElementsAre("no_plan"));
  EXPECT_TRUE(moves().empty());
}

TEST_F(LoopTest, APeakThatTheWindowDoesNotShowYetIsExplainedOnceAndPlannedOnceItDoes) {
  world_.cpu["node/pve1"] = 6;  // of 8 cores, the limit is 6.4; the document says 7
  world_.cpu["lxc/103"] = 2;
  fire();
  tick(2);
  EXPECT_TRUE(told().empty()) << "the window may follow within a minute";
  tick(4);
  ASSERT_THAT(events_told(), ElementsAre("no_plan"));
  EXPECT_EQ(told()[0].severity, "info");
  EXPECT_THAT(
      told()[0].lines,
      ElementsAre("pve1 has an alert for its CPU, but is not over its limit: over the last 15 min pve1 used "
                  "75.0 % of its CPU on average, which is under its limit of 80.0 %; nothing is moved for a "
                  "short peak, and a plan follows if the average goes over the limit"));
  EXPECT_THAT(board_.newest()->plan->reason, HasSubstr("no host in scope"));
  EXPECT_TRUE(moves().empty());
  world_.cpu["node/pve1"] = 7;
  tick(2);
  EXPECT_THAT(events_told(), ElementsAre("no_plan", "plan"));
  EXPECT_EQ(moves().size(), 1U);
  world_.cpu["node/pve1"] = 6;
  tick(5);
  EXPECT_THAT(events_told(), ElementsAre("no_plan", "plan")) << "it was explained before";
}

TEST_F(LoopTest, ASecondIncidentIsToldItsOwnReasonAndTheFirstNotAgain) {
  for (Guest& guest : world_.document.guests) guest.lock = "backup";
  fire();
  tick(4);
  world_.document.hosts[1].cpu_used_cores = world_.cpu["node/pve2"] = 7;
  deliver(relief_alert("pve2", 6000, AlertStatus::firing, "b2"));
  tick(5);
  ASSERT_THAT(events_told(), ElementsAre("no_plan", "no_plan"));
  EXPECT_THAT(told()[1].lines[0], HasSubstr("pve2 is short of CPU; no move is suggested: "));
  EXPECT_THAT(told()[1].lines[0], HasSubstr("pve2 stays over its limit"));
}

TEST_F(LoopTest, ShowsTheModeItIsInAndSaysWhyItIsNotTheOneAskedFor) {
  config_.evaluator.mode = "auto";
  begin();
  tick(3);
  EXPECT_EQ(board_.newest()->mode, "suggest");
  EXPECT_THAT(board_.newest()->mode_reason, HasSubstr("config.yaml says auto"));
  config_.evaluator.mode = "suggest";
  loop_->reconfigure(std::make_shared<const Config>(config_));
  tick();
  EXPECT_EQ(board_.newest()->mode_reason, "");
  int recorded = 0;
  ASSERT_TRUE(journal_
                  ->read([&](Tables& tables) -> Status {
                    const auto events = tables.recent_events(100);
                    for (const auto& event : *events) recorded += event.kind == "mode" ? 1 : 0;
                    return Done{};
                  })
                  .ok());
  EXPECT_EQ(recorded, 2) << "one for each change, not one for each tick";
}

TEST_F(LoopTest, TheFallbackOfADamagedJournalHoldsUntilAPersonSetsTheMode) {
  ASSERT_TRANSACT(*journal_,
                  [](Tables& tables) { return tables.set_setting(kModeFallbackSetting, "suggest"); });
  config_.evaluator.mode = "auto";
  for (int restart = 0; restart < 2; ++restart) {
    begin();
    tick();
    EXPECT_THAT(board_.newest()->mode_reason, HasSubstr("damaged"));
  }
  for (const char* mode : {"suggest", "auto"}) {
    config_.evaluator.mode = mode;
    loop_->reconfigure(std::make_shared<const Config>(config_));
    tick();
  }
  EXPECT_THAT(board_.newest()->mode_reason, Not(HasSubstr("damaged")));
}

TEST_F(LoopTest, ForgetsWhatIsOldButNotWhatIsOpen) {
  Alert old = relief_alert("pve1", 5000, AlertStatus::firing, "old1");
  old.labels.erase("balancer");
  deliver(old);
  tick();
  fire();
  tick();
  ASSERT_THAT(events_told(), ElementsAre("alert", "plan"));
  const std::int64_t delivered = told()[0].id;
  ASSERT_TRANSACT(*journal_, [&](Tables& tables) { return tables.delivery_sent(delivered, "chat"); });
  world_.now += 91 * 86400;
  world_.document.taken_at = world_.now;
  tick(4);
  EXPECT_THAT(events_told(), ElementsAre("plan")) << "its incident is still open";
  EXPECT_EQ(open_incidents(), 1U);
  EXPECT_EQ(moves().size(), 1U);
  tick(3);
  EXPECT_THAT(events_told(), ElementsAre("plan"));
}

TEST_F(LoopTest, AGuestThatMovedByItselfMakesANewPlan) {
  fire();
  tick();
  const std::string first = moves()[0];
  const std::string guest = first.substr(0, first.find('>'));
  for (Guest& g : world_.document.guests) {
    if (g.id == guest) g.lock = "backup";
  }
  tick(4);
  ASSERT_GE(moves().size(), 1U);
  EXPECT_THAT(moves().back(), HasSubstr(" cancelled"));
}

TEST_F(LoopTest, OtherAlertsAreToldOnceAndNeverPlanned) {
  Alert alert = relief_alert();
  alert.labels.erase("balancer");
  alert.labels["id"] = "lxc/101";
  for (int i = 0; i < 3; ++i) {
    deliver(alert);
    tick();
  }
  EXPECT_THAT(events_told(), ElementsAre("alert"));
  EXPECT_EQ(open_incidents(), 0U);
}

TEST_F(LoopTest, OnlyTheEventsOfNotifyOnAreTold) {
  config_.notify.on = {"closed"};
  begin();
  fire();
  tick();
  EXPECT_EQ(moves().size(), 1U);
  EXPECT_TRUE(told().empty());
}

TEST_F(LoopTest, WhatCannotBeWrittenIsNotDone) {
  fire();
  ASSERT_TRUE(
      Database::open(directory_.path() + "/journal.sqlite")->execute("DROP TABLE incident_alerts").ok());
  tick();
  EXPECT_EQ(hold(), HoldReason::journal_unavailable);
  EXPECT_TRUE(moves().empty());
}

}  // namespace
}  // namespace pcb
