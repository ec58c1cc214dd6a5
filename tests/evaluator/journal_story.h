// A journal, and the short ways to put a story into it.
#pragma once

#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "tests/evaluator/journal_fixture.h"

namespace pcb {

class JournalTest : public ::testing::Test {
 protected:
  void SetUp() override { journal_ = open_journal(directory_.path()); }

  // One proposed move with the plan and the incident it needs.
  std::int64_t propose() {
    std::int64_t id = 0;
    const Status done = journal_->transact([&](Tables& tables) -> Status {
      Incident incident;
      incident.host = "pve1";
      incident.reason = "test";
      const auto saved = tables.save_incident(incident);
      if (!saved) return saved;
      const auto plan = tables.store_plan({0, 1000, "relieve", "moves", "r", "d", "{}", true});
      if (!plan) return plan.error();
      MoveRecord move;
      move.plan_id = *plan;
      move.incident_id = incident.id;
      move.guest = "lxc/103";
      move.name = "db";
      move.from = "pve1";
      move.to = "pve2";
      move.method = "restart";
      move.actor = "evaluator";
      const auto moved = tables.propose_move(move);
      if (!moved) return moved.error();
      id = *moved;
      return Done{};
    });
    EXPECT_TRUE(done.ok()) << (done.ok() ? "" : done.error().message);
    return id;
  }

  Status change(std::int64_t id, MoveState becomes) {
    return journal_->transact(
        [&](Tables& tables) { return tables.change_move(id, becomes, "tester", "because", 1001); });
  }

  void intend(std::int64_t move, const std::string& id = std::string(32, 'a')) {
    OperationRecord operation;
    operation.id = id;
    operation.move.id = move;
    operation.intended_at = 1001;
    ASSERT_TRANSACT(*journal_, [&](Tables& tables) { return tables.intend(operation); });
  }

  std::vector<AlertRecord> unhandled() {
    std::vector<AlertRecord> alerts;
    EXPECT_TRUE(journal_
                    ->read([&](Tables& tables) -> Status {
                      auto found = tables.unhandled_alerts();
                      if (!found) return found.error();
                      alerts = std::move(found).value();
                      return Done{};
                    })
                    .ok());
    return alerts;
  }

  std::int64_t forget(double at, int batch) {
    std::int64_t gone = -1;
    EXPECT_TRUE(journal_
                    ->transact([&](Tables& tables) -> Status {
                      const auto forgotten = tables.forget_before(at, batch);
                      if (!forgotten) return forgotten.error();
                      gone = *forgotten;
                      return Done{};
                    })
                    .ok());
    return gone;
  }

  static std::string setting(Journal& journal, const std::string& name) {
    std::string value;
    EXPECT_TRUE(journal
                    .read([&](Tables& tables) -> Status {
                      value = tables.setting(name).value().value_or("absent");
                      return Done{};
                    })
                    .ok());
    return value;
  }

  void store(const Alert& alert, double at = 1000) {
    ASSERT_TRANSACT(*journal_,
                    [&](Tables& tables) { return tables.store_alert(alert, judge(alert, "lab"), at); });
  }

  test::TemporaryFolder directory_;
  std::unique_ptr<Journal> journal_;
};

}  // namespace pcb
