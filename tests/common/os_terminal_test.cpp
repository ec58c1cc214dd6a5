#include <cstdlib>

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "common/os/terminal.h"

namespace pcb::os {
namespace {

class TerminalTest : public ::testing::Test {
 protected:
  void SetUp() override {
    ::setenv("TERM", "xterm-256color", 1);
    ::unsetenv("NO_COLOR");
    master_ = ::posix_openpt(O_RDWR | O_NOCTTY);
    ASSERT_GE(master_, 0);
    ASSERT_EQ(::grantpt(master_), 0);
    ASSERT_EQ(::unlockpt(master_), 0);
    slave_ = ::open(::ptsname(master_), O_RDWR | O_NOCTTY);
    ASSERT_GE(slave_, 0);
    const winsize size{.ws_row = 24, .ws_col = 97, .ws_xpixel = 0, .ws_ypixel = 0};
    ASSERT_EQ(::ioctl(slave_, TIOCSWINSZ, &size), 0);
  }
  void TearDown() override {
    ::close(slave_);
    ::close(master_);
    ::unsetenv("NO_COLOR");
  }
  int master_ = -1, slave_ = -1;
};

TEST_F(TerminalTest, ATerminalHasColourAndAWidth) {
  EXPECT_TRUE(terminal_of(slave_).colour);
  EXPECT_EQ(terminal_of(slave_).columns, 97);
}

TEST_F(TerminalTest, NoColourWhereItIsNotWanted) {
  ::setenv("NO_COLOR", "1", 1);
  EXPECT_FALSE(terminal_of(slave_).colour);
  EXPECT_EQ(terminal_of(slave_).columns, 97);
  ::setenv("NO_COLOR", "", 1);
  EXPECT_TRUE(terminal_of(slave_).colour) << "empty is as if it were not set";
  ::setenv("TERM", "dumb", 1);
  EXPECT_FALSE(terminal_of(slave_).colour);
}

TEST_F(TerminalTest, APipeHasNeither) {
  int ends[2];
  ASSERT_EQ(::pipe(ends), 0);
  EXPECT_FALSE(terminal_of(ends[1]).colour);
  EXPECT_EQ(terminal_of(ends[1]).columns, 0);
  ::close(ends[0]);
  ::close(ends[1]);
  EXPECT_FALSE(terminal_of(-1).colour);
}

}  // namespace
}  // namespace pcb::os
