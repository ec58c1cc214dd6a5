#include "tests/evaluator/loop_fixture.h"

namespace pcb {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Not;

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

TEST_F(LoopTest, AnExporterThatServesButNoLongerReadsStopsIt) {
  world_.document_taken_at = world_.now;
  fire();
  tick(4);
  EXPECT_EQ(hold(), HoldReason::document_stale);
}

TEST_F(LoopTest, AnOldDocumentClosesNoIncident) {
  fire();
  tick();
  deliver(relief_alert("pve1", 5000, AlertStatus::resolved));
  world_.document.hosts[0].cpu_used_cores = 2;
  world_.document_taken_at = world_.now - 600;
  tick(3);
  EXPECT_EQ(open_incidents(), 1U);
  world_.document_taken_at.reset();
  tick();
  EXPECT_EQ(open_incidents(), 0U);
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

TEST_F(LoopTest, ASilenceThatOneOfSeveralAlertmanagersKnowsStopsWhateverTheOtherSays) {
  const std::string silenced = "[" + listed_alert("\"s1\"") + "]";
  for (const Result<std::string>& other :
       {Result<std::string>(Error{"connection refused"}), Result<std::string>("[" + listed_alert() + "]")}) {
    world_.listed = "[" + listed_alert() + "]";
    world_.second_listed.reset();
    fire();
    tick();
    ASSERT_EQ(hold(), HoldReason::none);
    world_.listed = silenced;
    world_.second_listed = other;
    tick();
    EXPECT_EQ(hold(), HoldReason::alert_silenced);
  }
}

TEST_F(LoopTest, AnAlertmanagerThatKnowsNoneButSilencedAlertsStopsThePlanAsItWouldTheStart) {
  const auto second = [](std::string alert) { return alert.replace(alert.find("\"a1\""), 4, "\"a2\""); };
  world_.listed = "[" + listed_alert() + "," + second(listed_alert()) + "]";
  fire();
  tick();
  ASSERT_EQ(moves().size(), 1U);
  world_.listed = "[" + listed_alert() + "," + second(listed_alert("\"s1\"")) + "]";
  tick();
  EXPECT_EQ(hold(), HoldReason::none) << "the other one is active";
  world_.second_listed = "[" + second(listed_alert("\"s1\"")) + "]";
  tick();
  EXPECT_EQ(hold(), HoldReason::alert_silenced);
}

TEST_F(LoopTest, WithOneOfSeveralAlertmanagersAwayALostWebhookIsHealedAndNothingExpires) {
  world_.listed = "[" + listed_alert() + "]";
  world_.second_listed = Error{"connection refused"};
  tick();
  ASSERT_EQ(moves().size(), 1U);
  world_.listed = "[]";
  world_.document.hosts[0].cpu_used_cores = 2;
  tick(50);
  EXPECT_EQ(open_incidents(), 1U) << "the one that is away may still list it";
}

TEST_F(LoopTest, AYesThatCameTooLateIsAskedForAgainAndANoIsNot) {
  const auto change = [&](std::int64_t move, MoveState becomes, const char* actor) {
    ASSERT_TRANSACT(*journal_, [&](Tables& tables) {
      return tables.change_move(move, becomes, actor, "the test wants it", world_.now);
    });
  };
  fire();
  tick();
  change(1, MoveState::approved, "alice");
  tick();
  ASSERT_EQ(moves().size(), 1U);
  change(1, MoveState::cancelled, "evaluator");
  tick();
  EXPECT_THAT(moves(), ElementsAre(HasSubstr(" proposed"), HasSubstr(" cancelled")));
  change(2, MoveState::cancelled, "alice");
  tick(3);
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
  EXPECT_THAT(moves(), ElementsAre(HasSubstr(" cancelled: ")));
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

}  // namespace
}  // namespace pcb
