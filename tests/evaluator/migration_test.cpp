// What a migration has come to, judged from looks alone: every end that Proxmox can leave a guest in.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/evaluator/migration_scene.h"

namespace pcb {
namespace {

using test::kContainer;
using test::kMachine;
using test::kStopped;
using test::Scene;
using test::scene;
using test::Watch;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using UnitState = UnitSample::State;

// Logs of a real cluster (PVE 8.4), and of Proxmox's sources where no live one was to be had.
const char* const kRestarted = R"(2026-11-22 16:50:44 shutdown CT 201
2026-11-22 16:50:47 use dedicated network address for sending migration traffic (10.99.0.2)
2026-11-22 16:50:47 starting migration of CT 201 to node 'pve2' (10.99.0.2)
2026-11-22 16:50:47 volume 'shared:201/vm-201-disk-0.raw' is on shared storage 'shared'
2026-11-22 16:50:47 start final cleanup
2026-11-22 16:50:48 start container on target node
2026-11-22 16:50:49 failed to connect to monitor socket: Connection refused
2026-11-22 16:50:50 migration finished successfully (duration 00:00:06))";
const char* const kBindMount =
    "2026-11-22 16:49:58 ERROR: migration aborted (duration 00:00:00): cannot migrate local bind mount point "
    "'mp1'\n"
    "migration aborted";
const char* const kDidNotStop =
    "2025-11-24 16:15:00 shutdown CT 111\n"
    "2025-11-24 16:16:05 ERROR: migration aborted (duration 00:01:05): container did not stop\nmigration "
    "aborted";
const char* const kLiveFailed = R"(2026-11-22 16:51:05 starting migration of VM 110 to node 'pve2' (10.99.0.2)
2026-11-22 16:51:06 ERROR: online migrate failure - remote command failed with exit code 255
2026-11-22 16:51:06 aborting phase 2 - cleanup resources
2026-11-22 16:51:06 migrate_cancel
2026-11-22 16:51:07 ERROR: migration finished with problems (duration 00:00:03)
migration problems)";
const char* const kLiveDone =
    "2025-11-24 16:20:15 average migration speed: 410.0 MiB/s - downtime 61 ms\n"
    "2025-11-24 16:20:18 migration finished successfully (duration 00:00:18)";
const char* const kBrokenPipe = "2026-11-22 16:50:44 shutdown CT 101\n2026-11-22 16:50:46 ERROR: broken pipe";

struct Case {
  const char* name;
  Scene seen;
  MoveState state;
  const char* sentence;
  const char* command;  // "" none
};

std::vector<Case> ends() {
  using S = MoveState;
  const auto ended = [](const Operation& operation, const char* log) {
    return scene(operation).unit(UnitState::failed, log);
  };
  return {
      {"restarted on the target",
       scene(kContainer).unit(UnitState::succeeded, kRestarted).at({"pve2"}).runs("pve2"), S::done,
       "lxc/101 runs on pve2", ""},
      {"live on the target", scene(kMachine).unit(UnitState::succeeded, kLiveDone).at({"pve2"}).runs("pve2"),
       S::done, "qemu/201 runs on pve2", ""},
      {"stopped on the target", scene(kStopped).unit(UnitState::succeeded).at({"pve2"}), S::done,
       "lxc/104 is on pve2", ""},
      {"exit 255, but all is well", ended(kContainer, kLiveFailed).at({"pve2"}).runs("pve2"), S::done,
       "Proxmox reports a problem", ""},
      {"exit 0, but nothing moved",
       scene(kContainer).unit(UnitState::succeeded, kRestarted).at({"pve1"}).runs("pve1"), S::failed,
       "runs on pve1 as before", ""},
      {"refused by Proxmox", ended(kContainer, kBindMount).at({"pve1"}).runs("pve1"), S::failed,
       "cannot migrate local bind mount point 'mp1'", ""},
      {"live failed, on the source", ended(kMachine, kLiveFailed).at({"pve1"}).runs("pve1"), S::failed,
       "online migrate failure", ""},
      {"VM left stopped on the target", ended(kMachine, kLiveFailed).at({"pve2"}), S::failed,
       "qemu/201 is stopped on pve2", "ssh root@pve2 qm start 201"},
      {"VM paused on the target", ended(kMachine, kLiveFailed).at({"pve2"}).paused("pve2"), S::failed,
       "stands still", "ssh root@pve2 qm resume 201"},
      {"VM paused on the source", ended(kMachine, kLiveFailed).at({"pve1"}).paused("pve1"), S::failed,
       "stands still", "ssh root@pve1 qm resume 201"},
      {"VM runs on the source, configured on the target",
       ended(kMachine, kLiveFailed).at({"pve2"}).runs("pve1"), S::unknown, "do not start it on pve2",
       "mv /etc/pve/nodes/pve2/qemu-server/201.conf /etc/pve/nodes/pve1/qemu-server/"},
      {"lock left on the target, stopped", ended(kContainer, kBrokenPipe).at({"pve2"}, "migrate"), S::failed,
       "lock", "ssh root@pve2 pct unlock 101 && ssh root@pve2 pct start 101"},
      {"lock left on the target, running", ended(kMachine, "").at({"pve2"}, "migrate").runs("pve2"),
       S::failed, "lock", "ssh root@pve2 qm unlock 201"},
      {"lock left on the source", ended(kContainer, kBrokenPipe).at({"pve1"}, "migrate"), S::failed,
       "broken pipe", "ssh root@pve1 pct unlock 101"},
      {"configured on both", ended(kContainer, "").at({"pve1", "pve2"}).runs("pve1"), S::unknown,
       "more than one host", "grep -H . /etc/pve/nodes/*/*/101.conf"},
      {"gone", ended(kContainer, "").at({}), S::failed, "no configuration on any host", ""},
      {"container stopped by someone after a good end",
       scene(kContainer).unit(UnitState::succeeded, kRestarted).at({"pve2"}), S::failed, "stopped on pve2",
       "ssh root@pve2 pct start 101"},
  };
}

TEST(Migration, TellsEveryEndByPlaceLockAndRunState) {
  for (const Case& one : ends()) {
    SCOPED_TRACE(one.name);
    Watch watch(one.seen.operation);
    EXPECT_EQ(name_of(watch.see(one.seen, 2).state), std::string("verifying"));  // two looks prove nothing
    const auto verdict = watch.see(one.seen, 1);
    EXPECT_EQ(name_of(verdict.state), std::string(name_of(one.state)));
    EXPECT_THAT(verdict.sentence, HasSubstr(one.sentence));
    if (*one.command == '\0')
      EXPECT_THAT(verdict.command, IsEmpty());
    else
      EXPECT_THAT(verdict.command, HasSubstr(one.command));
    EXPECT_EQ(verdict.clear_unit, one.state != MoveState::unknown);
    EXPECT_THAT(verdict.start_guest_on, IsEmpty());
    EXPECT_FALSE(verdict.not_started);
  }
}

TEST(Migration, IsNotDoneWhileTheUnitRunsOrALockIsHeld) {
  Watch watch(kContainer);
  const auto moved = [] { return scene(kContainer).at({"pve2"}).runs("pve2"); };
  EXPECT_EQ(watch.see(moved().unit(UnitState::running, kRestarted), 10).state, MoveState::running);
  EXPECT_EQ(watch.see(moved().at({"pve2"}, "backup").unit(UnitState::succeeded), 10).state,
            MoveState::verifying);
  EXPECT_EQ(watch.see(moved().unit(UnitState::succeeded), 3).state, MoveState::done);
}

TEST(Migration, OneLookThatDiffersBeginsTheSettlingAnew) {
  Watch watch(kMachine);
  const auto good = scene(kMachine).unit(UnitState::succeeded).at({"pve2"}).runs("pve2");
  const auto odd = scene(kMachine).unit(UnitState::succeeded).at({"pve2"}).paused("pve2");
  EXPECT_EQ(watch.see(good, 2).state, MoveState::verifying);
  EXPECT_EQ(watch.see(odd, 1).state, MoveState::verifying);
  EXPECT_EQ(watch.see(good, 2).state, MoveState::verifying);
  EXPECT_EQ(watch.see(good, 1).state, MoveState::done);
}

TEST(Migration, TellsHowLongItTookAndWasDown) {
  Watch container(kContainer);
  const auto moved = container.see(
      scene(kContainer).unit(UnitState::succeeded, kRestarted, 6.5).at({"pve2"}).runs("pve2"), 3);
  EXPECT_EQ(moved.duration_seconds, 6.5);
  EXPECT_EQ(moved.downtime_seconds, 6.0);  // from 16:50:44 to 16:50:50
  Watch machine(kMachine);
  const auto live =
      machine.see(scene(kMachine).unit(UnitState::succeeded, kLiveDone).at({"pve2"}).runs("pve2"), 3);
  EXPECT_EQ(live.downtime_seconds, 0.061);
}

TEST(Migration, RemembersTheLogOfAUnitThatIsClearedMeanwhile) {
  Watch watch(kContainer);
  watch.see(scene(kContainer).unit(UnitState::failed, kDidNotStop).at({"pve1"}).runs("pve1"));
  const auto verdict = watch.see(scene(kContainer).at({"pve1"}).runs("pve1"), 2);
  EXPECT_EQ(verdict.state, MoveState::failed);
  EXPECT_THAT(verdict.sentence, HasSubstr("container did not stop"));
  EXPECT_FALSE(verdict.not_started);
}

TEST(Migration, AContainerLeftStoppedIsStartedWhereItIs) {
  for (const std::string host : {"pve1", "pve2"}) {
    SCOPED_TRACE(host);
    Watch watch(kContainer);
    const auto stopped = [&] { return scene(kContainer).unit(UnitState::failed, kDidNotStop).at({host}); };
    EXPECT_THAT(watch.see(stopped(), 2).start_guest_on, IsEmpty());
    const auto asked = watch.see(stopped());
    EXPECT_EQ(asked.start_guest_on, host);
    EXPECT_EQ(asked.state, MoveState::verifying);
    EXPECT_FALSE(asked.clear_unit);
    EXPECT_THAT(watch.see(stopped()).start_guest_on, IsEmpty());  // asked once, not at every look
    const auto starting = scene(kContainer).at({host}).start_unit(host, UnitState::running);
    EXPECT_EQ(watch.see(starting, 3).state, MoveState::verifying);
    const auto started = scene(kContainer).at({host}).start_unit(host, UnitState::succeeded).runs(host);
    const auto verdict = watch.see(started, 3);
    EXPECT_EQ(verdict.state, host == "pve2" ? MoveState::done : MoveState::failed);
    EXPECT_THAT(verdict.sentence, HasSubstr("left stopped"));
    EXPECT_TRUE(verdict.clear_unit);
  }
}

TEST(Migration, AContainerThatCannotBeStartedIsToldWithItsCommand) {
  Watch watch(kContainer);
  watch.see(scene(kContainer).unit(UnitState::failed, kDidNotStop).at({"pve2"}), 3);
  const auto verdict = watch.see(scene(kContainer).at({"pve2"}).start_unit("pve2", UnitState::failed), 3);
  EXPECT_EQ(verdict.state, MoveState::failed);
  EXPECT_EQ(verdict.command, "ssh root@pve2 pct start 101");
  EXPECT_THAT(verdict.sentence, HasSubstr("could not be started"));
}

TEST(Migration, AStartThatLeftNoTraceDidNotHappenButOnlyAfterAWhile) {
  Watch watch(kContainer, false);
  const auto nothing = scene(kContainer).at({"pve1"}).runs("pve1");
  EXPECT_EQ(watch.see(nothing, 29).state, MoveState::starting);  // 58 of 60 seconds
  const auto verdict = watch.see(nothing, 4);
  EXPECT_EQ(verdict.state, MoveState::failed);
  EXPECT_TRUE(verdict.not_started);
  EXPECT_THAT(verdict.sentence, HasSubstr("nothing was started"));
}

TEST(Migration, ALostAnswerIsFoundByTheUnitsOperation) {
  Watch watch(kContainer, false);
  EXPECT_EQ(watch.see(scene(kContainer).unit(UnitState::running).at({"pve1"}, "migrate")).state,
            MoveState::running);
  EXPECT_EQ(watch.see(scene(kContainer).unit(UnitState::succeeded).at({"pve2"}).runs("pve2"), 3).state,
            MoveState::done);
}

TEST(Migration, AUnitOfAnotherOperationSaysNothingOfThisOne) {
  auto foreign = scene(kContainer).unit(UnitState::running).at({"pve1"}).runs("pve1");
  foreign.from.unit.operation = std::string(32, 'b');
  Watch watch(kContainer, false);
  EXPECT_EQ(watch.see(foreign, 10).state, MoveState::starting);
}

TEST(Migration, AContainerThatSomebodyElseStoppedIsNotStarted) {
  Watch watch(kContainer, false);
  watch.skip(60);
  const auto verdict = watch.see(scene(kContainer).at({"pve1"}), 3);
  EXPECT_THAT(verdict.start_guest_on, IsEmpty());
  EXPECT_TRUE(verdict.not_started);
}

TEST(Migration, ASilentSourceLeadsToUnknownAndBack) {
  Watch watch(kContainer);
  watch.see(scene(kContainer).unit(UnitState::running).at({"pve1"}, "migrate"));
  const auto silent = scene(kContainer).at({"pve1"}, "migrate").without("pve1");
  EXPECT_EQ(watch.see(silent, 59).state, MoveState::running);
  const auto unknown = watch.see(silent, 2);
  EXPECT_EQ(unknown.state, MoveState::unknown);
  EXPECT_FALSE(unknown.clear_unit);
  EXPECT_THAT(unknown.sentence, HasSubstr("pve1 does not answer"));
  EXPECT_EQ(watch.see(scene(kContainer).unit(UnitState::succeeded).at({"pve2"}).runs("pve2"), 3).state,
            MoveState::done);
}

// Otherwise nothing would be planned any more once a host has died for good in the middle of a migration.
TEST(Migration, ASourceThatNeverComesBackIsNotWaitedForOnceTheGuestIsElsewhereOrGone) {
  HostSample third;
  third.host = "pve3";
  third.quorate = third.running = true;
  third.places = {"pve3"};
  for (const bool start_known : {true, false}) {
    SCOPED_TRACE(start_known);
    Watch taken(kContainer, start_known);
    EXPECT_EQ(taken.see(scene(kContainer).at({"pve1"}, "migrate").without("pve1"), 61).state,
              MoveState::unknown);
    auto seen = scene(kContainer).at({"pve3"}).without("pve1");
    seen.more.push_back(third);
    const auto verdict = taken.see(seen, 3);
    EXPECT_EQ(verdict.state, MoveState::failed);
    EXPECT_THAT(verdict.sentence, HasSubstr("runs on pve3: something else has taken it there"));
    Watch gone(kContainer, start_known);
    gone.skip(60);
    EXPECT_EQ(gone.see(scene(kContainer).at({}).without("pve1"), 3).state, MoveState::failed);
  }
}

// The lock is taken away by the source, as the last thing it does.
TEST(Migration, ALockOnTheTargetIsNotCalledLeftBehindWhileTheSourceIsSilent) {
  Watch watch(kContainer);
  const auto locked = [] { return scene(kContainer).at({"pve2"}, "migrate").without("pve1"); };
  EXPECT_EQ(watch.see(locked(), 60).state, MoveState::verifying);
  const auto verdict = watch.see(locked());
  EXPECT_EQ(verdict.state, MoveState::unknown);
  EXPECT_THAT(verdict.sentence, HasSubstr("unlock it only when that host is surely off"));
  EXPECT_EQ(verdict.command, "ssh root@pve2 pct unlock 101 && ssh root@pve2 pct start 101");
  EXPECT_FALSE(verdict.clear_unit);
  const auto moved = scene(kContainer).unit(UnitState::succeeded).at({"pve2"}).runs("pve2");
  EXPECT_EQ(watch.see(moved, 3).state, MoveState::done);
}

TEST(Migration, WithoutQuorumNothingIsConcluded) {
  Watch watch(kContainer);
  const auto minority = scene(kContainer).unit(UnitState::failed).at({"pve1"}).no_quorum();
  EXPECT_EQ(watch.see(minority, 30).state, MoveState::verifying);
  const auto unknown = watch.see(minority, 40);
  EXPECT_EQ(unknown.state, MoveState::unknown);
  EXPECT_THAT(unknown.start_guest_on, IsEmpty());
}

TEST(Migration, HostsThatDisagreeOnThePlaceConcludeNothing) {
  auto torn = scene(kContainer).unit(UnitState::succeeded).at({"pve2"}).runs("pve2");
  torn.from.places = {"pve1"};
  Watch watch(kContainer);
  EXPECT_EQ(watch.see(torn, 10).state, MoveState::verifying);
}

TEST(Migration, ASilentTargetThatHasTheGuestIsWaitedFor) {
  Watch watch(kContainer);
  const auto seen = scene(kContainer).unit(UnitState::failed, kRestarted).at({"pve2"}).without("pve2");
  EXPECT_EQ(watch.see(seen, 20).state, MoveState::verifying);
  EXPECT_THAT(watch.see(seen).sentence, HasSubstr("pve2, which does not answer"));
}

TEST(Migration, AHangIsToldAndNeverEnded) {
  Watch watch(kContainer);
  watch.skip(1799);
  const auto verdict = watch.see(scene(kContainer).unit(UnitState::running).at({"pve1"}, "migrate"));
  EXPECT_EQ(verdict.state, MoveState::running);
  EXPECT_TRUE(verdict.overdue);
  EXPECT_EQ(verdict.command, "ssh root@pve1 systemctl status balancer-migrate-101");
  EXPECT_FALSE(verdict.clear_unit);
  Watch by_ha(test::kHa);  // whose unit has only asked
  by_ha.skip(1799);
  EXPECT_EQ(by_ha.see(scene(test::kHa).at({"pve1"}).ha("migrate", "pve1", "pve2")).command,
            "ssh root@pve1 ha-manager status");
}

TEST(Migration, ATakenGuestOnAThirdHostIsToldAsThat) {
  Watch watch(kContainer);
  auto seen = scene(kContainer).unit(UnitState::failed, kRestarted).at({"pve3"});
  HostSample third;
  third.host = "pve3";
  third.quorate = third.running = true;
  third.places = {"pve3"};
  seen.more.push_back(third);
  const auto verdict = watch.see(seen, 3);
  EXPECT_EQ(verdict.state, MoveState::failed);
  EXPECT_THAT(verdict.sentence, HasSubstr("runs on pve3: something else has taken it there"));
}

// Its unit there would never be cleared away, and somebody has put it there for a reason.
TEST(Migration, AContainerStoppedOnAThirdHostIsNotStarted) {
  Watch watch(kContainer);
  auto seen = scene(kContainer).unit(UnitState::failed, kRestarted).at({"pve3"});
  HostSample third;
  third.host = "pve3";
  third.quorate = true;
  third.places = {"pve3"};
  seen.more.push_back(third);
  for (int i = 0; i < 5; ++i) EXPECT_THAT(watch.see(seen).start_guest_on, IsEmpty());
  const auto verdict = watch.see(seen);
  EXPECT_EQ(verdict.state, MoveState::failed);
  EXPECT_EQ(verdict.command, "ssh root@pve3 pct start 101");
}

}  // namespace
}  // namespace pcb
