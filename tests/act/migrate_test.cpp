// Guests that are really moved, on a lab: every method, every way it can go wrong, every reason not to begin.
#include <thread>

#include <gmock/gmock.h>

#include "tests/act/act_lab.h"
#include "tests/support/wait.h"

namespace pcb {
namespace {

using test::ActLab;
using test::carry_out;
using test::follow;
using test::kOwner;
using test::operation_of;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using Kind = StartAnswer::Kind;

const char* const kHosts = R"(
phase: 0.05s
pvestatd: 0.5s
hosts:
  pve1: {cores: 8, memory: 64GiB}
  pve2: {cores: 8, memory: 64GiB}
  pve3: {cores: 8, memory: 64GiB}
guests:
)";

void take_lock(SshMigrator& migrator) {
  const auto answer = migrator.take_lock(kOwner);
  ASSERT_EQ(static_cast<int>(answer.kind), static_cast<int>(LockAnswer::Kind::held)) << answer.sentence;
}

std::string units(const ActLab& lab, const std::string& host) {
  return lab.ssh(host, "systemctl list-units --all 'balancer-*'; ls /run/balancer-migrate").out;
}

TEST(Migrate, NodeMaintenanceTakesTheHaGuestsAwayAndBringsThemBack) {
  const ActLab lab(std::string(kHosts) + R"(
  101: {name: web, host: pve1, memory: 1GiB}
  103: {name: ha, host: pve1, memory: 1GiB, ha: true}
)");
  const auto migrator = lab.migrator();
  EXPECT_EQ(static_cast<int>(migrator->maintenance("pve1", true).kind), static_cast<int>(Kind::not_started))
      << "without the lock nothing is asked";
  take_lock(*migrator);
  const auto code_of = [&](const std::string& host, bool begins) {
    return migrator->maintenance(host, begins).code;
  };
  EXPECT_EQ(code_of("pve1;reboot", true), "grammar");
  ASSERT_EQ(lab.ssh("pve3", "touch /etc/pve/priv/balancer-stop").code, 0);
  EXPECT_EQ(code_of("pve1", true), "stop_file");
  ASSERT_EQ(lab.ssh("pve3", "rm /etc/pve/priv/balancer-stop").code, 0);
  EXPECT_EQ(lab.recorded("ha-maintenance"), 0);
  const auto asked = [&](bool begins) {
    const auto answer = migrator->maintenance("pve1", begins);
    EXPECT_EQ(static_cast<int>(answer.kind), static_cast<int>(Kind::started)) << answer.sentence;
  };
  asked(true);
  asked(true);  // as after a lost answer
  EXPECT_TRUE(test::wait_until([&] { return lab.place("103") != "pve1" && lab.running("103"); }))
      << lab.record();
  EXPECT_EQ(lab.place("101"), "pve1") << "HA takes its own alone";
  asked(false);
  EXPECT_TRUE(test::wait_until([&] { return lab.place("103") == "pve1" && lab.running("103"); }))
      << lab.record();
}

TEST(Migrate, ContainerMachineStoppedGuestAndHaGuestAreMoved) {
  const ActLab lab(std::string(kHosts) + R"(
  101: {name: web, host: pve1, memory: 1GiB, memory_used: 512MiB}
  104: {name: off, host: pve1, memory: 1GiB, status: stopped}
  201: {type: vm, name: win, host: pve1, memory: 1GiB, memory_used: 512MiB}
  103: {name: ha, host: pve1, memory: 1GiB, ha: true}
)");
  const auto migrator = lab.migrator();
  take_lock(*migrator);
  const std::pair<const char*, MoveMethod> moves[] = {{"lxc/101", MoveMethod::restart},
                                                      {"qemu/201", MoveMethod::live},
                                                      {"lxc/104", MoveMethod::offline},
                                                      {"lxc/103", MoveMethod::ha}};
  for (const auto& [guest, method] : moves) {
    SCOPED_TRACE(guest);
    auto operation = operation_of(guest, method);
    operation.target_memory_bytes = 512e6;
    operation.bandwidth_bytes_per_second = 1e8;
    const auto verdict = carry_out(*migrator, operation);
    EXPECT_EQ(name_of(verdict.state), std::string("done")) << verdict.sentence;
    EXPECT_EQ(lab.place(vmid_of(operation)), "pve2");
    EXPECT_EQ(lab.running(vmid_of(operation)), operation.was_running);
    EXPECT_TRUE(verdict.duration_seconds.has_value());
  }
  EXPECT_EQ(lab.recorded("pct begin"), 2) << lab.record();
  EXPECT_EQ(lab.recorded("qm begin") - lab.recorded("status 201 --verbose"), 1);
  EXPECT_EQ(lab.recorded("ha-manager begin"), 1);
  EXPECT_THAT(units(lab, "pve1"), IsEmpty());
}

struct Fault {
  const char *guest, *fault;
  MoveMethod method;
  const char *state, *sentence, *command, *place;
  bool runs;
};

// Each guest has its own fault, in one lab.
constexpr Fault kFaults[] = {
    {"lxc/111", "shutdown", MoveMethod::restart, "failed", "container did not stop", "", "pve1", true},
    {"lxc/112", "before-move", MoveMethod::restart, "failed", "storage migration failed", "", "pve1", true},
    {"lxc/113", "after-move", MoveMethod::restart, "done", "left stopped there and was started", "", "pve2",
     true},
    {"lxc/114", "keep-lock", MoveMethod::restart, "failed", "lock \"migrate\" left behind",
     "ssh root@pve2 pct unlock 114 && ssh root@pve2 pct start 114", "pve2", false},
    {"lxc/115", "start@pve2", MoveMethod::restart, "failed", "could not be started again",
     "ssh root@pve2 pct start 115", "pve2", false},
    {"lxc/116", "storage", MoveMethod::restart, "failed", "is not available on node 'pve2'", "", "pve1",
     true},
    {"qemu/211", "before-move", MoveMethod::live, "failed", "online migrate failure", "", "pve1", true},
    {"qemu/212", "after-move", MoveMethod::live, "failed", "is stopped on pve2", "ssh root@pve2 qm start 212",
     "pve2", false},
    {"qemu/213", "keep-lock", MoveMethod::live, "failed", "lock \"migrate\" left behind",
     "ssh root@pve2 qm unlock 213", "pve2", true},
    {"qemu/214", "paused", MoveMethod::live, "failed", "stands still", "ssh root@pve2 qm resume 214", "pve2",
     true},
};

TEST(Migrate, EveryFaultIsToldAsWhatItIs) {
  std::string guests;
  for (const Fault& one : kFaults) {
    const std::string guest = one.guest;
    guests += "  " + guest.substr(guest.find('/') + 1) + ": {" + (guest[0] == 'q' ? "type: vm, " : "") +
              "name: guest, host: pve1, memory: 1GiB, memory_used: 512MiB}\n";
  }
  const ActLab lab(kHosts + guests);
  const auto migrator = lab.migrator();
  take_lock(*migrator);
  for (const Fault& one : kFaults) {
    SCOPED_TRACE(std::string(one.guest) + " " + one.fault);
    const auto operation = operation_of(one.guest, one.method);
    const std::string id = vmid_of(operation);
    ASSERT_EQ(lab.lab({"fault", id, one.fault}).code, 0);
    const auto verdict = carry_out(*migrator, operation);
    EXPECT_EQ(std::string(name_of(verdict.state)), one.state);
    EXPECT_THAT(verdict.sentence, HasSubstr(one.sentence));
    EXPECT_THAT(verdict.command, *one.command == '\0'
                                     ? ::testing::Matcher<const std::string&>(IsEmpty())
                                     : ::testing::Matcher<const std::string&>(HasSubstr(one.command)));
    EXPECT_EQ(lab.place(id), one.place);
    EXPECT_EQ(lab.running(id), one.runs);
  }
  EXPECT_THAT(units(lab, "pve1"), IsEmpty());
  EXPECT_THAT(units(lab, "pve2"), IsEmpty());
}

TEST(Migrate, AHangIsToldAndLeftAloneAndEndsWhenItEnds) {
  const ActLab lab(std::string(kHosts) + "  101: {name: web, host: pve1, memory: 1GiB}\n");
  const auto migrator = lab.migrator();
  take_lock(*migrator);
  lab.order({"fault", "101", "hang"});
  const auto operation = operation_of("lxc/101", MoveMethod::restart);
  ASSERT_EQ(migrator->start(operation).sentence, "");
  auto rules = test::quick_rules();
  rules.overdue_seconds = 1;
  Migration migration(operation, rules, os::seconds_since_boot(), true);
  const auto late = follow(*migrator, migration, [](const auto& verdict) { return verdict.overdue; });
  EXPECT_EQ(late.state, MoveState::running);
  EXPECT_FALSE(migrator->clear(operation).ok());  // a unit that runs is not cleared
  EXPECT_EQ(lab.recorded("systemctl stop"), 0);
  lab.order({"heal", "101", "hang"});
  EXPECT_EQ(follow(*migrator, migration).state, MoveState::done);
}

// The trap of an abort between the shutdown and the move: nobody restarts the container but us.
TEST(Migrate, AContainerLeftStoppedOnTheSourceIsStartedThere) {
  const ActLab lab(std::string(kHosts) + "  101: {name: web, host: pve1, memory: 1GiB}\n");
  const auto migrator = lab.migrator();
  take_lock(*migrator);
  lab.order({"fault", "101", "hang"});
  const auto operation = operation_of("lxc/101", MoveMethod::restart);
  ASSERT_EQ(migrator->start(operation).sentence, "");
  ASSERT_TRUE(lab::await(60, [&] { return !lab.running("101"); }));
  lab.order({"fault", "pve2", "sshd"});  // the source cannot reach it any more
  lab.order({"heal", "101", "hang"});
  Migration migration(operation, test::quick_rules(), os::seconds_since_boot(), true);
  const auto verdict = follow(*migrator, migration, [](const auto& seen) { return seen.clear_unit; });
  EXPECT_EQ(verdict.state, MoveState::failed);
  EXPECT_THAT(verdict.sentence, HasSubstr("left stopped on pve1 and was started there"));
  EXPECT_TRUE(lab.running("101"));
  EXPECT_EQ(lab.place("101"), "pve1");
}

TEST(Migrate, NothingIsBegunWhereSomethingForbidsIt) {
  const ActLab lab(std::string(kHosts) + R"(
  101: {name: web, host: pve1, memory: 1GiB}
  102: {name: locked, host: pve1, memory: 1GiB, lock: backup}
  103: {name: ha, host: pve1, memory: 1GiB, ha: true}
  104: {name: off, host: pve1, memory: 1GiB, status: stopped}
)");
  const auto migrator = lab.migrator();
  EXPECT_EQ(migrator->start(operation_of("lxc/101", MoveMethod::restart)).kind,
            Kind::not_started);  // no lock yet
  take_lock(*migrator);
  const auto code = [&](const Operation& operation) { return migrator->start(operation).code; };
  const auto web = [] { return operation_of("lxc/101", MoveMethod::restart); };
  EXPECT_EQ(code(operation_of("lxc/102", MoveMethod::restart)), "locked");
  EXPECT_EQ(code(operation_of("lxc/103", MoveMethod::restart)), "ha_managed");
  EXPECT_EQ(code(operation_of("lxc/101", MoveMethod::ha)), "not_ha");
  EXPECT_EQ(code(operation_of("lxc/104", MoveMethod::restart)), "run_state");
  EXPECT_EQ(code(operation_of("lxc/101", MoveMethod::offline)), "run_state");
  EXPECT_EQ(code(operation_of("lxc/199", MoveMethod::restart)), "not_here");
  EXPECT_EQ(code(operation_of("lxc/101", MoveMethod::restart, "pve3")), "not_here");
  auto large = web();
  large.target_memory_bytes = 80e9;
  EXPECT_EQ(code(large), "target_memory");
  const auto with_fault = [&](std::vector<std::string> fault, const Operation& operation) {
    fault.insert(fault.begin(), "fault");
    EXPECT_EQ(lab.lab(fault).code, 0);
    const auto answer = migrator->start(operation);
    EXPECT_EQ(lab.lab({"heal", fault[1], fault[2]}).code, 0);
    return answer;
  };
  EXPECT_EQ(with_fault({"pve1", "backup", "104"}, web()).code, "task");
  EXPECT_EQ(with_fault({"pve2", "backup", "104"}, web()).code, "target_busy");
  EXPECT_EQ(with_fault({"103", "ha-error"}, operation_of("lxc/103", MoveMethod::ha)).code, "ha_state");
  EXPECT_EQ(with_fault({"pve2", "maintenance"}, operation_of("lxc/103", MoveMethod::ha)).code, "ha_host");
  EXPECT_EQ(with_fault({"pve2", "partition"}, web()).code, "no_quorum");
  EXPECT_EQ(with_fault({"pve1", "pmxcfs"}, web()).kind, Kind::not_started);
  EXPECT_EQ(lab.ssh("pve3", "touch /etc/pve/priv/balancer-stop").code,
            0);  // the red button of the cluster itself
  EXPECT_EQ(code(web()), "stop_file");
  EXPECT_EQ(lab.ssh("pve2", "rm /etc/pve/priv/balancer-stop").code, 0);
  EXPECT_EQ(migrator->start(operation_of("lxc/101", MoveMethod::restart, "pve1", "pve9")).kind,
            Kind::not_started);
  EXPECT_EQ(lab.recorded("pct begin") + lab.recorded("ha-manager begin") + lab.recorded("systemd-run begin"),
            0);
  EXPECT_EQ(carry_out(*migrator, web()).state, MoveState::done);  // the same, once nothing forbids it
}

}  // namespace
}  // namespace pcb
