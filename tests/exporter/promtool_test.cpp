// Prometheus's own linter over every golden page.
#include <array>
#include <cstdio>
#include <filesystem>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/exporter/fixture.h"

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
    if (entry.path().extension() != ".metrics") continue;
    ++pages;
    const auto outcome = promtool_check(entry.path().string());
    EXPECT_EQ(outcome.status, 0) << entry.path() << ": is promtool (Debian: prometheus) installed?";
    EXPECT_EQ(outcome.output, "") << entry.path();
  }
  EXPECT_EQ(pages, 6);
}

TEST(Promtool, WouldNameAFault) {
  const auto path = testing::TempDir() + "promtool_fault.metrics";
  std::ofstream(path) << "# TYPE pve_x counter\npve_x 1\n";
  const auto outcome = promtool_check(path);
  EXPECT_NE(outcome.status, 0);
  EXPECT_THAT(outcome.output, ::testing::HasSubstr("pve_x"));
}

}  // namespace
}  // namespace pcb
