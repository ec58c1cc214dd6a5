#include "evaluator/cli/decisions.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/evaluator/journal_story.h"

namespace pcb {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;

class Decisions : public JournalTest {
 protected:
  Answer ask(const Question& question, const std::string& who = "alice") {
    Answer given;
    EXPECT_TRUE(journal_
                    ->transact([&](Tables& tables) -> Status {
                      auto answer = decide(tables, question, decider_of(who, "192.0.2.7"), 1001);
                      if (!answer) return answer.error();
                      given = *answer;
                      return Done{};
                    })
                    .ok());
    return given;
  }
  MoveRecord move(std::int64_t id) {
    MoveRecord found;
    EXPECT_TRUE(journal_
                    ->read([&](Tables& tables) -> Status {
                      found = tables.move_by_id(id).value().value();
                      return Done{};
                    })
                    .ok());
    return found;
  }
  static Question yes() {
    Question question;
    question.approves = true;
    question.mode = "approve";
    return question;
  }
};

TEST_F(Decisions, AYesIsRecordedWithWhoAndFromWhere) {
  const std::int64_t id = propose();
  EXPECT_EQ(ask(yes()).status, 200);
  EXPECT_EQ(move(id).state, MoveState::approved);
  EXPECT_EQ(move(id).actor, "alice");
  EXPECT_EQ(move(id).reason, "approved by alice from 192.0.2.7");
  ASSERT_TRANSACT(*journal_, [](Tables& tables) -> Status {
    const auto decision = tables.decision_of(1, 0).value();
    EXPECT_EQ(decision->digest + decision->address, "d192.0.2.7");
    return Done{};
  });
}

TEST_F(Decisions, AReasonThatIsGivenIsKeptWithTheMove) {
  const std::int64_t id = propose();
  Question no = yes();
  no.approves = false;
  no.reason = "not during the month's end";
  EXPECT_EQ(ask(no).status, 200);
  EXPECT_EQ(move(id).reason, "rejected by alice from 192.0.2.7: not during the month's end");
}

TEST_F(Decisions, OneMoveAloneCanBeDecided) {
  const std::int64_t id = propose();
  Question question = yes();
  question.move_id = id;
  EXPECT_EQ(ask(question).status, 200);
  EXPECT_EQ(move(id).state, MoveState::approved);
  const Answer again = ask(question, "bob");
  EXPECT_EQ(again.status, 409);
  EXPECT_THAT(again.sentence, HasSubstr("already decided: alice approved it at"));
}

TEST_F(Decisions, OfAYesThatCameToNothingItIsToldWhy) {
  const std::int64_t id = propose();
  EXPECT_EQ(ask(yes()).status, 200);
  EXPECT_THAT(ask(yes(), "bob").sentence, Not(HasSubstr("cancelled")));
  ASSERT_TRANSACT(*journal_, [&](Tables& tables) {
    return tables.change_move(id, MoveState::cancelled, "evaluator", "the approval is too old", 5000);
  });
  const Answer again = ask(yes(), "bob");
  EXPECT_EQ(again.status, 409);
  EXPECT_THAT(again.sentence, AllOf(HasSubstr("already decided: alice approved it at"),
                                    HasSubstr("it was cancelled since: the approval is too old")));
}

TEST_F(Decisions, WhatCannotBeDecidedSaysWhy) {
  EXPECT_EQ(ask(yes()).status, 404) << "there is no plan";
  propose();
  Question other = yes();
  other.digest = "another";
  EXPECT_THAT(ask(other).sentence, HasSubstr("not the plan that was looked at"));
  Question suggest = yes();
  suggest.mode = "suggest";
  EXPECT_THAT(ask(suggest).sentence, HasSubstr("the mode is suggest"));
  Question gone = yes();
  gone.plan_id = 99;
  EXPECT_EQ(ask(gone).status, 404);
  ASSERT_TRANSACT(*journal_, [](Tables& tables) { return tables.no_plan_stands(); });
  Question old = yes();
  old.plan_id = 1;
  EXPECT_THAT(ask(old).sentence, HasSubstr("does not stand any more"));
}

TEST_F(Decisions, ANameIsNeverTheEvaluatorsOwn) {
  EXPECT_EQ(decider_of("evaluator", "").actor, "operator");
  EXPECT_EQ(decider_of(" evaluator ", "").actor, "operator");
  EXPECT_EQ(decider_of("", "").actor, "operator");
  EXPECT_EQ(decider_of("al\nice", "").actor, "al\\nice");
  EXPECT_LE(decider_of(std::string(1000, 'a'), "").actor.size(), 64U);
}

// It would be planned again at the next tick, and moved.
TEST_F(Decisions, ThePlanOfAnErrandIsNotDecidedButTheErrandCancelled) {
  const std::int64_t id = propose();
  ASSERT_TRANSACT(*journal_, [&](Tables& tables) -> Status {
    ErrandRecord errand;
    errand.kind = "drain";
    errand.host = "pve1";
    errand.actor = "alice";
    const auto begun = tables.begin_errand(errand);
    if (!begun) return begun.error();
    errand.id = *begun;
    errand.plan_id = 1;
    return tables.save_errand(errand);
  });
  Question no = yes();
  no.approves = false;
  const Answer given = ask(no);
  EXPECT_EQ(given.status, 409);
  EXPECT_THAT(given.sentence, HasSubstr("serves drain pve1"));
  EXPECT_THAT(given.sentence, HasSubstr("balancer-evaluator cancel"));
  EXPECT_EQ(move(id).state, MoveState::proposed);
  ASSERT_TRANSACT(*journal_, [&](Tables& tables) -> Status {
    const auto cancelled = cancel_errand(tables, decider_of("alice", ""), 1002);
    return cancelled ? Status(Done{}) : Status(cancelled.error());
  });
  EXPECT_EQ(move(id).state, MoveState::cancelled);
}

}  // namespace
}  // namespace pcb
