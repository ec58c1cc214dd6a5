#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "common/os/child.h"

namespace pcb::os {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using testing::HasSubstr;

TEST(OsChild, GivesWhatItPrintsAndItsExitCode) {
  const auto end = run_child({"sh", "-c", "echo out; echo err >&2; exit 3"}, {}, seconds(10));
  ASSERT_TRUE(end.ok()) << end.error().message;
  EXPECT_EQ(end->exit_code, 3);
  EXPECT_EQ(end->out, "out\n");
  EXPECT_EQ(end->err, "err\n");
}

TEST(OsChild, HandsWordsOverWithoutAShell) {
  const auto end = run_child({"printf", "%s|", "a b", "$(id)", "", "'"}, {}, seconds(10));
  ASSERT_TRUE(end.ok());
  EXPECT_EQ(end->out, "a b|$(id)||'|");
}

TEST(OsChild, ItsVariablesWinOverOurs) {
  ::setenv("PCB_CHILD_TEST", "ours", 1);
  const auto own = run_child({"sh", "-c", "echo $PCB_CHILD_TEST"}, {}, seconds(10));
  const auto set = run_child({"sh", "-c", "echo $PCB_CHILD_TEST"}, {"PCB_CHILD_TEST=given"}, seconds(10));
  EXPECT_EQ(own->out, "ours\n");
  EXPECT_EQ(set->out, "given\n");
}

TEST(OsChild, HasNothingOnItsInput) {
  const auto end = run_child({"cat"}, {}, seconds(10));
  ASSERT_TRUE(end.ok()) << end.error().message;
  EXPECT_EQ(end->out, "");
}

TEST(OsChild, IsEndedWhenItTakesTooLongAlsoWithItsOutputClosed) {
  for (const char* command : {"sleep 60", "exec >&- 2>&-; sleep 60"}) {
    const auto began = std::chrono::steady_clock::now();
    const auto end = run_child({"sh", "-c", command}, {}, milliseconds(300));
    EXPECT_LT(std::chrono::steady_clock::now() - began, seconds(20)) << command;
    EXPECT_TRUE(!end.ok() || end->exit_code == 128 + 9) << command;
  }
}

TEST(OsChild, IsEndedWhenItPrintsTooMuch) {
  const auto end = run_child({"yes"}, {}, seconds(30), 100'000);
  ASSERT_FALSE(end.ok());
  EXPECT_THAT(end.error().message, HasSubstr("printed too much"));
}

TEST(OsChild, SaysWhatCannotBeRun) {
  const auto end = run_child({"no-such-program-anywhere"}, {}, seconds(10));
  ASSERT_FALSE(end.ok());
  EXPECT_THAT(end.error().message, HasSubstr("cannot run no-such-program-anywhere: no such file"));
}

TEST(OsChild, KnowsTheFolderOfTheProgram) { EXPECT_EQ(program_folder(), PCB_BINARY_DIR "/bin"); }

}  // namespace
}  // namespace pcb::os
