#include "evaluator/trigger/red_button.h"

#include <atomic>
#include <fstream>
#include <thread>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include "tests/evaluator/journal_fixture.h"

namespace pcb {
namespace {

using ::testing::HasSubstr;

TEST(RedButton, red_button_is_a_file_that_anybody_can_make) {
  test::TemporaryFolder directory;
  RedButton button(directory.path());
  EXPECT_EQ(button.pressed(), "");
  std::ofstream(directory.path() + "/STOP").flush();
  EXPECT_THAT(button.pressed(), HasSubstr("STOP is there"));
  std::filesystem::remove(directory.path() + "/STOP");
  EXPECT_EQ(button.pressed(), "");
}

TEST(RedButton, red_button_outlives_the_program_and_says_who_pressed_it) {
  test::TemporaryFolder directory;
  ASSERT_TRUE(RedButton(directory.path()).press("alice", "disks\nare slow", 1000).ok());
  RedButton again(directory.path());
  EXPECT_THAT(again.pressed(), HasSubstr("1970-01-01T00:16:40Z alice: disks\\nare slow)"));
  ASSERT_TRUE(again.release().ok());
  EXPECT_EQ(again.pressed(), "");
  EXPECT_TRUE(again.release().ok()) << "released twice";
}

TEST(RedButton, red_button_holds_without_its_file) {
  test::TemporaryFolder directory;
  const std::string gone = directory.path() + "/gone";
  std::filesystem::create_directory(gone);
  RedButton button(gone);
  EXPECT_EQ(button.pressed(), "");
  std::filesystem::remove(gone);
  EXPECT_THAT(button.pressed(), HasSubstr("cannot look at")) << "without its directory nobody could press it";
  EXPECT_FALSE(button.press("alice", "", 1000).ok()) << "there is nowhere to write";
  std::filesystem::create_directory(gone);
  EXPECT_NE(button.pressed(), "") << "pressed in memory";
}

TEST(RedButton, red_button_that_cannot_be_looked_at_counts_as_pressed) {
  test::TemporaryFolder directory;
  std::ofstream(directory.path() + "/file").flush();
  EXPECT_THAT(RedButton(directory.path() + "/file").pressed(), HasSubstr("counts as pressed"));
}

// 100 presses from another thread: once press() has answered, no start begins or is still running.
TEST(RedButton, red_button_lets_nothing_start_once_it_has_answered) {
  test::TemporaryFolder directory;
  RedButton button(directory.path());
  std::atomic<bool> ending{false}, answered{false};
  std::atomic<int> started{0}, late{0};
  std::thread acting([&] {
    while (!ending) {
      button.unless_pressed([&] {
        if (answered) ++late;
        ++started;
        std::this_thread::yield();
        if (answered) ++late;
      });
    }
  });
  for (int i = 0; i < 100; ++i) {
    const int before = started;
    while (started == before) std::this_thread::yield();
    EXPECT_TRUE(button.press("tester", "", 1000).ok());
    answered = true;
    const int at_answer = started;
    for (int look = 0; look < 20; ++look) std::this_thread::yield();
    EXPECT_EQ(started, at_answer);
    answered = false;
    EXPECT_TRUE(button.release().ok());
  }
  ending = true;
  acting.join();
  EXPECT_EQ(late, 0);
  EXPECT_GE(started, 100);
}

}  // namespace
}  // namespace pcb
