#include "common/cli/command_line.h"

#include <vector>

#include <CLI/CLI.hpp>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace pcb {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

struct Read {
  log::Level level = log::Level::info;
  log::Format format = log::Format::text;
  std::optional<EarlyExit> leave;
};

Read read(std::vector<const char*> words) {
  words.insert(words.begin(), "program");
  Read result;
  CLI::App app{"A program."};
  app.require_subcommand(1);
  app.fallthrough();
  app.add_subcommand("serve", "Serve")->fallthrough();
  add_log_options(app, result.level, result.format);
  result.leave = parse_words(app, static_cast<int>(words.size()), words.data());
  return result;
}

TEST(CommandLine, ReadsTheOptionsOfTheLog) {
  const Read plain = read({"serve"});
  EXPECT_FALSE(plain.leave);
  EXPECT_EQ(plain.level, log::Level::info);
  const Read given = read({"serve", "--log-level", "warn", "--log-format", "json"});
  EXPECT_FALSE(given.leave);
  EXPECT_EQ(given.level, log::Level::warning);
  EXPECT_EQ(given.format, log::Format::json);
}

TEST(CommandLine, AWrongWordIsToldWithWhatIsAllowed) {
  const Read level = read({"serve", "--log-level", "loud"});
  ASSERT_TRUE(level.leave);
  EXPECT_EQ(level.leave->code, kExitUsage);
  EXPECT_THAT(level.leave->error, HasSubstr("use debug, info, warn or error"));
  EXPECT_THAT(level.leave->error, Not(HasSubstr("->")));
  const Read format = read({"serve", "--log-format", "\x1b[31mxml"});
  ASSERT_TRUE(format.leave);
  EXPECT_THAT(format.leave->error, HasSubstr("use text or json"));
  EXPECT_THAT(format.leave->error, Not(HasSubstr("\x1b")));
}

TEST(CommandLine, AnUnknownCommandIsNamed) {
  const Read unknown = read({"frobnicate"});
  ASSERT_TRUE(unknown.leave);
  EXPECT_EQ(unknown.leave->code, kExitUsage);
  EXPECT_THAT(unknown.leave->error, HasSubstr("There is no command \"frobnicate\""));
  for (const std::vector<const char*>& words : {std::vector<const char*>{}, {"--nonsense", "x"}}) {
    const Read none = read(words);
    ASSERT_TRUE(none.leave);
    EXPECT_EQ(none.leave->code, kExitUsage);
    EXPECT_THAT(none.leave->error, Not(HasSubstr("There is no command")));
  }
}

TEST(CommandLine, HelpIsNoFault) {
  const Read help = read({"--help"});
  ASSERT_TRUE(help.leave);
  EXPECT_EQ(help.leave->code, kExitGood);
  EXPECT_EQ(help.leave->error, "");
  EXPECT_THAT(help.leave->out, HasSubstr("debug, info, warning or error"));
}

}  // namespace
}  // namespace pcb
