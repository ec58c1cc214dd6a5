// Two evaluators on one cluster: one holds the lock and acts, and the host itself lets no guest be moved
// twice.
#include <algorithm>
#include <thread>

#include <gmock/gmock.h>

#include "tests/act/act_lab.h"

namespace pcb {
namespace {

using test::ActLab;
using test::kOwner;
using test::operation_of;
using ::testing::HasSubstr;
using Kind = StartAnswer::Kind;
using Held = LockAnswer::Kind;

const std::string kOther(32, 'd');

const char* const kLab = R"(
phase: 0.1s
pvestatd: 0.5s
lock_lifetime: 4s
hosts:
  pve1: {cores: 8, memory: 16GiB}
  pve2: {cores: 8, memory: 16GiB}
  pve3: {cores: 8, memory: 16GiB}
guests:
  101: {name: web, host: pve1, memory: 1GiB, memory_used: 512MiB}
  102: {name: db, host: pve1, memory: 1GiB, memory_used: 512MiB}
)";

TEST(TwoEvaluators, two_evaluators_take_the_lock_of_the_cluster_one_after_the_other) {
  const ActLab lab(kLab);
  const auto first = lab.migrator(), second = lab.migrator();
  ASSERT_EQ(first->take_lock(kOwner).kind, Held::held);
  const auto other = second->take_lock(kOther);
  EXPECT_EQ(other.kind, Held::other);
  EXPECT_THAT(other.sentence, HasSubstr("another evaluator"));
  EXPECT_EQ(first->take_lock(kOwner).kind, Held::held);  // its own, renewed
  EXPECT_EQ(second->start(operation_of("lxc/101", MoveMethod::restart)).kind, Kind::not_started);
  // The first one sleeps. Unrenewed, the lock may be asked for, and is taken over.
  ASSERT_TRUE(lab::await(60, [&] { return second->take_lock(kOther).kind == Held::held; }));
  // It wakes and still believes that it may act: the host knows better.
  const auto late = first->start(operation_of("lxc/101", MoveMethod::restart));
  EXPECT_EQ(late.code, "not_holder") << late.sentence;
  EXPECT_EQ(first->renew_lock(kOwner).kind, Held::lost);
  EXPECT_EQ(second->renew_lock(kOther).kind, Held::held);
  EXPECT_EQ(lab.recorded("systemd-run begin"), 0);
  ASSERT_TRUE(second->release_lock(kOther).ok());
  EXPECT_EQ(first->take_lock(kOwner).kind, Held::held);
}

// pmxcfs lets only the host renew a lock that has made it. Such a host is away when `touch` is denied on the
// others.
TEST(TwoEvaluators, two_evaluators_are_not_told_of_where_the_host_of_the_own_lock_is_away) {
  const ActLab lab(kLab);
  const auto first = lab.migrator();
  ASSERT_EQ(first->take_lock(kOwner).kind, Held::held);  // by pve1, the first that is asked
  for (const char* host : {"pve2", "pve3"}) {
    ASSERT_EQ(lab.ssh(host,
                      "printf '#!/bin/sh\nexit 1\n' >/tmp/no && chmod 755 /tmp/no && "
                      "mount --bind /tmp/no $(realpath $(command -v touch))")
                  .code,
              0);
  }
  // A restarted evaluator that asks another host first goes on to the one that can renew it.
  auto hosts = test::hosts_of_lab(lab.directory());
  std::reverse(hosts.hosts.begin(), hosts.hosts.end());
  const auto restarted = SshMigrator::create(hosts);
  ASSERT_TRUE(restarted.ok());
  EXPECT_EQ((*restarted)->take_lock(kOwner).kind, Held::held);
  EXPECT_EQ((*restarted)->take_lock(kOther).kind, Held::other) << "another owner's stays another's";

  // Nobody answers on this port: pve1 is away.
  for (auto& host : hosts.hosts) host.port = host.name == "pve1" ? 1 : host.port;
  const auto alone = SshMigrator::create(hosts);
  ASSERT_TRUE(alone.ok());
  for (const auto& answer : {(*alone)->renew_lock(kOwner), (*alone)->take_lock(kOwner)}) {
    EXPECT_EQ(answer.kind, Held::lost);
    EXPECT_THAT(answer.sentence, HasSubstr("this evaluator's own, but cannot be renewed"));
    EXPECT_THAT(answer.sentence, HasSubstr("pve1"));
  }
  EXPECT_EQ((*alone)->start(operation_of("lxc/101", MoveMethod::restart)).kind, Kind::not_started);
  EXPECT_EQ((*alone)->take_lock(kOther).kind, Held::other);
}

TEST(TwoEvaluators, two_evaluators_at_once_never_both_get_the_lock) {
  const ActLab lab(kLab);
  for (int round = 0; round < 3; ++round) {
    LockAnswer answers[2];
    std::thread threads[2];
    for (int i = 0; i < 2; ++i)
      threads[i] = std::thread([&, i] { answers[i] = lab.migrator()->take_lock(i == 0 ? kOwner : kOther); });
    for (auto& thread : threads) thread.join();
    EXPECT_EQ((answers[0].kind == Held::held) + (answers[1].kind == Held::held), 1)
        << answers[0].sentence << "; " << answers[1].sentence;
    const auto migrator = lab.migrator();
    static_cast<void>(migrator->release_lock(answers[0].kind == Held::held ? kOwner : kOther));
  }
}

TEST(TwoEvaluators, two_evaluators_without_quorum_neither_gets_the_lock) {
  const ActLab lab(kLab);
  lab.order({"fault", "pve1", "partition"});
  lab.order({"fault", "pve2", "partition"});
  EXPECT_EQ(lab.migrator()->take_lock(kOwner).kind, Held::unknown);
  lab.order({"heal", "all"});
  EXPECT_EQ(lab.migrator()->take_lock(kOwner).kind, Held::held);
}

// The second barrier: also where both hold the lock, as two copies of one journal would.
TEST(TwoEvaluators, two_evaluators_that_start_one_guest_at_once_start_it_once) {
  const ActLab lab(kLab);
  const auto keeper = lab.migrator();
  ASSERT_EQ(keeper->take_lock(kOwner).kind, Held::held);
  const auto first = operation_of("lxc/101", MoveMethod::restart),
             second = operation_of("lxc/101", MoveMethod::restart);
  lab.order({"fault", "101", "hang"});
  StartAnswer answers[2];
  std::thread threads[2];
  for (int i = 0; i < 2; ++i) {
    threads[i] = std::thread([&, i] {
      const auto migrator = lab.migrator();
      migrator->take_lock(kOwner);
      answers[i] = migrator->start(i == 0 ? first : second);
    });
  }
  for (auto& thread : threads) thread.join();
  ASSERT_EQ((answers[0].kind == Kind::started) + (answers[1].kind == Kind::started), 1)
      << answers[0].sentence << "; " << answers[1].sentence;
  const bool zero = answers[0].kind == Kind::started;
  const auto& winner = zero ? first : second;
  const auto& loser = zero ? second : first;
  // Asked again while it runs: refused with the operation that is in the way; the winner's own answer is
  // repeated.
  ASSERT_EQ(keeper->take_lock(kOwner).kind, Held::held);
  const auto again = keeper->start(loser);
  EXPECT_EQ(again.code, "unit_exists") << again.sentence;
  EXPECT_EQ(again.other_operation, winner.id);
  EXPECT_EQ(keeper->start(winner).kind, Kind::started);
  EXPECT_EQ(lab.recorded("unit start balancer-migrate-101"), 1);
  lab.order({"heal", "101", "hang"});
  Migration migration(winner, test::quick_rules(), os::seconds_since_boot(), true);
  EXPECT_EQ(test::follow(*keeper, migration).state, MoveState::done);
  EXPECT_EQ(lab.recorded("migrate begin"), 1);
}

}  // namespace
}  // namespace pcb
