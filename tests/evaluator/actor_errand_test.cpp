// Drain and return, carried through.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/evaluator/errand_fixture.h"

namespace pcb {
namespace {

using ::testing::Contains;
using ::testing::HasSubstr;

TEST_F(ActorErrand, ADrainEmptiesTheHostAndReturnBringsTheGuestsHome) {
  calm();
  go();
  ASSERT_EQ(begin_it("drain", "pve1").status, 200);
  EXPECT_EQ(begin_it("drain", "pve2").status, 409) << "one at a time";
  go(60);
  EXPECT_EQ(last().state, "done") << last().progress;
  EXPECT_EQ(migrator_.starts.size(), 2U);
  for (const auto& [id, guest] : migrator_.guests) EXPECT_NE(guest.host, "pve1") << id;
  EXPECT_EQ(operations()[0].initiator, Initiator::drain);
  EXPECT_THAT(told()[0].lines[0], HasSubstr("to empty its host, asked by alice"));
  ASSERT_EQ(begin_it("return", "pve1").status, 200);
  go(60);
  EXPECT_EQ(last().state, "done") << last().progress;
  EXPECT_EQ(migrator_.starts.size(), 4U);
  for (const auto& [id, guest] : migrator_.guests) EXPECT_EQ(guest.host, "pve1") << id;
  EXPECT_THAT(events_told(), Contains("report"));
}

TEST_F(ActorErrand, ADrainGoesOnAfterARestart) {
  calm();
  go();
  ASSERT_EQ(begin_it("drain", "pve1").status, 200);
  go(3);
  begin_again();
  go(60);
  EXPECT_EQ(last().state, "done") << last().progress;
  EXPECT_EQ(migrator_.starts.size(), 2U);
}

TEST_F(ActorErrand, WhatCannotLeaveIsNamedAndTheRestIsMoved) {
  calm();
  world_.document.guests[0].blockers = {{"bind_mount", "mp0", ""}};
  go();
  ASSERT_EQ(begin_it("drain", "pve1").status, 200);
  go(60);
  EXPECT_EQ(last().state, "given_up");
  EXPECT_THAT(last().progress, HasSubstr("lxc/103 (bind_mount"));
  EXPECT_EQ(migrator_.starts.size(), 1U);
}

// Each try may restart the guest, and failures in a row open the breaker, which would stop the whole drain.
TEST_F(ActorErrand, AGuestWhoseMigrationFailsIsNotTriedAgainByTheSameDrain) {
  calm();
  migrator_.end = test::FakeMigrator::End::stays;
  go();
  ASSERT_EQ(begin_it("drain", "pve1").status, 200);
  go(60);
  EXPECT_EQ(migrator_.starts.size(), 2U) << "one for each of its guests";
  EXPECT_FALSE(breaker_is_open());
  EXPECT_EQ(last().state, "given_up");
  EXPECT_THAT(last().progress,
              HasSubstr("lxc/103 (failed: lxc/103 runs on pve1 as before: it was not moved"));
  migrator_.end = test::FakeMigrator::End::moves;
  ASSERT_EQ(begin_it("drain", "pve1").status, 200);
  go(60);
  EXPECT_EQ(last().state, "done") << "a person asked again: " << last().progress;
  EXPECT_EQ(migrator_.starts.size(), 4U);
}

TEST_F(ActorErrand, red_button_holds_a_drain) {
  calm();
  go();
  ASSERT_EQ(begin_it("drain", "pve1").status, 200);
  ASSERT_TRUE(button_.press("alice", "", world_.now).ok());
  go(20);
  EXPECT_TRUE(migrator_.starts.empty());
  EXPECT_EQ(last().state, "active");
}

TEST_F(ActorErrand, InModeSuggestItIsRefused) {
  config_.evaluator.mode = "suggest";
  begin_again();
  go();
  EXPECT_EQ(begin_it("drain", "pve1").status, 409);
}

TEST_F(ActorErrand, ACancelledDrainStartsNothingMore) {
  calm();
  go();
  ASSERT_EQ(begin_it("drain", "pve1").status, 200);
  go(2);
  const std::size_t started = migrator_.starts.size();
  ASSERT_TRANSACT(*journal_, [&](Tables& tables) -> Status {
    const auto cancelled = cancel_errand(tables, decider_of("bob", ""), world_.now);
    return cancelled ? Status(Done{}) : Status(cancelled.error());
  });
  go(20);
  EXPECT_EQ(migrator_.starts.size(), started);
  EXPECT_EQ(last().state, "cancelled");
}

}  // namespace
}  // namespace pcb
