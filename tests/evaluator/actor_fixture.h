// Loop and actor together, in the world of loop_fixture.h, with hosts that are a table (fake_migrator.h).
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "evaluator/cli/actor.h"
#include "evaluator/cli/decisions.h"
#include "tests/evaluator/fake_migrator.h"
#include "tests/evaluator/loop_fixture.h"

namespace pcb {

class ActorTest : public LoopTest {
 protected:
  ActorTest() {
    for (Host& host : world_.document.hosts) host.pve_version = "8.4.1";
    world_.listed = "[" + listed_alert() + "]";
    config_.evaluator.mode = "approve";
    config_.evaluator.interval = Seconds(30);
    for (const Guest& guest : world_.document.guests)
      migrator_.guests[guest.id] = {guest.host, true, "", false};
    begin_again();
  }

  // As after a restart: what is kept is the journal, and what the hosts do.
  void begin_again() {
    const auto config = std::make_shared<const Config>(config_);
    const auto outside = [this](const Config&) { return std::make_unique<FakeOutside>(world_); };
    actor_ = std::make_unique<Actor>(
        ActorParts{*journal_, act_board_, counters_, button_, migrator_, [this] { ++messages_; }, [] {},
                   [this] { return steady_now(); }, MigrationRules{}},
        config, outside);
    loop_ = std::make_unique<Loop>(LoopParts{*journal_, board_, counters_, [this] { ++messages_; },
                                             [this](Situation s) { actor_->see(std::move(s)); }},
                                   config, outside);
  }

  // A start of which no answer comes, and that happened; seen running, for so many looks.
  void start_unseen_and_see_it_run(int looks) {
    approve();
    migrator_.next_starts = {{StartAnswer::Kind::nobody_knows, "", "the connection was cut", ""}};
    migrator_.looks_per_move = looks;
    go(1);
    const OperationRecord record = operations().front();
    migrator_.begin({record.id, "lxc/103", "pve1", "pve2", MoveMethod::restart, true, false, {}, 0}, false);
    go(1);
    ASSERT_EQ(operations().front().move.state, MoveState::running);
  }

  double steady_now() {
    if (on_steady_) on_steady_();
    return migrator_.now_seconds;
  }

  // Rounds of the actor, with a tick of the loop before each; the world follows the hosts.
  void go(int rounds = 1) {
    for (int i = 0; i < rounds; ++i) {
      follow_the_hosts();
      tick();
      migrator_.now_seconds += 5;
      actor_->round();
    }
  }
  void follow_the_hosts() {
    for (Guest& guest : world_.document.guests) {
      const std::string& host = migrator_.guests.at(guest.id).host;
      if (host == guest.host) continue;
      const double cores = world_.cpu.at(guest.id);
      for (Host& changed : world_.document.hosts) {
        const double by = changed.name == host ? cores : changed.name == guest.host ? -cores : 0;
        changed.cpu_used_cores = *changed.cpu_used_cores + by;
        world_.cpu["node/" + changed.name] += by;
      }
      guest.host = host;
    }
  }

  Answer decide_it(bool approves, std::int64_t move = 0, const std::string& who = "alice") {
    Answer given;
    EXPECT_TRUE(journal_
                    ->transact([&](Tables& tables) -> Status {
                      Question question;
                      question.approves = approves;
                      question.move_id = move;
                      question.mode = board_.newest()->mode;
                      auto answer = decide(tables, question, decider_of(who, "192.0.2.7"), world_.now);
                      if (!answer) return answer.error();
                      given = *answer;
                      return Done{};
                    })
                    .ok());
    return given;
  }
  // Fired, planned and approved.
  void approve() {
    fire();
    go();
    EXPECT_EQ(decide_it(true).status, 200);
  }

  std::vector<OperationRecord> operations() {
    std::vector<OperationRecord> all;
    EXPECT_TRUE(journal_
                    ->read([&](Tables& tables) -> Status {
                      all = tables.operations_since(0).value();
                      return Done{};
                    })
                    .ok());
    return all;
  }
  bool refused(Restraint reason) {
    const auto view = act_board_.newest();
    return view && has(view->refusals, reason);
  }
  bool breaker_is_open() {
    bool open = false;
    EXPECT_TRUE(journal_
                    ->read([&](Tables& tables) -> Status {
                      const auto last = tables.newest_switch(SwitchName::breaker).value();
                      open = last && last->on;
                      return Done{};
                    })
                    .ok());
    return open;
  }

  std::function<void()> on_steady_;  // happens when the steady clock is read
  test::FakeMigrator migrator_;
  RedButton button_{directory_.path()};
  ActBoard act_board_;
  std::unique_ptr<Actor> actor_;
};

}  // namespace pcb
