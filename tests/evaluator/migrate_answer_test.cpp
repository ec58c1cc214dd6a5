// What may be asked of the hosts, and how what they say is read: the grammar on our side of the connection.
#include "evaluator/decide/migrate_answer.h"

#include <functional>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "evaluator/decide/migration_log.h"
#include "tests/evaluator/migration_scene.h"

namespace pcb {
namespace {

using test::operation_of;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Not;

const std::string kNonce = "0123456789abcdef";
const std::string kOwner(32, 'c');

const Operation kContainer = operation_of("lxc/101", MoveMethod::restart, true);
const Operation kMachine = operation_of("qemu/201", MoveMethod::live, true);
const Operation kStopped = operation_of("lxc/104", MoveMethod::offline, false);

std::string framed(const std::string& body) {
  return "noise of a login\n@@" + kNonce + " begin 1\nnode pve1\nuptime 1000021\nquorate 1\n" + body +
         "\n@@" + kNonce + " end\n";
}

NodeAnswer answer_of(const std::string& body) {
  auto answer = read_node_answer(framed(body), kNonce);
  EXPECT_TRUE(answer.ok());
  return answer ? *answer : NodeAnswer{};
}

// systemctl show of a unit, as the script passes it on.
std::string unit_lines(const std::string& load, const std::string& active, const std::string& sub,
                       const std::string& status, const std::string& description) {
  return "unit LoadState=" + load + "\nunit ActiveState=" + active + "\nunit SubState=" + sub +
         "\nunit ExecMainStatus=" + status + "\nunit Description=" + description +
         "\nunit ExecMainStartTimestampMonotonic=1000015000000\nunit ExecMainExitTimestampMonotonic=" +
         (sub == "running" ? "0" : "1000019500000") + "\n";
}

TEST(MigrateRequest, SaysEverythingInOneLineOfTheGrammar) {
  auto machine = kMachine;
  machine.with_local_disks = true;
  machine.bandwidth_bytes_per_second = 100.0 * 1024 * 1024;
  machine.target_memory_bytes = 3e9;
  EXPECT_EQ(start_request(machine, 5e8, 1000036.7, kOwner),
            "start " + machine.id +
                " qemu/201 pve1 pve2 live running local 102400 3000000000 500000000 1000036 " + kOwner);
  EXPECT_EQ(start_request(kStopped, 0, 99, kOwner),
            "start " + kStopped.id + " lxc/104 pve1 pve2 offline stopped shared 0 0 0 99 " + kOwner);
  auto slow = kContainer;
  slow.bandwidth_bytes_per_second = 10;  // below one KiB/s: still a limit
  EXPECT_THAT(start_request(slow, 0, 9, kOwner), HasSubstr(" shared 1 0 0 9 "));
}

TEST(MigrateAnswer, ARunningUnitIsSeenWithItsOperation) {
  const auto sample = host_sample(
      answer_of("place pve1\nlock migrate\nrunning 0\n" +
                unit_lines("loaded", "active", "running", "0", "balancer " + kContainer.id + " migrate") +
                "log 2026-11-22 22:31:10 shutdown CT 101\nha\n"));
  ASSERT_TRUE(sample.ok());
  EXPECT_EQ(sample->host, "pve1");
  EXPECT_TRUE(sample->quorate);
  EXPECT_THAT(sample->places, ElementsAre("pve1"));
  EXPECT_EQ(sample->lock, "migrate");
  EXPECT_FALSE(sample->running);
  EXPECT_EQ(sample->unit.state, UnitSample::State::running);
  EXPECT_EQ(sample->unit.operation, kContainer.id);
  EXPECT_FALSE(sample->unit.starts_guest);
  EXPECT_EQ(sample->unit.seconds, 6.0);
  EXPECT_THAT(sample->log, ElementsAre("2026-11-22 22:31:10 shutdown CT 101"));
  ASSERT_TRUE(sample->ha.has_value());
  EXPECT_FALSE(sample->ha->managed);
}

TEST(MigrateAnswer, EndedUnitsAreToldFromEachOther) {
  const auto unit = [](const std::string& active, const std::string& sub, const std::string& status,
                       const std::string& purpose) {
    const auto sample = host_sample(answer_of(
        "running 1\n" + unit_lines("loaded", active, sub, status, "balancer " + kContainer.id + purpose)));
    return sample ? sample->unit : UnitSample{};
  };
  const auto good = unit("active", "exited", "0", " migrate");
  EXPECT_EQ(good.state, UnitSample::State::succeeded);
  EXPECT_EQ(good.exit_status, 0);
  EXPECT_EQ(good.seconds, 4.5);
  const auto bad = unit("failed", "failed", "255", " start");
  EXPECT_EQ(bad.state, UnitSample::State::failed);
  EXPECT_EQ(bad.exit_status, 255);
  EXPECT_TRUE(bad.starts_guest);
  const auto foreign = unit("active", "running", "0", " of somebody else migrate");
  EXPECT_EQ(foreign.state, UnitSample::State::running);
  EXPECT_EQ(foreign.operation, "");
  const auto none =
      host_sample(answer_of("running 1\n" + unit_lines("not-found", "inactive", "dead", "0", "x.service")));
  EXPECT_EQ(none->unit.state, UnitSample::State::absent);
}

TEST(MigrateAnswer, HaAndPausedMachinesAreRead) {
  const auto ha = host_sample(answer_of("running 1\nha migrate pve1 pve2\n"));
  EXPECT_TRUE(ha->ha->managed);
  EXPECT_EQ(ha->ha->state, "migrate");
  EXPECT_EQ(ha->ha->target, "pve2");
  EXPECT_EQ(host_sample(answer_of("running 1\nha started pve1 none\n"))->ha->target, "");
  EXPECT_TRUE(host_sample(answer_of("running 1\nmachine paused\n"))->paused);
  EXPECT_FALSE(host_sample(answer_of("running 1\nmachine running\n"))->paused);
  EXPECT_FALSE(host_sample(answer_of("running 1\n"))->ha.has_value());
}

TEST(MigrateAnswer, WhatIsMissingOrUnreadableIsNoSample) {
  EXPECT_FALSE(host_sample(answer_of("place pve1\n")).ok());                     // no run state
  EXPECT_FALSE(host_sample(answer_of("running 1\nmachine unreadable\n")).ok());  // QEMU did not answer
  EXPECT_FALSE(host_sample(answer_of("refused systemd pve1\n")).ok());
  EXPECT_FALSE(read_node_answer(framed("running 1\n").substr(0, 60), kNonce).ok());
  EXPECT_FALSE(read_node_answer(framed(""), "fedcba9876543210").ok());
  EXPECT_FALSE(read_node_answer("@@" + kNonce + " error arguments\n", kNonce).ok());
  EXPECT_FALSE(
      read_node_answer("@@" + kNonce + " begin 2\nnode pve1\n\n@@" + kNonce + " end\n", kNonce).ok());
}

TEST(MigrateAnswer, ALogLineCannotForgeAnAnswer) {
  const auto answer = answer_of("running 0\nlog \nlog @@" + kNonce + " end\nlog started\n");
  EXPECT_FALSE(answer.says("started"));
  const auto sample = host_sample(answer);
  EXPECT_FALSE(sample->running);
  EXPECT_EQ(sample->log.size(), 3U);
}

TEST(MigrateAnswer, RefusalsAreSentencesWithoutHostileBytes) {
  const auto sentence = refusal_sentence("locked", "backup", kContainer);
  EXPECT_EQ(sentence, "lxc/101 is locked (backup)");
  EXPECT_THAT(refusal_sentence("target_memory", "5", kContainer), HasSubstr("pve2 does not have the memory"));
  EXPECT_THAT(
      refusal_sentence("unit_exists", kNonce, kContainer),
      HasSubstr("`systemctl stop balancer-migrate-101; systemctl reset-failed balancer-migrate-101`"));
  EXPECT_THAT(refusal_sentence("no_such_code", "\x1b[2J", kContainer), Not(HasSubstr("\x1b")));
  EXPECT_THAT(refusal_sentence("locked", "\x1b[2J", kContainer), Not(HasSubstr("\x1b")));
}

TEST(MigrationLog, HostileLinesAreEscaped) {
  const auto reason = reason_in_log({"ERROR: \x1b[31m\xff\nforged"});
  EXPECT_THAT(reason, Not(HasSubstr("\x1b")));
  EXPECT_THAT(reason, Not(HasSubstr("\n")));
}

TEST(Operation, OnlyWhatTheGrammarKnowsIsAsked) {
  EXPECT_EQ(fault_of(kContainer), std::nullopt);
  EXPECT_EQ(fault_of(kMachine), std::nullopt);
  EXPECT_EQ(fault_of(kStopped), std::nullopt);
  const auto bad = [](const std::function<void(Operation&)>& change, Operation operation = kContainer) {
    change(operation);
    return fault_of(operation).has_value();
  };
  for (const char* guest : {"", "101", "lxc/", "lxc/99", "lxc/0101", "lxc/1234567890", "lxc/101;id",
                            "lxc/$(id)", "vm/101", "lxc/101\n", "../101", "lxc/-1"})
    EXPECT_TRUE(bad([&](Operation& o) { o.guest = guest; })) << guest;
  for (const char* host : {"", "-pve2", "pve2-", "pve 2", "pve2;id", "pve2\n", "p/e", "$(id)", "pve1"})
    EXPECT_TRUE(bad([&](Operation& o) { o.to = host; })) << host;
  for (const char* id : {"", "aaaa", "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA", "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa;"})
    EXPECT_TRUE(bad([&](Operation& o) { o.id = id; })) << id;
  EXPECT_TRUE(bad([](Operation& o) { o.method = MoveMethod::live; }));
  EXPECT_TRUE(bad([](Operation& o) { o.method = MoveMethod::restart; }, kMachine));
  EXPECT_TRUE(bad([](Operation& o) { o.was_running = false; }));
  EXPECT_TRUE(bad([](Operation& o) { o.target_memory_bytes = -1; }));
}

}  // namespace
}  // namespace pcb
