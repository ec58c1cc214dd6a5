#include "exporter/placement_rules.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace pcb {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

const std::vector<std::string> kHosts = {"pve1", "PVE2", "pve3"};

TEST(RulesFromTags, AffinityAntiAffinityAndPins) {
  std::vector<std::string> warnings;
  const auto rules = rules_from_tags({{"lxc/1", {"plb_affinity_web", "plb_anti_affinity_ntp"}},
                                      {"lxc/2", {"plb_affinity_web", "plb_pin_pve2", "plb_pin_pve3"}},
                                      {"lxc/3", {"plb_anti_affinity_ntp", "plb_affinity_alone"}}},
                                     kHosts, warnings);
  ASSERT_EQ(rules.size(), 3U) << "a group of one says nothing";
  EXPECT_EQ(rules[0].kind, RuleKind::together);
  EXPECT_EQ(rules[0].origin, "tag:plb_affinity_web");
  EXPECT_THAT(rules[0].guests, ElementsAre("lxc/1", "lxc/2"));
  EXPECT_EQ(rules[1].kind, RuleKind::apart);
  EXPECT_THAT(rules[1].guests, ElementsAre("lxc/1", "lxc/3"));
  EXPECT_EQ(rules[2].kind, RuleKind::only_on);
  EXPECT_THAT(rules[2].hosts, ElementsAre("PVE2", "pve3")) << "Proxmox writes tags in lower case";
  for (const auto& rule : rules) EXPECT_TRUE(rule.strict);
  EXPECT_THAT(warnings, IsEmpty());
}

TEST(RulesFromTags, APinToAnUnknownHostIsToldAndIgnored) {
  std::vector<std::string> warnings;
  EXPECT_THAT(rules_from_tags({{"lxc/1", {"plb_pin_pve9"}}}, kHosts, warnings), IsEmpty());
  EXPECT_THAT(warnings, ElementsAre(HasSubstr("plb_pin_pve9")));
}

TEST(RulesFromConfig, TagsAndIdsBecomeGuests) {
  std::vector<std::string> warnings;
  const std::vector<TaggedGuest> guests = {{"lxc/1", {"db"}}, {"lxc/2", {"db"}}, {"qemu/3", {}}};
  const std::vector<RuleConfig> config = {{"apart", true, {"tag:db", "lxc/1"}, {}},
                                          {"avoid", false, {"qemu/3"}, {"pve1", "nowhere"}},
                                          {"together", true, {"lxc/1", "lxc/99"}, {}}};
  const auto rules = rules_from_config(config, guests, kHosts, warnings);
  ASSERT_EQ(rules.size(), 2U);
  EXPECT_THAT(rules[0].guests, ElementsAre("lxc/1", "lxc/2"));
  EXPECT_EQ(rules[0].origin, "config.yaml:rules[0]");
  EXPECT_EQ(rules[1].kind, RuleKind::avoid);
  EXPECT_FALSE(rules[1].strict);
  EXPECT_THAT(rules[1].hosts, ElementsAre("pve1"));
  EXPECT_THAT(warnings, ElementsAre(HasSubstr("nowhere"), HasSubstr("lxc/99")));
}

}  // namespace
}  // namespace pcb
