#include "tests/evaluator/loop_fixture.h"

namespace pcb {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Not;

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

TEST_F(LoopTest, breaker_ShowsTheModeItIsInAndSaysWhyItIsNotTheOneAskedFor) {
  ASSERT_TRANSACT(*journal_, [](Tables& tables) {
    return tables.set_switch({1, SwitchName::breaker, true, "evaluator", "", "3 moves in a row have failed"});
  });
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
  EXPECT_THAT(events_told(), ElementsAre("plan", "report")) << "its incident is still open";
  EXPECT_EQ(open_incidents(), 1U);
  EXPECT_EQ(moves().size(), 1U);
  tick(3);
  EXPECT_THAT(events_told(), ElementsAre("plan", "report"));
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
