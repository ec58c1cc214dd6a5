#include "evaluator/decide/alert.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace pcb {
namespace {

using ::testing::HasSubstr;
using Labels = std::map<std::string, std::string>;

const Labels kGood{{"balancer", "relieve"}, {"id", "node/pve1"}, {"resource", "cpu"}, {"cluster", "lab"}};

AlertVerdict judged(Labels changes) {
  Alert alert;
  alert.labels = kGood;
  for (auto& [name, value] : changes) alert.labels[name] = value;
  return judge(alert, "lab");
}

TEST(Judge, OnlyTheContractAsksForRelief) {
  EXPECT_EQ(judged({}).use, AlertUse::relieve);
  EXPECT_EQ(judged({}).host, "pve1");
  EXPECT_EQ(judged({}).resource, Resource::cpu);
  EXPECT_EQ(judged({{"resource", "memory"}}).resource, Resource::memory);
}

TEST(Judge, EverythingElseIsToldNeverPlanned) {
  EXPECT_EQ(judged({{"balancer", ""}}).use, AlertUse::tell);
  EXPECT_EQ(judged({{"balancer", "drain"}}).use, AlertUse::tell);
  EXPECT_EQ(judged({{"id", "lxc/101"}}).use, AlertUse::tell);
  EXPECT_EQ(judged({{"id", "node/"}}).use, AlertUse::tell);
  EXPECT_EQ(judged({{"id", "xnode/pve1"}}).use, AlertUse::tell);
  EXPECT_EQ(judged({{"resource", "disk"}}).use, AlertUse::tell);
  EXPECT_EQ(judged({{"resource", ""}}).use, AlertUse::tell);
}

TEST(Judge, HostileHostNamesAreNoHosts) {
  for (const char* id : {"node/$(id)", "node/-oProxyCommand=x", "node/pve1;reboot", "node/pve1 pve2",
                         "node/pve1\n", "node/../x", "node/<script>", "node/p\xff"}) {
    const auto verdict = judged({{"id", id}});
    EXPECT_EQ(verdict.use, AlertUse::tell) << id;
    EXPECT_EQ(verdict.reason.find('\n'), std::string::npos);
  }
  EXPECT_EQ(judged({{"id", "node/" + std::string(64, 'a')}}).use, AlertUse::tell);
  EXPECT_EQ(judged({{"id", "node/" + std::string(63, 'a')}}).use, AlertUse::relieve);
}

TEST(Judge, AnAlertOfAnotherClusterIsForeign) {
  const auto verdict = judged({{"cluster", "other"}});
  EXPECT_EQ(verdict.use, AlertUse::foreign);
  EXPECT_THAT(verdict.reason, HasSubstr("other"));
  EXPECT_EQ(judged({{"cluster", ""}}).use, AlertUse::foreign) << "without a cluster it may be anybody's";
  EXPECT_EQ(judged({{"cluster", ""}, {"balancer", ""}}).use, AlertUse::tell);
}

TEST(Judge, OurOwnAlertIsDroppedWhateverItAsks) {
  EXPECT_EQ(judged({{"origin", "balancer"}}).use, AlertUse::own);
  EXPECT_EQ(judged({{"origin", "balancer"}, {"cluster", "other"}}).use, AlertUse::own);
}

TEST(Judge, AHeartbeatIsNeitherToldNorPlanned) {
  EXPECT_EQ(judged({{"balancer", "heartbeat"}}).use, AlertUse::heartbeat);
  EXPECT_EQ(judged({{"balancer", "heartbeat"}, {"cluster", "other"}}).use, AlertUse::foreign);
}

}  // namespace
}  // namespace pcb
