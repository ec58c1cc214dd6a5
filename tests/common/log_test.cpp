#include "common/log/log.h"

#include <thread>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "common/log/line.h"
#include "common/text.h"

namespace pcb::log {
namespace {

using testing::EndsWith;
using testing::HasSubstr;
using testing::Not;

constexpr auto kTime = std::chrono::system_clock::time_point(std::chrono::milliseconds(1795372801042));

std::string text_line(std::string_view message, std::initializer_list<Field> fields = {}) {
  return line({}, kTime, Level::info, message, fields);
}
std::string json_line(std::string_view message, std::initializer_list<Field> fields = {}) {
  return line({.format = Format::json}, kTime, Level::warning, message, fields);
}

TEST(LogLine, TextIsReadable) {
  EXPECT_EQ(text_line("polled", {{"node", "pve1"}, {"took", "3 s"}}),
            "2026-11-22T18:40:01Z info  polled node=pve1 took=\"3 s\"");
  EXPECT_EQ(line({}, kTime, Level::error, "x", {}), "2026-11-22T18:40:01Z error x");
}

TEST(LogLine, JsonIsOneObject) {
  EXPECT_EQ(
      json_line("polled", {{"node", "a\"b\\c"}, {"level", "7"}}),
      R"({"time":"2026-11-22T18:40:01.042Z","level":"warn","message":"polled","node":"a\"b\\c","field_level":"7"})");
}

TEST(LogLine, ColourIsOfTheLevelAlone) {
  EXPECT_EQ(line({.colour = true}, kTime, Level::warning, "m", {}),
            "2026-11-22T18:40:01Z \033[33mwarn\033[0m  m");
}

TEST(LogLine, HostileBytesCannotForgeLinesColoursOrFields) {
  const std::string hostile = "ct\n2026 error forged\r\033[31m\x9b \xff\xc0\xaf \u202e {} %s \"x=1\" \u0085";
  for (const std::string& shown :
       {text_line(hostile, {{"name", hostile}}), json_line(hostile, {{"name", hostile}})}) {
    EXPECT_TRUE(text::is_utf8(shown)) << shown;
    EXPECT_THAT(shown, Not(HasSubstr("\u202e")));
    EXPECT_THAT(shown, Not(HasSubstr("\u0085")));
    EXPECT_THAT(shown, HasSubstr("{} %s"));
    for (const char c : shown) EXPECT_GE(static_cast<unsigned char>(c), 0x20) << shown;
  }
  EXPECT_EQ(text_line("m", {{"name", "a user=root"}}), "2026-11-22T18:40:01Z info  m name=\"a user=root\"");
  EXPECT_EQ(text_line("m", {{"name", "\" user=\"root"}}),
            "2026-11-22T18:40:01Z info  m name=\"\\\" user=\\\"root\"");
}

TEST(LogLine, EveryByteIsHarmlessInBothFormats) {
  for (int byte = 0; byte < 256; ++byte) {
    const std::string one(1, static_cast<char>(byte));
    for (const std::string& shown : {text_line(one, {{one, one}}), json_line(one, {{one, one}})}) {
      EXPECT_TRUE(text::is_utf8(shown)) << byte;
      for (const char c : shown) EXPECT_FALSE(static_cast<unsigned char>(c) < 0x20 || c == 0x7f) << byte;
    }
  }
}

TEST(Log, WritesOneLinePerEventFromTheLevelUp) {
  testing::internal::CaptureStderr();
  set_up(Level::info, Format::text);
  debug("not seen");
  info("brace {} and\nline", {{"k", "{0}"}});
  set_up(Level::warning, Format::json);
  info("not seen");
  warning("seen");
  set_up(Level::warning, Format::text);
  const std::string written = testing::internal::GetCapturedStderr();
  EXPECT_THAT(written, HasSubstr(" info  brace {} and\\nline k={0}\n"));
  EXPECT_THAT(written, EndsWith("\"message\":\"seen\"}\n"));
  EXPECT_THAT(written, Not(HasSubstr("not seen")));
  EXPECT_THAT(written, Not(HasSubstr("\033")));  // not a terminal
  EXPECT_EQ(text::split_lines(written).size(), 2U);
}

TEST(Log, LinesOfThreadsStayWhole) {
  testing::internal::CaptureStderr();
  {
    std::vector<std::jthread> threads;
    for (int i = 0; i < 8; ++i)
      threads.emplace_back([] {
        for (int n = 0; n < 100; ++n) error("abcdefghijklmnopqrstuvwxyz", {{"k", "v"}});
      });
  }
  const std::string written = testing::internal::GetCapturedStderr();
  const auto lines = text::split_lines(written);
  EXPECT_EQ(lines.size(), 800U);
  for (const auto& one : lines)
    EXPECT_THAT(std::string(one), EndsWith("error abcdefghijklmnopqrstuvwxyz k=v"));
}

TEST(Log, LevelsAndFormatsAreReadOrExplained) {
  EXPECT_EQ(*parse_level("warn"), Level::warning);
  EXPECT_EQ(*parse_level("debug"), Level::debug);
  EXPECT_THAT(parse_level("loud").error().message, HasSubstr("use debug, info, warn or error"));
  EXPECT_EQ(*parse_format("json"), Format::json);
  EXPECT_THAT(parse_format("xml").error().message, HasSubstr("use text or json"));
}

}  // namespace
}  // namespace pcb::log
