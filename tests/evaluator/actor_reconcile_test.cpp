// After a crash, and when moves go wrong: what became of them is found out before anything else is done.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/evaluator/actor_fixture.h"

namespace pcb {
namespace {

using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using Kind = StartAnswer::Kind;

TEST_F(ActorTest, reconcile_a_restarted_evaluator_finishes_what_runs) {
  approve();
  migrator_.looks_per_move = 10;
  go(2);
  ASSERT_EQ(migrator_.starts.size(), 1U);
  begin_again();
  go(15);
  EXPECT_EQ(migrator_.starts.size(), 1U) << "never a second time";
  EXPECT_THAT(moves(), ElementsAre("lxc/103>pve2 done"));
}

TEST_F(ActorTest, reconcile_a_start_without_an_answer_that_happened) {
  approve();
  migrator_.next_starts = {{Kind::nobody_knows, "", "the connection was cut", ""}};
  migrator_.called = [&](const char* call) {
    if (std::string(call) == "look" && migrator_.units.empty() && migrator_.starts.empty()) {
      const OperationRecord record = operations().front();
      Operation operation{record.id, "lxc/103", "pve1", "pve2", MoveMethod::restart, true, false, {}, 0};
      migrator_.begin(operation, false);
    }
  };
  go(1);
  begin_again();
  go(15);
  EXPECT_EQ(migrator_.starts.size(), 1U);
  EXPECT_THAT(moves(), ElementsAre("lxc/103>pve2 done"));
}

TEST_F(ActorTest, reconcile_a_start_that_never_happened_is_skipped_and_nothing_starts_before_that_is_known) {
  approve();
  migrator_.next_starts = {{Kind::nobody_knows, "", "the connection was cut", ""}};
  go(1);
  begin_again();
  migrator_.called = [&](const char* call) {
    if (std::string(call) != "start") return;
    EXPECT_NE(operations().front().move.state, MoveState::starting) << "the first is not yet known";
  };
  go(30);
  const auto all = operations();
  ASSERT_FALSE(all.empty());
  EXPECT_EQ(all.front().move.state, MoveState::skipped);
  EXPECT_TRUE(all.front().cleared);
}

TEST_F(ActorTest, reconcile_an_end_that_was_recorded_is_only_cleared_away) {
  approve();
  bool killed = false;
  migrator_.called = [&](const char* call) {
    if (std::string(call) == "clear" && !killed) {
      killed = true;
      throw std::runtime_error("killed between the record and the clearing");
    }
  };
  EXPECT_THROW(go(15), std::runtime_error);
  EXPECT_THAT(moves(), ElementsAre("lxc/103>pve2 done"));
  EXPECT_FALSE(operations()[0].cleared);
  begin_again();
  go(3);
  EXPECT_TRUE(operations()[0].cleared);
  EXPECT_EQ(migrator_.cleared.size(), 1U);
  EXPECT_EQ(migrator_.starts.size(), 1U);
}

// The evaluator dies at its n-th word to a host, for each n: one start, and a known end, whatever n is.
TEST_F(ActorTest, reconcile_killed_at_every_word_to_a_host) {
  int calls = 1000;
  for (int killed_at = 1; killed_at <= calls; ++killed_at) {
    test::TemporaryFolder fresh;
    journal_ = open_journal(fresh.path());
    migrator_.guests["lxc/103"] = {"pve1", true, "", false};
    migrator_.units.clear();
    migrator_.starts.clear();
    migrator_.cleared.clear();
    migrator_.lock_owner.clear();
    follow_the_hosts();
    begin_again();
    approve();
    int call = 0;
    migrator_.called = [&](const char*) {
      if (++call == killed_at) throw std::runtime_error("killed");
    };
    bool killed = false;
    for (int i = 0; i < 30; ++i) {
      try {
        go();
      } catch (const std::runtime_error&) {
        killed = true;
        begin_again();
      }
    }
    migrator_.called = nullptr;
    if (!killed) {
      calls = killed_at;  // past the end
      EXPECT_GT(killed_at, 6);
    }
    EXPECT_LE(migrator_.starts.size(), 1U) << "killed at word " << killed_at;
    EXPECT_TRUE(operations().front().ended_at) << "killed at word " << killed_at;
    EXPECT_TRUE(operations().front().cleared) << "killed at word " << killed_at;
    EXPECT_EQ(migrator_.guests["lxc/103"].host, migrator_.starts.empty() ? "pve1" : "pve2");
  }
}

TEST_F(ActorTest, AFailureIsToldWithWhatToTypeAndAContainerLeftStoppedIsStartedOnce) {
  approve();
  migrator_.end = test::FakeMigrator::End::left_stopped;
  go(20);
  EXPECT_THAT(moves(), Contains("lxc/103>pve2 failed"));
  EXPECT_THAT(migrator_.guest_starts, ElementsAre("lxc/103@pve1"));
  EXPECT_THAT(events_told(), Contains("move_failed"));
}

TEST_F(ActorTest, breaker_opens_after_three_failures_and_means_suggest_until_a_person_resets_it) {
  config_.evaluator.guest_cooldown = Seconds(0);
  begin_again();
  migrator_.end = test::FakeMigrator::End::stays;
  fire();
  for (int i = 0; i < 3; ++i) {
    EXPECT_FALSE(breaker_is_open());
    go(2);
    const Answer answer = decide_it(true);
    ASSERT_EQ(answer.status, 200) << i << ": " << answer.sentence << "\n"
                                  << ::testing::PrintToString(moves());
    go(15);
    ASSERT_EQ(migrator_.starts.size(), static_cast<std::size_t>(i + 1));
  }
  EXPECT_TRUE(breaker_is_open());
  go(2);
  EXPECT_EQ(board_.newest()->mode, "suggest");
  EXPECT_THAT(board_.newest()->mode_reason, HasSubstr("3 moves in a row have failed"));
  EXPECT_THAT(events_told(), Contains("breaker"));
  EXPECT_EQ(decide_it(true).status, 409) << "the mode is suggest";
  ASSERT_TRANSACT(*journal_, [&](Tables& tables) -> Status {
    const auto reset = reset_breaker(tables, decider_of("alice", ""), "mended", world_.now);
    return reset ? Status(Done{}) : Status(reset.error());
  });
  migrator_.end = test::FakeMigrator::End::moves;
  go(2);
  EXPECT_EQ(board_.newest()->mode, "approve");
  ASSERT_EQ(decide_it(true).status, 200);
  go(15);
  EXPECT_EQ(migrator_.guests["lxc/103"].host, "pve2");
  EXPECT_FALSE(breaker_is_open());
}

// A start whose answer is lost, while the host stays away until it is `unknown`: what comes back shows that
// nothing was begun.
TEST_F(ActorTest, breaker_does_not_count_what_was_never_begun) {
  config_.evaluator.guest_cooldown = Seconds(0);
  begin_again();
  fire();
  for (int i = 0; i < 3; ++i) {
    go(2);
    ASSERT_EQ(decide_it(true).status, 200) << i << ::testing::PrintToString(moves());
    migrator_.next_starts = {{Kind::nobody_knows, "", "the connection was cut", ""}};
    migrator_.silent_hosts = {"pve1", "pve2"};
    go(40);
    ASSERT_EQ(operations().back().move.state, MoveState::unknown) << i;
    migrator_.silent_hosts.clear();
    go(30);
    ASSERT_EQ(operations().back().move.state, MoveState::failed) << i;
    EXPECT_THAT(operations().back().move.reason, HasSubstr("nothing was started"));
  }
  EXPECT_EQ(operations().size(), 3U);
  EXPECT_TRUE(migrator_.starts.empty());
  EXPECT_FALSE(breaker_is_open());
}

// Seen running, then lost out of sight, and the evaluator restarted: that it was begun is not forgotten.
TEST_F(ActorTest, reconcile_a_migration_seen_running_before_it_was_unknown_was_begun) {
  start_unseen_and_see_it_run(1000);
  migrator_.silent_hosts = {"pve1", "pve2"};
  go(40);
  ASSERT_EQ(operations().front().move.state, MoveState::unknown);
  migrator_.silent_hosts.clear();
  migrator_.units.clear();
  migrator_.guests["lxc/103"].running = false;
  begin_again();
  go(10);
  EXPECT_THAT(migrator_.guest_starts, ElementsAre("lxc/103@pve1")) << "the migration had stopped it";
}

TEST_F(ActorTest, breaker_opens_when_it_came_out_worse_than_predicted) {
  config_.prometheus.window = Seconds(60);
  begin_again();
  approve();
  go(8);
  ASSERT_THAT(moves(), ElementsAre("lxc/103>pve2 done"));
  EXPECT_FALSE(breaker_is_open());
  world_.document.hosts[1].cpu_used_cores = world_.cpu["node/pve2"] = 8;  // it is worse than before
  go(10);
  EXPECT_TRUE(breaker_is_open());
  EXPECT_EQ(board_.newest()->mode, "suggest");
}

TEST_F(ActorTest, breaker_stays_closed_when_the_promise_was_kept) {
  config_.prometheus.window = Seconds(60);
  begin_again();
  approve();
  go(20);
  EXPECT_FALSE(breaker_is_open());
  ASSERT_TRUE(board_.newest()->achieved.has_value());
  EXPECT_LT(board_.newest()->achieved->peak, 1);
}

TEST_F(ActorTest, AContainerLeftStoppedIsAskedForAgainWhereTheHostDidNothing) {
  approve();
  migrator_.end = test::FakeMigrator::End::left_stopped;
  migrator_.next_guest_starts = {{Kind::refused, "task", "a task runs", ""},
                                 {Kind::not_started, "", "no route to the host", ""}};
  go(30);
  EXPECT_THAT(migrator_.guest_starts, ElementsAre("lxc/103@pve1"));
  EXPECT_TRUE(migrator_.guests["lxc/103"].running);
  EXPECT_THAT(moves(), Contains("lxc/103>pve2 failed"));
}

TEST_F(ActorTest, AContainerLeftStoppedIsAskedForOnceWhereTheAnswerWasLost) {
  approve();
  migrator_.end = test::FakeMigrator::End::left_stopped;
  migrator_.next_guest_starts = {{Kind::nobody_knows, "", "the connection was cut", ""}};
  go(30);
  EXPECT_TRUE(migrator_.guest_starts.empty());
  EXPECT_THAT(moves(), Contains("lxc/103>pve2 failed"));
}

TEST_F(ActorTest, reconcile_a_container_left_stopped_is_started_though_who_asked_for_it_was_killed) {
  approve();
  migrator_.end = test::FakeMigrator::End::left_stopped;
  bool killed = false;
  migrator_.called = [&](const char* call) {
    if (std::string(call) == "start_guest" && !killed) {
      killed = true;
      throw std::runtime_error("killed between the record of the request and the request");
    }
  };
  EXPECT_THROW(go(30), std::runtime_error);
  begin_again();
  go(30);
  EXPECT_THAT(migrator_.guest_starts, ElementsAre("lxc/103@pve1"));
  EXPECT_TRUE(operations()[0].cleared);
}

TEST_F(ActorTest, red_button_holds_the_start_of_a_container_left_stopped) {
  approve();
  migrator_.end = test::FakeMigrator::End::left_stopped;
  go(1);
  ASSERT_EQ(migrator_.starts.size(), 1U);
  ASSERT_TRUE(button_.press("alice", "", world_.now).ok());
  go(30);
  EXPECT_TRUE(migrator_.guest_starts.empty());
}

// The unit and its log go with a restart of the host; the journal knows that the migration had begun.
TEST_F(ActorTest, reconcile_a_migration_seen_running_whose_unit_is_gone_was_begun) {
  start_unseen_and_see_it_run(20);
  begin_again();
  migrator_.units.clear();
  migrator_.guests["lxc/103"].running = false;
  go(10);
  EXPECT_THAT(migrator_.guest_starts, ElementsAre("lxc/103@pve1"));
}

}  // namespace
}  // namespace pcb
