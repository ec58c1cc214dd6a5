#include <ctime>
#include <set>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include "common/os/process.h"
#include "common/os/random.h"

namespace pcb::os {
namespace {

TEST(OsProcess, ParsesStatWithAHostileName) {
  const auto figures = parse_process_stat(
      "42 (a) R 1 (b) S 1 42 42 0 -1 4194560 1 2 3 4 250 150 7 8 20 0 9 0 1000 12345678 300 "
      "18446744073709551615 1 1\n",
      "cpu 1 2 3\nbtime 1700000000\nprocesses 9\n", 100, 4096);
  EXPECT_EQ(figures.cpu_seconds, 4.0);
  EXPECT_EQ(figures.threads, 9);
  EXPECT_EQ(figures.start_time_seconds, 1700000010.0);
  EXPECT_EQ(figures.virtual_memory_bytes, 12345678);
  EXPECT_EQ(figures.resident_memory_bytes, 300 * 4096);
}

TEST(OsProcess, WhatIsMissingIsAbsent) {
  for (const char* stat : {"", "42 (a", "42 (a) S 1 2"}) {
    const auto figures = parse_process_stat(stat, "", 100, 4096);
    EXPECT_FALSE(figures.cpu_seconds || figures.threads || figures.start_time_seconds ||
                 figures.resident_memory_bytes)
        << stat;
  }
}

TEST(OsProcess, FiguresOfThisProcessArePlausibleAndWritten) {
  const auto figures = read_process_figures();
  ASSERT_TRUE(figures.resident_memory_bytes && figures.open_fds && figures.max_fds &&
              figures.start_time_seconds);
  EXPECT_GT(*figures.resident_memory_bytes, 1e6);
  EXPECT_NEAR(*figures.start_time_seconds, static_cast<double>(std::time(nullptr)), 3600);
  const int extra = ::dup(0);
  EXPECT_EQ(*read_process_figures().open_fds, *figures.open_fds + 1);
  ::close(extra);
  MetricsText page(Exposition::openmetrics);
  append_process_metrics(page, figures);
  const std::string text = std::move(page).finish();
  EXPECT_THAT(text, testing::HasSubstr("# TYPE process_cpu_seconds counter\n"));
  EXPECT_THAT(text, testing::HasSubstr("\nprocess_cpu_seconds_total "));
  EXPECT_THAT(text, testing::HasSubstr("\nprocess_max_fds "));
}

TEST(OsRandom, HexOfTheRightLengthAndNeverTheSame) {
  std::set<std::string> seen;
  for (int i = 0; i < 1000; ++i) {
    const std::string one = random_hex(16);
    ASSERT_EQ(one.size(), 32U);
    ASSERT_EQ(one.find_first_not_of("0123456789abcdef"), std::string::npos);
    ASSERT_TRUE(seen.insert(one).second);
  }
  EXPECT_EQ(random_hex(300).size(), 600U);
  EXPECT_EQ(random_hex(0), "");
}

}  // namespace
}  // namespace pcb::os
