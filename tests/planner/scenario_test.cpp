// Every folder of tests/scenarios: cluster.json is planned as expect.yaml says and must come out as it says.
//
// A folder without expect.yaml or README, an expectation that is not known, and an empty set are failures.
// Every plan is held against the contract (reference.h) as well.
#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <set>

#include "reference.h"
#include <gtest/gtest.h>
#include <yaml-cpp/yaml.h>

#include "cluster/document_json.h"
#include "evaluator/planner/plan_output.h"
#include "evaluator/planner/planner.h"

namespace pcb {
namespace {

namespace fs = std::filesystem;

const fs::path kScenarios = fs::path(PCB_SOURCE_DIR) / "tests" / "scenarios";

std::vector<std::string> scenario_names() {
  std::vector<std::string> names;
  for (const auto& entry : fs::directory_iterator(kScenarios))
    if (entry.is_directory()) names.push_back(entry.path().filename().string());
  std::sort(names.begin(), names.end());
  return names;
}

std::string text_of(const fs::path& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

Goal goal_of(const YAML::Node& expect) {
  Goal goal;
  const std::string text = expect["goal"].as<std::string>();
  if (text == "balance") goal.kind = GoalKind::balance;
  if (text == "survive") goal.kind = GoalKind::survive;
  if (text.rfind("drain:", 0) == 0) {
    goal.kind = GoalKind::drain;
    goal.scope = {text.substr(6)};
  }
  if (text.rfind("place:", 0) == 0) {
    goal.kind = GoalKind::place;
    goal.place_cores = std::stod(text.substr(6));
    goal.place_memory_bytes = std::stod(text.substr(text.find(',') + 1));
  }
  if (expect["scope"]) goal.scope = expect["scope"].as<std::vector<std::string>>();
  goal.include_stopped = expect["include_stopped"] && expect["include_stopped"].as<bool>();
  return goal;
}

Policy policy_of(const YAML::Node& expect) {
  Policy policy;
  if (expect["max_moves"]) policy.max_moves = expect["max_moves"].as<int>();
  if (expect["min_gain"]) policy.min_gain = expect["min_gain"].as<double>();
  if (expect["host_cooldown_seconds"])
    policy.host_cooldown_seconds = expect["host_cooldown_seconds"].as<double>();
  if (expect["allow_local_disks"]) policy.allow_local_disks = expect["allow_local_disks"].as<bool>();
  return policy;
}

const char* result_name(PlanResult result) {
  switch (result) {
    case PlanResult::moves:
      return "moves";
    case PlanResult::nothing_to_do:
      return "nothing_to_do";
    case PlanResult::infeasible:
      return "infeasible";
    case PlanResult::refused:
      return "refused";
  }
  return "";
}

const std::set<std::string> kKnown = {"goal",
                                      "scope",
                                      "include_stopped",
                                      "max_moves",
                                      "min_gain",
                                      "host_cooldown_seconds",
                                      "allow_local_disks",
                                      "result",
                                      "moves",
                                      "move_count",
                                      "must_not",
                                      "rejected",
                                      "reason",
                                      "peak_below",
                                      "overload",
                                      "fits",
                                      "survives",
                                      "best_host",
                                      "after_host",
                                      "methods",
                                      "fixes"};

class Scenario : public testing::TestWithParam<std::string> {};

bool moved(const Plan& plan, const std::string& guest, const std::string& to) {
  return std::any_of(plan.moves.begin(), plan.moves.end(),
                     [&](const Move& move) { return move.guest == guest && (to.empty() || move.to == to); });
}

void check_moves(const YAML::Node& expect, const Plan& made) {
  if (expect["move_count"]) {
    EXPECT_EQ(made.moves.size(), expect["move_count"].as<std::size_t>());
  }
  for (const auto& move : expect["moves"]) {
    const std::string to = move["to"] ? move["to"].as<std::string>() : "";
    EXPECT_TRUE(moved(made, move["guest"].as<std::string>(), to))
        << move["guest"].as<std::string>() << " to " << to;
  }
  for (const auto& guest : expect["must_not"])
    EXPECT_FALSE(moved(made, guest.as<std::string>(), "")) << guest.as<std::string>() << " moves";
  for (const auto& entry : expect["methods"])
    for (const auto& move : made.moves)
      if (move.guest == entry.first.as<std::string>()) {
        EXPECT_EQ(move.method, entry.second.as<std::string>());
      }
}

void check_rejected(const YAML::Node& expect, const Plan& made) {
  for (const auto& wanted : expect["rejected"]) {
    const std::string guest = wanted["guest"].as<std::string>(), code = wanted["code"].as<std::string>();
    const std::string to = wanted["to"] ? wanted["to"].as<std::string>() : "";
    const bool found =
        std::any_of(made.rejected.begin(), made.rejected.end(), [&](const Rejection& rejection) {
          return rejection.guest == guest && rejection.code == code && (to.empty() || rejection.to == to);
        });
    EXPECT_TRUE(found) << guest << " to " << to << " is not rejected as " << code;
  }
}

void check_figures(const YAML::Node& expect, const Plan& made) {
  if (expect["peak_below"]) {
    EXPECT_LT(made.after.peak, expect["peak_below"].as<double>());
  }
  if (expect["overload"]) {
    EXPECT_NEAR(made.after.overload, expect["overload"].as<double>(), 1e-6);
  }
  for (const auto& entry : expect["after_host"]) {
    const auto host = made.after.hosts.find(entry.first.as<std::string>());
    ASSERT_NE(host, made.after.hosts.end());
    const double worst = std::max(host->second.cpu, host->second.memory);
    EXPECT_LE(worst, entry.second.as<double>()) << host->first;
  }
  if (expect["best_host"]) {
    ASSERT_FALSE(made.place.empty());
    EXPECT_EQ(made.place.front().host, expect["best_host"].as<std::string>());
  }
  for (const auto& entry : expect["fits"])
    for (const auto& place : made.place)
      if (place.host == entry.first.as<std::string>()) {
        EXPECT_EQ(place.fits, entry.second.as<bool>()) << place.host;
      }
  for (const auto& entry : expect["survives"])
    for (const auto& survival : made.survive)
      if (survival.host == entry.first.as<std::string>()) {
        EXPECT_EQ(survival.survives, entry.second.as<bool>()) << survival.host;
      }
  for (const auto& guest : expect["fixes"])
    EXPECT_TRUE(std::any_of(made.fixes.begin(), made.fixes.end(),
                            [&](const Fix& fix) { return fix.guest == guest.as<std::string>(); }));
}

TEST_P(Scenario, ComesOutAsExpected) {
  const fs::path folder = kScenarios / GetParam();
  ASSERT_TRUE(fs::exists(folder / "expect.yaml")) << "expect.yaml is missing";
  ASSERT_FALSE(text_of(folder / "README").empty()) << "README is missing";
  const YAML::Node expect = YAML::LoadFile((folder / "expect.yaml").string());
  for (const auto& entry : expect) ASSERT_EQ(kKnown.count(entry.first.as<std::string>()), 1U) << entry.first;
  const auto document = read_cluster(text_of(folder / "cluster.json"));
  ASSERT_TRUE(document.ok()) << document.error().message;
  const Goal goal = goal_of(expect);
  const Policy policy = policy_of(expect);
  const auto made = plan(document->cluster, goal, policy);
  ASSERT_TRUE(made.ok()) << made.error().message;
  EXPECT_STREQ(result_name(made->result), expect["result"].as<std::string>().c_str()) << made->reason;
  check_moves(expect, made.value());
  check_rejected(expect, made.value());
  check_figures(expect, made.value());
  if (expect["reason"]) {
    EXPECT_NE(made->reason.find(expect["reason"].as<std::string>()), std::string::npos) << made->reason;
  }
  const auto faults = reference::Reference(document->cluster, goal, policy).check(made.value());
  EXPECT_TRUE(faults.empty()) << faults.front();
  if (HasFailure()) std::printf("%s\n", plan_to_text(made.value(), document->cluster, {}).c_str());
}

INSTANTIATE_TEST_SUITE_P(All, Scenario, testing::ValuesIn(scenario_names()), [](const auto& scenario) {
  std::string name = scenario.param;
  std::replace_if(
      name.begin(), name.end(), [](char c) { return std::isalnum(static_cast<unsigned char>(c)) == 0; }, '_');
  return name;
});

TEST(Scenarios, AreAtLeastEighty) { EXPECT_GE(scenario_names().size(), 80U); }

}  // namespace
}  // namespace pcb
