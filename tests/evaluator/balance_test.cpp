// evaluator.balance: at its time the hosts are evened out, as the mode says, while no host is over its limit.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/evaluator/actor_fixture.h"
#include "tests/evaluator/silence_lists.h"

namespace pcb {
namespace {

using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

class BalanceTest : public ActorTest {
 protected:
  BalanceTest() {
    std::tm monday{};
    monday.tm_year = 126, monday.tm_mon = 10, monday.tm_mday = 23, monday.tm_hour = 2, monday.tm_min = 50;
    monday.tm_isdst = -1;
    world_.now = static_cast<double>(std::mktime(&monday));                 // ten minutes before
    world_.document.hosts[0].cpu_used_cores = world_.cpu["node/pve1"] = 6;  // its limit is 6.4
    for (Guest& guest : world_.document.guests) guest.tags = {"balancer_auto"};
    world_.listed = "[]";
    config_.evaluator.balance = {{{"mon"}, "03:00"}};
    config_.evaluator.limits.hold = Seconds(30);
    config_.evaluator.mode = "auto";
    heartbeat();
    begin_again();
  }
  void heartbeat() {
    ASSERT_TRANSACT(*journal_, [&](Tables& tables) {
      return tables.set_setting("heartbeat_at", std::to_string(world_.now + 600));
    });
  }
  void until(double minutes) {
    world_.now += minutes * 60 - 30;
    heartbeat();
  }
};

TEST_F(BalanceTest, RunsAtItsTimeOnceAndIsCarriedOutByItselfInAuto) {
  go(5);
  EXPECT_TRUE(moves().empty()) << "it is not yet three";
  until(10);
  go(20);
  EXPECT_THAT(moves(), Contains("lxc/101>pve2 done"));
  ASSERT_FALSE(migrator_.starts.empty());
  const auto starts = migrator_.starts.size();
  EXPECT_EQ(operations()[0].initiator, Initiator::automatic);
  until(24 * 60);
  go(10);
  EXPECT_EQ(migrator_.starts.size(), starts) << "Tuesday is no day of it";
}

TEST_F(BalanceTest, InSuggestItIsToldAndNothingMoves) {
  config_.evaluator.mode = "suggest";
  begin_again();
  until(10);
  go(5);
  EXPECT_THAT(events_told(), Contains("plan"));
  EXPECT_THAT(moves(), Contains("lxc/101>pve2 proposed"));
  EXPECT_TRUE(migrator_.starts.empty());
  until(65);
  go(3);
  EXPECT_THAT(moves(), Contains("lxc/101>pve2 cancelled: what is left of the balance is given up"))
      << "an hour later it does not stand any more";
}

TEST_F(BalanceTest, InApproveItWaitsForAYes) {
  config_.evaluator.mode = "approve";
  begin_again();
  until(10);
  go(5);
  EXPECT_TRUE(migrator_.starts.empty());
  ASSERT_EQ(decide_it(true).status, 200);
  go(10);
  EXPECT_THAT(moves(), Contains("lxc/101>pve2 done"));
}

TEST_F(BalanceTest, WaitsWhileTheFiguresAreNotThere) {
  world_.prometheus_answers = false;
  until(10);
  go(3);
  EXPECT_TRUE(moves().empty());
  world_.prometheus_answers = true;
  go(3);
  EXPECT_THAT(moves(), Contains(HasSubstr("lxc/101>pve2")));
}

TEST_F(BalanceTest, red_button_and_protected_guests_hold_it) {
  config_.evaluator.protected_guests = {"lxc/101", "lxc/103"};
  begin_again();
  until(10);
  go(5);
  EXPECT_TRUE(migrator_.starts.empty());
  EXPECT_TRUE(refused(Restraint::protected_guest));
}

TEST_F(BalanceTest, TheBalancersOwnGuestsStay) {
  world_.own_macs = {"bc:24:11:00:00:01", "bc:24:11:00:00:03"};
  world_.document.guests[0].macs = {"bc:24:11:00:00:03"};
  world_.document.guests[1].macs = {"bc:24:11:00:00:01"};
  until(10);
  go(5);
  EXPECT_TRUE(migrator_.starts.empty());
  EXPECT_TRUE(refused(Restraint::protected_guest));
  world_.own_macs.clear();
  go(10);
  EXPECT_FALSE(migrator_.starts.empty());
}

// There is no alert behind it; what would be silenced is what counts.
TEST_F(BalanceTest, silence_holds_it_until_it_is_taken_back) {
  world_.silences = test::silence_list("balancer=relieve cluster=lab");
  until(10);
  go(5);
  EXPECT_TRUE(migrator_.starts.empty());
  EXPECT_TRUE(refused(Restraint::alert_stopped));
  EXPECT_EQ(counters_.values("balancer_rejected_total").count({"alert_stopped"}), 1U);
  world_.silences = "[]";
  go(10);
  EXPECT_FALSE(migrator_.starts.empty());
}

TEST_F(BalanceTest, silence_of_another_host_or_cluster_does_not_hold_it) {
  world_.silences = test::silence_list("balancer=relieve cluster=other");
  until(10);
  go(10);
  EXPECT_FALSE(migrator_.starts.empty());
}

TEST_F(BalanceTest, silence_that_nobody_can_tell_of_holds_it) {
  world_.alertmanager_answers = false;
  until(10);
  go(5);
  EXPECT_TRUE(migrator_.starts.empty());
  EXPECT_TRUE(refused(Restraint::alert_unconfirmed));
  EXPECT_EQ(counters_.values("balancer_rejected_total").count({"alert_unconfirmed"}), 1U);
  world_.alertmanager_answers = true;
  go(10);
  EXPECT_FALSE(migrator_.starts.empty());
}

TEST_F(BalanceTest, silence_holds_what_was_approved_as_well) {
  config_.evaluator.mode = "approve";
  begin_again();
  world_.silences = test::silence_list("id=lxc/101");
  until(10);
  go(5);
  ASSERT_EQ(decide_it(true).status, 200);
  go(5);
  EXPECT_TRUE(migrator_.starts.empty());
  EXPECT_TRUE(refused(Restraint::alert_stopped));
}

}  // namespace
}  // namespace pcb
