// What is carried out, and what is not: modes, approvals, the red button, silences, the lock.
#include <fstream>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/evaluator/actor_fixture.h"
#include "tests/evaluator/silence_lists.h"

namespace pcb {
namespace {

using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

TEST_F(ActorTest, AnApprovedMoveIsCarriedOutOnceAndToldAndRecorded) {
  approve();
  go(8);
  ASSERT_EQ(migrator_.starts.size(), 1U);
  EXPECT_EQ(migrator_.starts[0].guest + migrator_.starts[0].from + migrator_.starts[0].to, "lxc/103pve1pve2");
  EXPECT_EQ(migrator_.guests["lxc/103"].host, "pve2");
  EXPECT_THAT(moves(), ElementsAre("lxc/103>pve2 done"));
  EXPECT_THAT(migrator_.cleared, ElementsAre(migrator_.starts[0].id));
  ASSERT_EQ(operations().size(), 1U);
  EXPECT_EQ(operations()[0].initiator, Initiator::approved);
  EXPECT_TRUE(operations()[0].cleared && operations()[0].ended_at);
  EXPECT_THAT(events_told(), Contains("move_started"));
  EXPECT_THAT(events_told(), Contains("move_done"));
  EXPECT_THAT(told()[1].lines[0], HasSubstr("approved by alice"));
}

TEST_F(ActorTest, WhoLooksOnSeesTheStateOfAMoveAndTheHostsLogAlsoAfterItsEnd) {
  migrator_.looks_per_move = 4;
  migrator_.log = {"2026-11-22 16:50:09 shutdown CT 103"};
  approve();
  go(3);
  auto watched = act_board_.newest()->watched;
  ASSERT_EQ(watched.size(), 1U);
  EXPECT_EQ(watched[0].operation, operations()[0].id);
  EXPECT_EQ(watched[0].state, MoveState::running);
  EXPECT_EQ(watched[0].log, migrator_.log);
  migrator_.log.clear();
  go(8);
  watched = act_board_.newest()->watched;
  ASSERT_EQ(watched.size(), 1U);
  EXPECT_EQ(watched[0].state, MoveState::done);
  EXPECT_THAT(watched[0].log, ElementsAre(HasSubstr("shutdown CT 103")));
}

// pve1 uses 7 cores, its limit is 6.4, low water 5.76: the first of two moves leaves 6.3.
TEST_F(ActorTest, ReliefThatHasBegunGoesOnToLowWater) {
  config_.evaluator.mode = "auto";
  begin_again();
  ASSERT_TRANSACT(*journal_, [&](Tables& tables) { return tables.set_setting("heartbeat_at", "999999"); });
  for (Guest& guest : world_.document.guests) {
    guest.tags = {"balancer_auto"};
    guest.cpu_used_cores = world_.cpu[guest.id] = 0.7;
  }
  // Only pve2 has room: one move after the other.
  world_.document.hosts[2].cpu_used_cores = world_.cpu["node/pve3"] = 6.2;
  fire();
  for (int i = 0; i < 40 && migrator_.starts.size() < 2; ++i) go();
  go(8);
  EXPECT_THAT(moves(), ::testing::UnorderedElementsAre("lxc/101>pve2 done", "lxc/103>pve2 done"));
}

TEST_F(ActorTest, TheIntentIsOnTheDiskBeforeTheHostIsAsked) {
  approve();
  int seen = 0;
  migrator_.called = [&](const char* call) {
    if (std::string(call) != "start") return;
    const auto all = operations();  // through the journal: committed
    ASSERT_EQ(all.size(), 1U);
    EXPECT_EQ(all[0].move.state, MoveState::starting);
    EXPECT_EQ(all[0].id.size(), 32U);
    ++seen;
  };
  go(2);
  EXPECT_EQ(seen, 1);
}

TEST_F(ActorTest, InModeSuggestNoHostIsSpokenTo) {
  config_.evaluator.mode = "suggest";
  begin_again();
  int calls = 0;
  migrator_.called = [&](const char*) { ++calls; };
  fire();
  go(3);
  EXPECT_EQ(decide_it(true).status, 409);
  go(5);
  EXPECT_EQ(calls, 0);
  EXPECT_THAT(moves(), ElementsAre("lxc/103>pve2 proposed"));
}

TEST_F(ActorTest, WithoutAYesNothingStarts) {
  fire();
  go(20);
  EXPECT_TRUE(migrator_.starts.empty());
  EXPECT_EQ(decide_it(false).status, 200);
  go(20);
  EXPECT_TRUE(migrator_.starts.empty()) << "rejected";
  EXPECT_THAT(moves(), ElementsAre("lxc/103>pve2 cancelled: rejected by alice from 192.0.2.7"))
      << "the same plan is not proposed again";
}

TEST_F(ActorTest, red_button_stops_what_was_approved_and_release_lets_it_go_on) {
  approve();
  ASSERT_TRUE(button_.press("alice", "", world_.now).ok());
  go(10);
  EXPECT_TRUE(migrator_.starts.empty());
  EXPECT_TRUE(refused(Restraint::paused));
  ASSERT_TRUE(button_.release().ok());
  go(2);
  EXPECT_EQ(migrator_.starts.size(), 1U);
}

TEST_F(ActorTest, red_button_pressed_after_the_intent_still_stops_the_start) {
  approve();
  // The file appears while the intent is being written: the lock's owner is asked for right before.
  world_.on_lists = [&] { std::ofstream(button_.path()).flush(); };
  go(3);
  EXPECT_TRUE(migrator_.starts.empty());
}

TEST_F(ActorTest, red_button_works_with_journal_prometheus_and_alertmanager_gone) {
  approve();
  world_.prometheus_answers = world_.alertmanager_answers = world_.exporter_answers = false;
  auto database = Database::open(directory_.path() + "/journal.sqlite");
  ASSERT_TRUE(database->execute("DROP TABLE operations").ok());
  EXPECT_TRUE(button_.press("alice", "", world_.now).ok());
  EXPECT_NE(button_.pressed(), "");
  go(5);
  EXPECT_TRUE(migrator_.starts.empty());
}

TEST_F(ActorTest, silence_right_before_the_start_stops_it) {
  approve();
  tick();
  world_.listed = "[" + listed_alert("\"s1\"") + "]";  // after the loop has looked
  actor_->round();
  EXPECT_TRUE(migrator_.starts.empty());
  EXPECT_TRUE(refused(Restraint::alert_stopped));
  go(2);
  EXPECT_THAT(moves(), ElementsAre(HasSubstr("cancelled: the alert for pve1 is silenced")));
  EXPECT_TRUE(migrator_.starts.empty());
}

TEST_F(ActorTest, silence_that_cannot_be_asked_for_stops_it) {
  approve();
  tick();
  world_.alertmanager_answers = false;
  actor_->round();
  EXPECT_TRUE(migrator_.starts.empty());
  EXPECT_TRUE(refused(Restraint::alert_unconfirmed));
  world_.alertmanager_answers = true;
  go(2);
  EXPECT_EQ(migrator_.starts.size(), 1U);
}

TEST_F(ActorTest, silence_of_the_target_or_the_guest_stops_it) {
  approve();
  tick();
  for (const char* silenced : {"id=node/pve2", "id=lxc/103"}) {
    world_.silences = test::silence_list(silenced);
    actor_->round();
    EXPECT_TRUE(migrator_.starts.empty()) << silenced;
    EXPECT_TRUE(refused(Restraint::alert_stopped)) << silenced;
  }
  world_.silences = test::silence_list("id=node/pve3");
  actor_->round();
  EXPECT_EQ(migrator_.starts.size(), 1U) << "pve3 has no part in it";
}

TEST_F(ActorTest, AResolvedIncidentCancelsWhatWaitsAndNeverWhatRuns) {
  approve();
  ASSERT_TRUE(button_.press("alice", "", world_.now).ok());
  go();
  world_.document.hosts[0].cpu_used_cores = world_.cpu["node/pve1"] = 3;
  world_.listed = "[]";
  deliver(relief_alert("pve1", 5000, AlertStatus::resolved));
  go();
  EXPECT_THAT(moves(), ElementsAre("lxc/103>pve2 cancelled: the incident is over"));
  ASSERT_TRUE(button_.release().ok());
  go(5);
  EXPECT_TRUE(migrator_.starts.empty());
}

TEST_F(ActorTest, WhatRunsIsFinishedThoughTheIncidentIsOver) {
  approve();
  migrator_.looks_per_move = 6;
  go(2);
  ASSERT_EQ(migrator_.starts.size(), 1U);
  deliver(relief_alert("pve1", 5000, AlertStatus::resolved));
  world_.listed = "[]";
  go(15);
  EXPECT_THAT(moves(), ElementsAre("lxc/103>pve2 done"));
}

TEST_F(ActorTest, AnotherPlanNeedsAnotherYes) {
  approve();
  ASSERT_TRUE(button_.press("alice", "", world_.now).ok());
  world_.document.guests[0].lock = "snapshot";  // lxc/103 cannot go any more
  go();
  ASSERT_TRUE(button_.release().ok());
  go(5);
  EXPECT_TRUE(migrator_.starts.empty());
  EXPECT_THAT(moves(), Contains(HasSubstr("lxc/103>pve2 cancelled: a newer plan replaces it")));
}

TEST_F(ActorTest, AnApprovalRunsOut) {
  config_.evaluator.approval_ttl = Seconds(100);
  begin_again();
  approve();
  ASSERT_TRUE(button_.press("alice", "", world_.now).ok());
  go(5);
  ASSERT_TRUE(button_.release().ok());
  go(3);
  EXPECT_TRUE(migrator_.starts.empty());
  EXPECT_THAT(moves(), Contains(HasSubstr("older than evaluator.approval_ttl")));
}

TEST_F(ActorTest, TheSecondWhoDecidesIsToldWhoDidFirst) {
  approve();
  const Answer second = decide_it(false, 0, "bob");
  EXPECT_EQ(second.status, 409);
  EXPECT_THAT(second.sentence, HasSubstr("already decided: alice approved it"));
}

TEST_F(ActorTest, two_evaluators_only_the_holder_of_the_lock_acts) {
  migrator_.lock_owner = std::string(32, '9');
  approve();
  go(5);
  EXPECT_TRUE(migrator_.starts.empty());
  EXPECT_TRUE(refused(Restraint::cluster_lock));
  migrator_.lock_owner.clear();
  go(5);
  EXPECT_EQ(migrator_.starts.size(), 1U);
}

TEST_F(ActorTest, two_evaluators_a_lock_that_ran_out_while_it_slept_starts_nothing) {
  approve();
  world_.on_lists = [&] { migrator_.now_seconds += 3600; };  // stopped and continued during the question
  go(1);
  EXPECT_TRUE(migrator_.starts.empty());
}

TEST_F(ActorTest, ARefusalOfTheHostSkipsTheMoveAndSaysWhy) {
  approve();
  migrator_.guests["lxc/103"].lock = "backup";
  go(2);
  EXPECT_THAT(moves(), Contains(HasSubstr("lxc/103>pve2 skipped")));
  EXPECT_TRUE(operations()[0].cleared);
  EXPECT_THAT(events_told(), Contains("move_failed"));
  EXPECT_EQ(counters_.values("balancer_rejected_total").count({"locked"}), 1U);
}

TEST_F(ActorTest, ABackupThatRunsOrIsAboutToBeginHoldsTheMoveBack) {
  approve();
  world_.document.tasks = {{"pve2", "vzdump", std::nullopt, world_.now}};
  go(4);
  EXPECT_TRUE(refused(Restraint::backup_running));
  world_.document.tasks = {{"pve2", "qmstart", std::nullopt, world_.now}};
  world_.document.hosts[1].next_backup_at = world_.now + 3000;
  world_.document.hosts[0].next_backup_at = world_.now + 600;
  go(2);
  EXPECT_FALSE(refused(Restraint::backup_running));
  EXPECT_TRUE(refused(Restraint::backup_soon));
  EXPECT_TRUE(migrator_.starts.empty());
  world_.document.hosts[0].next_backup_at = world_.now + 86400;
  go(2);
  EXPECT_EQ(migrator_.starts.size(), 1U);
}

TEST_F(ActorTest, InModeAutoAContainerIsNotRestartedWithoutConsent) {
  config_.evaluator.mode = "auto";
  begin_again();
  ASSERT_TRANSACT(*journal_, [&](Tables& tables) { return tables.set_setting("heartbeat_at", "999999"); });
  fire();
  go(10);
  EXPECT_TRUE(migrator_.starts.empty());
  EXPECT_TRUE(refused(Restraint::consent));
  world_.document.guests[0].tags = {"balancer_auto"};
  go(2);
  EXPECT_EQ(migrator_.starts.size(), 1U);
  EXPECT_EQ(operations()[0].initiator, Initiator::automatic);
}

TEST_F(ActorTest, InModeAutoNothingStartsBeforeTheHoldIsOver) {
  config_.evaluator.mode = "auto";
  begin_again();
  world_.document.guests[0].tags = {"balancer_auto"};
  ASSERT_TRANSACT(*journal_, [&](Tables& tables) { return tables.set_setting("heartbeat_at", "999999"); });
  fire();
  go(2);
  EXPECT_TRUE(migrator_.starts.empty());
  EXPECT_TRUE(refused(Restraint::hold));
  go(1);
  EXPECT_EQ(migrator_.starts.size(), 1U);
}

TEST_F(ActorTest, AfterAChangeOfMembersNothingMovesForAWhile) {
  approve();
  ASSERT_TRUE(button_.press("alice", "", world_.now).ok());
  world_.document.hosts[2].state = HostState::offline;
  go();
  world_.document.hosts[2].state = HostState::online;
  go();
  ASSERT_TRUE(button_.release().ok());
  go();
  EXPECT_TRUE(migrator_.starts.empty());
  EXPECT_TRUE(refused(Restraint::quorum_changed));
  begin_again();  // a restart does not forget it
  go(2);
  EXPECT_TRUE(refused(Restraint::quorum_changed));
  go(10);
  EXPECT_EQ(migrator_.starts.size(), 1U);
}

TEST_F(ActorTest, AModeThatAReloadLoweredHoldsBeforeTheNextTick) {
  config_.evaluator.mode = "auto";
  begin_again();
  world_.document.guests[0].tags = {"balancer_auto"};
  ASSERT_TRANSACT(*journal_, [&](Tables& tables) { return tables.set_setting("heartbeat_at", "999999"); });
  fire();
  go(2);
  tick();  // the hold is over
  config_.evaluator.mode = "approve";
  actor_->reconfigure(std::make_shared<const Config>(config_));
  actor_->round();
  EXPECT_TRUE(migrator_.starts.empty());
  config_.evaluator.mode = "auto";
  actor_->reconfigure(std::make_shared<const Config>(config_));
  actor_->round();
  EXPECT_EQ(migrator_.starts.size(), 1U) << "it was the mode that kept it";
}

TEST_F(ActorTest, TheWayBackIsRememberedAsLongAsItCanBeForbidden) {
  constexpr double kDay = 86400;
  config_.evaluator.limits.return_ban = Seconds(30 * kDay);
  begin_again();
  ASSERT_TRANSACT(*journal_, [&](Tables& tables) -> Status {
    const double then = world_.now - 29 * kDay;
    PlanRecord plan;
    plan.made_at = then;
    plan.goal = "relieve";
    plan.result = "moves";
    const auto id = tables.store_plan(plan);
    if (!id) return id.error();
    OperationRecord past;
    past.id = std::string(32, 'e');
    past.intended_at = then;
    past.ended_at = then + 60;
    past.move = {};
    past.move.plan_id = *id;
    past.move.step = 1;
    past.move.guest = "lxc/103";
    past.move.from = "pve2";
    past.move.to = "pve1";
    past.move.method = "restart";
    const auto move = tables.propose_move(past.move);
    if (!move) return move.error();
    past.move.id = *move;
    auto done = tables.change_move(*move, MoveState::approved, "alice", "", then);
    if (done) done = tables.intend(past);
    for (const MoveState state :
         {MoveState::starting, MoveState::running, MoveState::verifying, MoveState::done})
      if (done) done = tables.change_move(*move, state, "evaluator", "", then);
    if (done) done = tables.note_end(past);
    if (done) done = tables.note_cleared(past.id);
    return done ? tables.no_plan_stands() : done;
  });
  approve();
  go(5);
  EXPECT_TRUE(migrator_.starts.empty());
  EXPECT_TRUE(refused(Restraint::return_ban));
}

}  // namespace
}  // namespace pcb
