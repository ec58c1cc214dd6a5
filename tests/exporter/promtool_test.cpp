// Prometheus's own linter over every golden page.
#include <array>
#include <cstdio>
#include <filesystem>
#include <set>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/exporter/fixture.h"
#include "tests/support/temporary_folder.h"

namespace pcb {
namespace {

struct Outcome {
  int status = -1;
  std::string output;
};

Outcome promtool_check(const std::string& page) {
  const auto command = "promtool check metrics < '" + page + "' 2>&1";
  Outcome outcome;
  FILE* pipe = popen(command.c_str(), "r");
  if (pipe == nullptr) return outcome;
  std::array<char, 4096> buffer{};
  while (const auto length = std::fread(buffer.data(), 1, buffer.size(), pipe)) {
    outcome.output.append(buffer.data(), length);
  }
  outcome.status = pclose(pipe);
  return outcome;
}

TEST(Promtool, HasNothingToSayAboutAnyGoldenPage) {
  int pages = 0;
  for (const auto& entry : std::filesystem::directory_iterator(test::kGolden)) {
    if (entry.path().extension() != ".metrics" && entry.path().extension() != ".pve") continue;
    ++pages;
    const auto outcome = promtool_check(entry.path().string());
    EXPECT_EQ(outcome.status, 0) << entry.path() << ": is promtool (Debian: prometheus) installed?";
    EXPECT_EQ(outcome.output, "") << entry.path();
  }
  EXPECT_EQ(pages, 8);
}

// node_exporter's own names, which cannot be changed: fields of the kernel's files in camel case.
TEST(Promtool, NamesOnlyTheCamelCaseOfNodeExporterOnProbe) {
  std::set<std::string> known;
  const auto table = test::read_file(test::kGolden + "/node_exporter.names");
  for (const auto line : text::split_lines(table)) known.emplace(text::split_words(line).front());
  constexpr std::string_view kCamelCase = " metric names should be written in 'snake_case' not 'camelCase'";
  int pages = 0, named = 0;
  for (const auto& entry : std::filesystem::directory_iterator(test::kGolden)) {
    if (entry.path().extension() != ".probe") continue;
    ++pages;
    const auto outcome = promtool_check(entry.path().string());
    for (const auto line : text::split_lines(outcome.output)) {
      ASSERT_TRUE(line.ends_with(kCamelCase)) << entry.path() << ": " << line;
      const auto name = line.substr(0, line.size() - kCamelCase.size());
      EXPECT_TRUE(known.contains(std::string(name))) << name << " is not of node_exporter";
      EXPECT_TRUE(name.starts_with("node_memory_") || name.starts_with("node_netstat_")) << name;
      ++named;
    }
  }
  EXPECT_EQ(pages, 5);
  EXPECT_GT(named, 50);
}

TEST(Promtool, WouldNameAFault) {
  const test::TemporaryFolder folder;
  const auto path = folder.write("fault.metrics", "# TYPE pve_x counter\npve_x 1\n");
  const auto outcome = promtool_check(path);
  EXPECT_NE(outcome.status, 0);
  EXPECT_THAT(outcome.output, ::testing::HasSubstr("pve_x"));
}

}  // namespace
}  // namespace pcb
