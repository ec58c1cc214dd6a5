#include "evaluator/decide/act_messages.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace pcb {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

Move move(const char* guest, const char* method) {
  Move made;
  made.guest = guest;
  made.name = "db";
  made.from = "pve1";
  made.to = "pve2";
  made.method = method;
  made.why = "takes 3 cores off pve1";
  return made;
}

TEST(ActMessages, TheWayBackIsTheCommandThatAPersonTypes) {
  EXPECT_EQ(undo_command(move("lxc/103", "restart"), false), "pct migrate 103 pve1 --restart");
  EXPECT_EQ(undo_command(move("qemu/201", "live"), false), "qm migrate 201 pve1 --online");
  EXPECT_EQ(undo_command(move("qemu/201", "live"), true), "qm migrate 201 pve1 --online --with-local-disks");
  EXPECT_EQ(undo_command(move("qemu/201", "offline"), true), "qm migrate 201 pve1");
  EXPECT_EQ(undo_command(move("lxc/103", "ha"), false), "ha-manager migrate ct:103 pve1");
  EXPECT_EQ(undo_command(move("qemu/201", "ha"), true), "ha-manager migrate vm:201 pve1");
}

TEST(ActMessages, SayWhatWhyAndWhatToDo) {
  const Message started = started_message(move("lxc/103", "restart"), Initiator::approved, "alice");
  EXPECT_THAT(started.lines[0],
              HasSubstr("container 103 (db) from pve1 to pve2, approved by alice: takes 3 cores"));
  const Message done = done_message(move("lxc/103", "restart"), false, 12, 3);
  EXPECT_THAT(done.lines[0], HasSubstr("in 12 s, down for 3"));
  EXPECT_THAT(done.lines[1], HasSubstr("on pve2: pct migrate 103 pve1 --restart"));
  const Message failed = failed_message(move("lxc/103", "restart"), "it is locked", "pct unlock 103", true);
  EXPECT_EQ(failed.severity, "critical");
  EXPECT_THAT(failed.lines[1], HasSubstr("pct unlock 103"));
  EXPECT_EQ(failed_message(move("lxc/103", "restart"), "x", "", false).lines.size(), 1U);
  const Message overdue =
      overdue_message(move("lxc/103", "restart"), "it is on its way", "systemctl status x");
  EXPECT_THAT(overdue.lines[0], HasSubstr("it is on its way; it is watched on"));
  EXPECT_EQ(overdue.lines[1], "What to do: systemctl status x");
}

TEST(ActMessages, HostileNamesAreHarmless) {
  Move hostile = move("lxc/103", "restart");
  hostile.name = "a\n\x1b[31mb";
  hostile.why = "x\ny";
  for (const Message& message :
       {started_message(hostile, Initiator::automatic, "e\nve"), done_message(hostile, false, {}, {}),
        failed_message(hostile, "s\x1b", "c\n", true), skipped_message(hostile, "s\n"),
        overdue_message(hostile, "s\n", "c\x1b")}) {
    for (const std::string& line : message.lines) {
      EXPECT_THAT(line, Not(HasSubstr("\n")));
      EXPECT_THAT(line, Not(HasSubstr("\x1b")));
    }
  }
}

}  // namespace
}  // namespace pcb
