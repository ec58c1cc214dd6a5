// What the journal keeps of acting: intents, operations, decisions, switches, outcomes, errands.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "evaluator/journal/schema.h"
#include "tests/evaluator/journal_story.h"

namespace pcb {
namespace {

namespace fs = std::filesystem;
using ::testing::HasSubstr;

using JournalActs = JournalTest;

TEST_F(JournalActs, NothingStartsWithoutItsIntent) {
  const std::int64_t id = propose();
  ASSERT_TRUE(change(id, MoveState::approved).ok());
  const Status early = change(id, MoveState::starting);
  ASSERT_FALSE(early.ok());
  EXPECT_THAT(early.error().message, HasSubstr("intent"));
  intend(id);
  EXPECT_TRUE(change(id, MoveState::starting).ok());
  OperationRecord second;
  second.id = std::string(32, 'b');
  second.move.id = id;
  EXPECT_FALSE(journal_->transact([&](Tables& tables) { return tables.intend(second); }).ok())
      << "a move is carried out once";
  second.id = "not hexadecimal";
  EXPECT_FALSE(journal_->transact([&](Tables& tables) { return tables.intend(second); }).ok());
}

TEST_F(JournalActs, AnOperationComesBackAsItWentInAndIsOpenUntilCleared) {
  const std::int64_t move = propose();
  OperationRecord operation;
  operation.id = std::string(32, 'c');
  operation.move.id = move;
  operation.initiator = Initiator::giving_back;
  operation.was_running = false;
  operation.with_local_disks = true;
  operation.bandwidth_bytes_per_second = 5e6;
  operation.target_memory_bytes = 7e9;
  operation.intended_at = 1001;
  const auto open = [&] {
    std::vector<OperationRecord> found;
    EXPECT_TRUE(journal_
                    ->read([&](Tables& tables) -> Status {
                      found = tables.open_operations().value();
                      return Done{};
                    })
                    .ok());
    return found;
  };
  ASSERT_TRANSACT(*journal_, [&](Tables& tables) { return tables.intend(operation); });
  ASSERT_TRUE(change(move, MoveState::approved).ok());
  ASSERT_TRUE(change(move, MoveState::starting).ok());
  ASSERT_EQ(open().size(), 1U);
  OperationRecord found = open().front();
  EXPECT_EQ(found.id, operation.id);
  EXPECT_EQ(found.initiator, Initiator::giving_back);
  EXPECT_FALSE(found.was_running);
  EXPECT_TRUE(found.with_local_disks);
  EXPECT_EQ(found.bandwidth_bytes_per_second, 5e6);
  EXPECT_EQ(found.target_memory_bytes, 7e9);
  EXPECT_EQ(found.move.state, MoveState::starting);
  EXPECT_EQ(found.move.guest, "lxc/103");
  EXPECT_FALSE(found.ended_at || found.begun || found.cleared || found.guest_start_asked);
  found.ended_at = 1100;
  found.duration_seconds = 90;
  found.downtime_seconds = 4;
  found.command = "pct unlock 103";
  ASSERT_TRANSACT(*journal_, [&](Tables& tables) -> Status {
    for (const Status& done :
         {tables.note_begun(found.id), tables.note_guest_start(found.id, true), tables.note_end(found)})
      if (!done) return done;
    return Done{};
  });
  ASSERT_EQ(open().size(), 1U) << "its unit is still on the host";
  found = open().front();
  EXPECT_EQ(found.ended_at, 1100);
  EXPECT_EQ(found.duration_seconds, 90);
  EXPECT_EQ(found.downtime_seconds, 4);
  EXPECT_EQ(found.command, "pct unlock 103");
  EXPECT_TRUE(found.begun && found.guest_start_asked);
  ASSERT_TRUE(change(move, MoveState::failed).ok());
  ASSERT_TRANSACT(*journal_, [&](Tables& tables) { return tables.no_plan_stands(); });
  EXPECT_EQ(forget(1e9, 100), 0) << "its end is open";
  ASSERT_TRANSACT(*journal_, [&](Tables& tables) { return tables.note_cleared(found.id); });
  EXPECT_TRUE(open().empty());
  EXPECT_GT(forget(1e9, 100), 0);
}

TEST_F(JournalActs, OneGuestIsNeverUnderWayTwice) {
  const std::int64_t first = propose();
  std::int64_t second = 0;
  ASSERT_TRANSACT(*journal_, [&](Tables& tables) -> Status {
    MoveRecord again = tables.recent_moves(1).value().front();
    again.to = "pve3";
    again.incident_id = 0;
    second = tables.propose_move(again).value();
    return Done{};
  });
  for (const auto& [id, name] : {std::pair(first, 'a'), std::pair(second, 'b')}) {
    intend(id, std::string(32, name));
    ASSERT_TRUE(change(id, MoveState::approved).ok());
  }
  ASSERT_TRUE(change(first, MoveState::starting).ok());
  EXPECT_FALSE(change(second, MoveState::starting).ok());
  ASSERT_TRUE(change(first, MoveState::unknown).ok());
  EXPECT_FALSE(change(second, MoveState::starting).ok()) << "nobody knows what the first does";
  ASSERT_TRUE(change(first, MoveState::failed).ok());
  EXPECT_TRUE(change(second, MoveState::starting).ok());
}

TEST_F(JournalActs, ADecisionIsMadeOnce) {
  const std::int64_t move = propose();
  DecisionRecord decision{1000, 1, 0, true, "alice", "192.0.2.7", "moves: x"};
  ASSERT_TRANSACT(*journal_, [&](Tables& tables) { return tables.decide(decision); });
  decision.actor = "bob";
  EXPECT_FALSE(journal_->transact([&](Tables& tables) { return tables.decide(decision); }).ok());
  decision.move_id = move;
  decision.approves = false;
  ASSERT_TRANSACT(*journal_, [&](Tables& tables) { return tables.decide(decision); });
  ASSERT_TRANSACT(*journal_, [&](Tables& tables) -> Status {
    const auto plan = tables.decision_of(1, 0).value();
    const auto single = tables.decision_of(1, move).value();
    EXPECT_EQ(plan->actor + plan->address + plan->digest, "alice192.0.2.7moves: x");
    EXPECT_TRUE(plan->approves);
    EXPECT_EQ(single->actor, "bob");
    EXPECT_FALSE(single->approves);
    EXPECT_FALSE(tables.decision_of(2, 0).value().has_value());
    return Done{};
  });
}

TEST_F(JournalActs, SwitchesOutcomesAndErrandsAreKept) {
  propose();
  ASSERT_TRANSACT(*journal_, [&](Tables& tables) -> Status {
    EXPECT_FALSE(tables.newest_switch(SwitchName::breaker).value().has_value());
    for (const bool on : {true, false}) {
      auto set = tables.set_switch({1000, SwitchName::breaker, on, "evaluator", "", "3 failures"});
      if (!set) return set;
    }
    EXPECT_FALSE(tables.newest_switch(SwitchName::breaker).value()->on);
    EXPECT_FALSE(tables.newest_switch(SwitchName::red_button).value().has_value());
    OutcomeRecord outcome;
    outcome.plan_id = 1;
    outcome.due_at = 2000;
    outcome.predicted_peak = 0.8;
    auto done = tables.promise(outcome);
    if (!done) return done;
    outcome = tables.pending_outcomes().value().front();
    outcome.verdict = "worse";
    outcome.judged_at = 2100;
    outcome.achieved_peak = 1.1;
    done = tables.judge_outcome(outcome);
    if (!done) return done;
    EXPECT_TRUE(tables.pending_outcomes().value().empty());
    EXPECT_EQ(tables.outcomes_since(2000).value().front().achieved_peak, 1.1);
    ErrandRecord errand;
    errand.kind = "drain";
    errand.host = "pve1";
    errand.actor = "alice";
    errand.id = tables.begin_errand(errand).value();
    EXPECT_FALSE(tables.begin_errand(errand).ok()) << "one at a time";
    EXPECT_EQ(tables.active_errand().value()->host, "pve1");
    errand.state = "done";
    errand.plan_id = 1;
    errand.progress = "empty";
    done = tables.save_errand(errand);
    if (!done) return done;
    EXPECT_FALSE(tables.active_errand().value().has_value());
    EXPECT_EQ(tables.last_errand("drain", "pve1").value()->progress, "empty");
    return Done{};
  });
}

// As version 2 left it: with moves, and what is recorded of them.
TEST_F(JournalActs, MovesOfVersion2ComeThroughTheMigration) {
  journal_.reset();
  const std::string path = directory_.path() + "/journal.sqlite";
  fs::remove(path);
  {
    auto database = Database::open(path);
    ASSERT_TRUE(database->execute(std::string(kMigrations[0]) + kMigrations[1]).ok());
    ASSERT_TRUE(
        database
            ->execute("PRAGMA user_version=2;"
                      "INSERT INTO incidents VALUES (7, 'pve1', 'cpu', 'open', 1, 2, 'r');"
                      "INSERT INTO plans VALUES (5, 1, 'relieve', 'moves', 'r', 'd', '{}', 1);"
                      "INSERT INTO moves VALUES (9, 5, 7, 1, 'lxc/103', 'db', 'pve1', 'pve2', 'restart', 'w',"
                      " 'proposed', 1, 2, 'evaluator', 'because', '');"
                      "UPDATE moves SET state = 'cancelled', changed_at = 3;")
            .ok());
  }
  journal_ = open_journal(directory_.path(), 4000);
  ASSERT_NE(journal_, nullptr);
  ASSERT_TRANSACT(*journal_, [&](Tables& tables) -> Status {
    const auto moves = tables.moves_of_plan(5).value();
    EXPECT_EQ(moves.size(), 1U);
    EXPECT_EQ(moves.front().id, 9);
    EXPECT_EQ(moves.front().incident_id, 7);
    EXPECT_EQ(moves.front().guest + moves.front().to + moves.front().reason, "lxc/103pve2because");
    EXPECT_EQ(moves.front().state, MoveState::cancelled);
    return Done{};
  });
  auto database = Database::open(path);
  EXPECT_EQ(*database->integer("SELECT count(*) FROM move_events WHERE move_id = 9"), 2);
  EXPECT_EQ(*database->integer("SELECT count(*) FROM pragma_foreign_key_check"), 0);
  EXPECT_FALSE(database->execute("UPDATE moves SET guest = 'lxc/104'").ok()) << "the guards are there";
}

}  // namespace
}  // namespace pcb
