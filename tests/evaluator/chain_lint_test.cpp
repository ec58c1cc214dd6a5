#include "evaluator/decide/chain_lint.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "common/os/file.h"
#include "common/text.h"

namespace pcb {
namespace {

using ::testing::HasSubstr;

std::string bad_ones(const std::vector<Finding>& findings) {
  std::string out;
  for (const Finding& finding : findings)
    if (!finding.good) out += finding.what + ": " + finding.sentence + "\n";
  return out;
}

std::string rule(const std::string& labels, const std::string& health = "ok", const std::string& error = "") {
  return R"({"type":"alerting","name":"Rule","labels":{)" + labels + R"(},"health":")" + health +
         R"(","lastError":")" + error + "\"}";
}
std::string rules(const std::string& list) {
  return R"({"status":"success","data":{"groups":[{"rules":[)" + list + "]}]}}";
}
const std::string kCpu = R"("balancer":"relieve","resource":"cpu")";
const std::string kMemory = R"("balancer":"relieve","resource":"memory")";
const std::string kHeartbeat = R"("balancer":"heartbeat","severity":"none")";

std::string lint_config(const std::string& yaml, const std::string& receiver = "balancer") {
  return bad_ones(
      lint_alertmanager("{\"config\":{\"original\":\"" + text::json_escape(yaml) + "\"}}", receiver));
}
std::string ours() { return os::read_file(PCB_SOURCE_DIR "/deploy/alertmanager.yml").value(); }
std::string ours_with(const std::string& was, const std::string& becomes) {
  std::string yaml = ours();
  const std::size_t at = yaml.find(was);
  EXPECT_NE(at, std::string::npos) << was;
  return yaml.replace(at, was.size(), becomes);
}

TEST(ChainLint, AllRulesLoadedIsGood) {
  EXPECT_EQ(bad_ones(lint_rules(rules(rule(kCpu) + "," + rule(kMemory) + "," + rule(kHeartbeat)))), "");
}

TEST(ChainLint, ARuleThatIsMissingOrFailsIsNamed) {
  EXPECT_THAT(bad_ones(lint_rules(rules(rule(kCpu) + "," + rule(kHeartbeat)))),
              HasSubstr("rule for hosts short of memory: no loaded rule has the labels"));
  EXPECT_THAT(bad_ones(lint_rules(rules(rule(kCpu, "err", "many-to-many\\u001b[31m")))),
              HasSubstr("Rule: many-to-many\\x1b[31m"));
  EXPECT_THAT(bad_ones(lint_rules(rules(rule(kCpu, "unknown")))), HasSubstr("not evaluated yet"));
  for (const char* odd : {"", "{}", "[]", R"({"data":{"groups":[{"rules":[{"type":"recording"}]}]}})"})
    EXPECT_FALSE(bad_ones(lint_rules(odd)).empty()) << odd;
}

TEST(ChainLint, TheConfigurationWeShipIsGood) { EXPECT_EQ(lint_config(ours()), ""); }

TEST(ChainLint, EachFaultOfAConfigurationIsNamed) {
  const std::pair<std::string, std::string> faults[] = {
      {ours_with("continue: true", "continue: false"), "continue: true: it is absent"},
      {ours_with("send_resolved: true", "send_resolved: false"), "send_resolved: true: it is false"},
      {ours_with("max_alerts: 500", "max_alerts: 5"), "max_alerts 5: large groups"},
      {ours_with("repeat_interval: 5m", "repeat_interval: 4h"), "repeat_interval 4h: alerts come late"},
      {ours_with("group_interval: 1m", "group_interval: 1h30m"), "group_interval 1h30m: alerts come late"},
      {ours_with("balancer=\"relieve\"", "severity=\"page\""), "route for balancer=\"relieve\": no route"},
      {ours_with("- receiver: balancer\n", "- receiver: people\n"),
       "route for balancer=\"relieve\": no route"},
      {ours_with("balancer=\"heartbeat\"", "balancer!=\"heartbeat\""), "route for balancer=\"heartbeat\""},
      {ours_with("- name: balancer", "- name: blancer"), "receiver balancer: it is not there"},
      {"receivers: []\n", "it has no route"},
      {"a: [", "cannot be read, line"},
  };
  for (const auto& [yaml, expected] : faults) EXPECT_THAT(lint_config(yaml), HasSubstr(expected)) << yaml;
  EXPECT_THAT(lint_config(ours(), "other"), HasSubstr("receiver other"));
  EXPECT_THAT(bad_ones(lint_alertmanager("no json", "balancer")), HasSubstr("cannot be read"));
}

TEST(ChainLint, AnIntervalComesFromTheNearestRouteThatSetsIt) {
  const std::string receivers = "receivers: [{name: balancer, webhook_configs: [{url: <secret>}]}]\n";
  const auto with = [&](const std::string& child) {
    return lint_config(
        "route:\n  receiver: people\n  repeat_interval: 1m\n  group_interval: 1m\n  routes:\n" + child +
        receivers);
  };
  EXPECT_EQ(
      with("    - match_re: {balancer: relieve|heartbeat}\n      receiver: balancer\n      continue: true\n"),
      "");
  EXPECT_THAT(with("    - match_re: {balancer: relieve|heartbeat}\n      receiver: balancer\n"
                   "      continue: true\n      repeat_interval: 1d\n"),
              HasSubstr("repeat_interval 1d"));
}

}  // namespace
}  // namespace pcb
