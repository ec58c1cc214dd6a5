// Drain and return of a host with HA guests: Proxmox's node maintenance moves them.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/evaluator/errand_fixture.h"

namespace pcb {
namespace {

using ::testing::Each;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;

class ActorMaintenance : public ActorErrand {
 protected:
  // lxc/103 is HA's; lxc/101 is not.
  ActorMaintenance() {
    calm();
    Guest& guest = world_.document.guests[0];
    guest.ha.emplace();
    guest.ha->managed = true;
    guest.ha->state = "started";
    migrator_.guests["lxc/103"].ha = true;
    go();
  }
  void pve1_is(HostState state) { world_.document.hosts[0].state = state; }
  void ha_moves_it_to(const std::string& host) { migrator_.guests["lxc/103"].host = host; }
  std::string intent() {
    std::string recorded;
    EXPECT_TRUE(journal_
                    ->read([&](Tables& tables) -> Status {
                      recorded = tables.setting("maintenance/pve1").value().value_or("");
                      return Done{};
                    })
                    .ok());
    return recorded;
  }
  void drain() { ASSERT_EQ(begin_it("drain", "pve1").status, 200); }
};

TEST_F(ActorMaintenance, ADrainAsksForNodeMaintenanceAndReturnEndsIt) {
  drain();
  go(3);
  EXPECT_THAT(migrator_.maintenance_asked, ElementsAre("enable pve1"));
  EXPECT_THAT(last().progress, HasSubstr("lxc/103 (Proxmox's HA moves it, its state is started)"));
  EXPECT_THAT(last().progress, HasSubstr("node maintenance is asked for"));
  pve1_is(HostState::maintenance);
  go(3);
  EXPECT_THAT(migrator_.starts, IsEmpty()) << "while Proxmox moves, nobody else does";
  ha_moves_it_to("pve2");
  go(40);
  EXPECT_EQ(last().state, "done") << last().progress;
  EXPECT_THAT(last().progress, HasSubstr("until `balancer-evaluator return pve1`"));
  ASSERT_EQ(migrator_.starts.size(), 1U);
  EXPECT_EQ(migrator_.starts[0].guest, "lxc/101");
  EXPECT_THAT(migrator_.maintenance_asked, ElementsAre("enable pve1"));

  ASSERT_EQ(begin_it("return", "pve1").status, 200);
  go(3);
  EXPECT_THAT(migrator_.maintenance_asked, ElementsAre("enable pve1", "disable pve1"));
  EXPECT_EQ(migrator_.starts.size(), 1U);
  pve1_is(HostState::online);
  go(3);
  EXPECT_THAT(last().progress, HasSubstr("lxc/103 (Proxmox's HA brings it back)"));
  EXPECT_EQ(migrator_.starts.size(), 1U);
  ha_moves_it_to("pve1");
  go(40);
  EXPECT_EQ(last().state, "done") << last().progress;
  EXPECT_EQ(migrator_.starts.size(), 2U);
  EXPECT_EQ(migrator_.maintenance_asked.size(), 2U);
}

TEST_F(ActorMaintenance, red_button_holds_node_maintenance) {
  ASSERT_TRUE(button_.press("alice", "", world_.now).ok());
  drain();
  go(40);
  EXPECT_THAT(migrator_.maintenance_asked, IsEmpty());
  EXPECT_TRUE(refused(Restraint::paused));
  EXPECT_EQ(last().state, "active") << "it waits";
  ASSERT_TRUE(button_.release().ok());
  go(8);
  EXPECT_THAT(migrator_.maintenance_asked, Each("enable pve1"));
  EXPECT_THAT(migrator_.maintenance_asked, Not(IsEmpty()));
}

TEST_F(ActorMaintenance, ARunningBackupHoldsNodeMaintenance) {
  world_.document.tasks = {{"pve1", "vzdump", std::nullopt, world_.now}};
  drain();
  go(5);
  EXPECT_THAT(migrator_.maintenance_asked, IsEmpty());
  EXPECT_TRUE(refused(Restraint::backup_running));
  EXPECT_EQ(intent(), "");
  world_.document.tasks = std::vector<RunningTask>();
  go(2);
  EXPECT_THAT(migrator_.maintenance_asked, Not(IsEmpty()));
}

TEST_F(ActorMaintenance, TheIntentIsOnTheDiskBeforeItIsAsked) {
  std::string recorded = "not asked";
  migrator_.called = [&](const char* what) {
    if (std::string(what) == "maintenance") recorded = intent();
  };
  drain();
  go(3);
  EXPECT_EQ(recorded, "lxc/103");
}

// Held when it was judged; writing the intent may take long.
TEST_F(ActorMaintenance, TheLockRunsOutAfterTheIntentAndNothingIsAsked) {
  migrator_.now_seconds = 45;  // it was taken at 5, for 60 s
  migrator_.lock_reachable = false;
  bool ran_out = false;
  on_steady_ = [&] {
    if (ran_out || intent().empty()) return;
    ran_out = true;
    migrator_.now_seconds += 16;
  };
  drain();
  go();
  EXPECT_TRUE(ran_out) << "the intent was never written";
  EXPECT_THAT(migrator_.maintenance_asked, IsEmpty());
}

TEST_F(ActorMaintenance, AfterARestartItGoesOn) {
  drain();
  go(3);
  begin_again();
  go(3);
  EXPECT_THAT(migrator_.maintenance_asked, ElementsAre("enable pve1", "enable pve1"))
      << "nobody knows; it does no harm";
  pve1_is(HostState::maintenance);
  ha_moves_it_to("pve3");
  go(40);
  EXPECT_EQ(last().state, "done") << last().progress;
  begin_again();
  ASSERT_EQ(begin_it("return", "pve1").status, 200);
  go(3);
  EXPECT_EQ(migrator_.maintenance_asked.back(), "disable pve1");
}

TEST_F(ActorMaintenance, TheMaintenanceOfAPersonIsNotEnded) {
  pve1_is(HostState::maintenance);
  drain();
  go(3);
  ha_moves_it_to("pve2");
  go(40);
  EXPECT_EQ(last().state, "done") << last().progress;
  EXPECT_THAT(last().progress, Not(HasSubstr("return")));
  ASSERT_EQ(begin_it("return", "pve1").status, 200);
  go(10);
  EXPECT_THAT(migrator_.maintenance_asked, IsEmpty());
  EXPECT_EQ(last().state, "given_up");
  EXPECT_THAT(last().progress, HasSubstr("host_state"));
}

TEST_F(ActorMaintenance, WhatHaDoesNotMoveIsNamedInTheEnd) {
  drain();
  go(2);
  pve1_is(HostState::maintenance);
  go(15);
  EXPECT_EQ(last().state, "active");
  go(60);
  EXPECT_EQ(last().state, "given_up");
  EXPECT_THAT(last().progress, HasSubstr("lxc/103 (Proxmox's HA moves it, its state is started)"));
  EXPECT_EQ(migrator_.starts.size(), 1U) << "the others have left";
}

TEST_F(ActorMaintenance, WhileHaWorksItIsWaitedFor) {
  drain();
  go(2);
  pve1_is(HostState::maintenance);
  world_.document.guests[0].ha->state = "migrate";
  go(60);
  EXPECT_EQ(last().state, "active");
  EXPECT_THAT(migrator_.starts, IsEmpty());
}

TEST_F(ActorMaintenance, WhatTheHostRefusesIsCountedAndAskedAgainLater) {
  migrator_.next_starts.push_back({StartAnswer::Kind::refused, "ha_silent", "the HA manager is silent", ""});
  drain();
  go(3);
  EXPECT_THAT(migrator_.maintenance_asked, IsEmpty());
  EXPECT_EQ(counters_.values("balancer_rejected_total").count({"ha_silent"}), 1U);
  EXPECT_THAT(last().progress, HasSubstr("node maintenance is asked for: the HA manager is silent"));
  go(10);
  EXPECT_THAT(migrator_.maintenance_asked, Not(IsEmpty()));
}

TEST_F(ActorMaintenance, ACancelledDrainAsksForNothing) {
  ASSERT_TRUE(button_.press("alice", "", world_.now).ok());
  drain();
  go(2);
  ASSERT_TRANSACT(*journal_, [&](Tables& tables) -> Status {
    const auto cancelled = cancel_errand(tables, decider_of("bob", ""), world_.now);
    EXPECT_THAT(cancelled->sentence, Not(HasSubstr("node maintenance")));
    return cancelled ? Status(Done{}) : Status(cancelled.error());
  });
  ASSERT_TRUE(button_.release().ok());
  actor_->round();
  go(10);
  EXPECT_THAT(migrator_.maintenance_asked, IsEmpty());
}

TEST_F(ActorMaintenance, WhoCancelsADrainIsToldThatTheMaintenanceGoesOn) {
  drain();
  go(3);
  ASSERT_THAT(migrator_.maintenance_asked, ElementsAre("enable pve1"));
  ASSERT_TRANSACT(*journal_, [&](Tables& tables) -> Status {
    const auto cancelled = cancel_errand(tables, decider_of("bob", ""), world_.now);
    EXPECT_THAT(cancelled->sentence, HasSubstr("node maintenance until `balancer-evaluator return pve1`"));
    return cancelled ? Status(Done{}) : Status(cancelled.error());
  });
}

}  // namespace
}  // namespace pcb
