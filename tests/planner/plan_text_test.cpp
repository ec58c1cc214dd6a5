// Plans as people read them: golden files for several scenarios and widths. PCB_BLESS=1 rewrites them.
#include <algorithm>
#include <fstream>
#include <iterator>

#include <gtest/gtest.h>

#include "cluster/document_json.h"
#include "evaluator/planner/plan_output.h"
#include "evaluator/planner/planner.h"
#include "tests/cluster/generated_file.h"

namespace pcb {
namespace {

struct Shown {
  const char* scenario;
  GoalKind goal;
  const char* host;  // of drain
};

const Shown kShown[] = {{"swap-frees-a-full-cluster", GoalKind::relieve, ""},
                        {"complaint-17-passthrough-said-loudly", GoalKind::drain, "pve1"},
                        {"all-hosts-full", GoalKind::relieve, ""},
                        {"balance-two-hosts", GoalKind::balance, ""},
                        {"survive-not-the-big-one", GoalKind::survive, ""},
                        {"refused-stale", GoalKind::relieve, ""}};

struct Made {
  Cluster cluster;
  Plan plan;
};

Made made_of(const Shown& shown) {
  auto read =
      read_cluster(read_source_file(std::string("tests/scenarios/") + shown.scenario + "/cluster.json"));
  EXPECT_TRUE(read.ok()) << shown.scenario;
  Goal goal;
  goal.kind = shown.goal;
  if (*shown.host != '\0') goal.scope = {shown.host};
  auto planned = plan(read->cluster, goal, {});
  EXPECT_TRUE(planned.ok()) << shown.scenario;
  return {std::move(read->cluster), std::move(planned).value()};
}

// Columns of a terminal: code points without escapes.
std::size_t columns_of(const std::string& line) {
  std::size_t columns = 0;
  bool escape = false;
  for (const char c : line) {
    if (c == '\x1b') escape = true;
    if (!escape && (static_cast<unsigned char>(c) & 0xC0U) != 0x80U) ++columns;
    if (escape && c == 'm') escape = false;
  }
  return columns;
}

std::vector<std::string> lines_of(const std::string& text) {
  std::vector<std::string> lines;
  std::size_t at = 0;
  for (std::size_t end = text.find('\n'); end != std::string::npos; at = end + 1, end = text.find('\n', at))
    lines.push_back(text.substr(at, end - at));
  return lines;
}

TEST(PlanText, IsAsInTheGoldenFiles) {
  for (const Shown& shown : kShown) {
    const Made made = made_of(shown);
    const std::string name = std::string("tests/golden/plan/") + shown.scenario;
    expect_generated(name + ".txt", plan_to_text(made.plan, made.cluster, {}));
    expect_generated(name + ".120.txt", plan_to_text(made.plan, made.cluster, {true, 120}));
    expect_generated(name + ".60.txt", plan_to_text(made.plan, made.cluster, {false, 60}));
  }
}

TEST(PlanText, FitsTheTerminal) {
  for (const Shown& shown : kShown) {
    const Made made = made_of(shown);
    for (const int columns : {50, 60, 80, 100, 160})
      for (const bool colour : {false, true})
        for (const std::string& line : lines_of(plan_to_text(made.plan, made.cluster, {colour, columns}))) {
          EXPECT_LE(columns_of(line), static_cast<std::size_t>(columns)) << shown.scenario << "\n" << line;
        }
  }
}

TEST(PlanText, FoldingAndColourChangeNoWord) {
  for (const Shown& shown : kShown) {
    const Made made = made_of(shown);
    const auto words = [&](const TextStyle& style) {
      std::string text = plan_to_text(made.plan, made.cluster, style);
      for (std::size_t at = text.find('\x1b'); at != std::string::npos; at = text.find('\x1b'))
        text.erase(at, text.find('m', at) - at + 1);
      std::string kept;  // bars differ in length
      for (const char c : text)
        if (static_cast<unsigned char>(c) < 0x80 && c != ' ' && c != '\n') kept += c;
      return kept;
    };
    EXPECT_EQ(words({true, 0}), words({}));
    EXPECT_EQ(words({true, 120}), words({}));
    EXPECT_EQ(words({false, 90}), words({}));
  }
}

TEST(PlanText, HostileNamesReachNoTerminal) {
  Made made = made_of(kShown[0]);
  for (auto& move : made.plan.moves) {
    move.name = "\x1b[2J\r\xff";
    move.why = "because\x07\nof this";
  }
  for (auto& rejection : made.plan.rejected)
    rejection.detail =
        "\x9b"
        "31m";
  const std::string text = plan_to_text(made.plan, made.cluster, {false, 70});
  EXPECT_EQ(text.find_first_of("\x1b\r\x07\xff\x9b"), std::string::npos) << text;
}

TEST(PlanText, TargetsOfOneReasonShareALine) {
  Made made = made_of(kShown[0]);
  made.plan.rejected = {{"lxc/1", "a", "cpu_limit", "full"},
                        {"lxc/1", "b", "cpu_limit", "full"},
                        {"lxc/1", "c", "memory_limit", "full"},
                        {"lxc/2", std::nullopt, "lock", "backup"}};
  const std::string text = plan_to_text(made.plan, made.cluster, {});
  EXPECT_NE(text.find("  lxc/1 to a, b: cpu_limit (full)\n"), std::string::npos) << text;
  EXPECT_NE(text.find("  lxc/1 to c: memory_limit (full)\n"), std::string::npos);
  EXPECT_NE(text.find("  lxc/2: lock (backup)\n"), std::string::npos);
}

}  // namespace
}  // namespace pcb
