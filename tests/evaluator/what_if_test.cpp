// Questions that change nothing: read from an address, answered by the planner.
#include "evaluator/decide/what_if.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "evaluator/cli/what_if_query.h"

namespace pcb {
namespace {

using ::testing::HasSubstr;

Cluster three_hosts() {
  Cluster cluster;
  for (const char* name : {"pve1", "pve2", "pve3"}) {
    Host host;
    host.name = name;
    host.cpu_cores = 8;
    host.memory_bytes = 32e9;
    cluster.hosts.push_back(host);
  }
  int number = 101;
  for (const char* name : {"pve1", "pve1", "pve2"}) {
    Guest guest;
    guest.id = "lxc/" + std::to_string(number++);
    guest.host = name;
    guest.cpu_used_cores = 2.5;
    guest.memory_used_bytes = 1e9;
    guest.memory_bytes = 2e9;
    cluster.guests.push_back(guest);
  }
  return cluster;
}

WhatIf about(WhatIf::Kind kind, const std::string& host = "") {
  WhatIf question;
  question.kind = kind;
  question.host = host;
  return question;
}

TEST(WhatIf, EmptiesAHost) {
  const auto answer = ask_what_if(three_hosts(), about(WhatIf::Kind::drain, "pve1"), {});
  ASSERT_TRUE(answer.ok()) << answer.error().message;
  EXPECT_EQ(answer->plan.goal, "drain");
  EXPECT_EQ(answer->plan.moves.size(), 2U);
}

TEST(WhatIf, LosesTheHostThatWasAskedAboutAlone) {
  Cluster cluster = three_hosts();
  auto answer = ask_what_if(cluster, about(WhatIf::Kind::lose, "pve1"), {});
  ASSERT_TRUE(answer.ok());
  ASSERT_EQ(answer->plan.survive.size(), 1U);
  EXPECT_EQ(answer->plan.survive[0].host, "pve1");
  EXPECT_TRUE(answer->plan.survive[0].survives);
  EXPECT_EQ(answer->plan.reason, "the cluster can lose pve1");
  for (Guest& guest : cluster.guests) guest.cpu_used_cores = 6;
  answer = ask_what_if(cluster, about(WhatIf::Kind::lose, "pve1"), {});
  EXPECT_FALSE(answer->plan.survive[0].survives);
  EXPECT_FALSE(answer->plan.survive[0].left_over.empty());
  EXPECT_EQ(answer->plan.reason, "pve1 cannot be lost: the others cannot carry its guests");
  // What holds for the others is no answer.
  cluster.guests.erase(cluster.guests.begin(), cluster.guests.begin() + 2);
  answer = ask_what_if(cluster, about(WhatIf::Kind::lose, "pve1"), {});
  EXPECT_EQ(answer->plan.result, PlanResult::nothing_to_do);
  EXPECT_EQ(answer->plan.reason, "the cluster can lose pve1");
}

TEST(WhatIf, AHostThatIsNotOnlineCannotBeLostAnyMore) {
  for (const HostState state : {HostState::offline, HostState::maintenance}) {
    Cluster cluster = three_hosts();
    cluster.hosts[0].state = state;
    const auto answer = ask_what_if(cluster, about(WhatIf::Kind::lose, "pve1"), {});
    ASSERT_FALSE(answer.ok());
    EXPECT_THAT(answer.error().message, HasSubstr("pve1 is not online"));
  }
}

TEST(WhatIf, PlacesAGuest) {
  WhatIf question = about(WhatIf::Kind::place);
  question.cpu_cores = 3;
  question.memory_bytes = 4e9;
  const auto answer = ask_what_if(three_hosts(), question, {});
  ASSERT_TRUE(answer.ok());
  ASSERT_EQ(answer->plan.place.size(), 3U);
  EXPECT_EQ(answer->plan.place[0].host, "pve3");
}

TEST(WhatIf, OtherThresholdsAreThoseOfTheCopyAlone) {
  const Cluster cluster = three_hosts();
  WhatIf question = about(WhatIf::Kind::thresholds, "pve1");
  EXPECT_TRUE(ask_what_if(cluster, question, {})->plan.moves.empty());
  question.cpu_threshold = 0.5;
  const auto answer = ask_what_if(cluster, question, {});
  EXPECT_EQ(answer->plan.moves.size(), 1U);
  EXPECT_EQ(answer->document.hosts[0].cpu_threshold, 0.5);
  EXPECT_EQ(answer->document.hosts[1].cpu_threshold, std::nullopt);
  EXPECT_EQ(cluster.hosts[0].cpu_threshold, std::nullopt);
}

TEST(WhatIf, AHostThatIsNotThereIsSaid) {
  for (const auto kind : {WhatIf::Kind::drain, WhatIf::Kind::lose, WhatIf::Kind::thresholds}) {
    const auto answer = ask_what_if(three_hosts(), about(kind, "pve9"), {});
    ASSERT_FALSE(answer.ok());
    EXPECT_THAT(answer.error().message, HasSubstr("pve9"));
  }
}

TEST(WhatIfQuery, ReadsTheFourQuestions) {
  const auto drain = read_what_if({{"ask", "drain"}, {"host", " pve1 "}, {"include_stopped", "yes"}});
  ASSERT_TRUE(drain.ok());
  EXPECT_EQ(drain->host, "pve1");
  EXPECT_TRUE(drain->include_stopped);
  EXPECT_EQ(read_what_if({{"ask", "lose"}, {"host", "pve1"}})->kind, WhatIf::Kind::lose);
  const auto place = read_what_if({{"ask", "place"}, {"cores", "4"}, {"memory", "8GiB"}});
  ASSERT_TRUE(place.ok());
  EXPECT_EQ(place->memory_bytes, 8589934592.0);
  const auto limits =
      read_what_if({{"ask", "thresholds"}, {"cpu", "70"}, {"memory", ""}, {"goal", "balance"}});
  ASSERT_TRUE(limits.ok());
  EXPECT_EQ(limits->cpu_threshold, 0.7);
  EXPECT_EQ(limits->memory_threshold, std::nullopt);
  EXPECT_TRUE(limits->balance);
}

TEST(WhatIfQuery, SaysWhatIsMissingOrNotAllowed) {
  using Query = std::multimap<std::string, std::string>;
  for (const Query& query :
       {Query{}, Query{{"ask", "x"}}, Query{{"ask", "drain"}}, Query{{"ask", "place"}, {"cores", "4"}},
        Query{{"ask", "place"}, {"cores", "-1"}, {"memory", "1"}},
        Query{{"ask", "thresholds"}, {"cpu", "0.8"}}, Query{{"ask", "thresholds"}, {"memory", "101"}},
        Query{{"ask", "thresholds"}, {"cpu", "nan"}}})
    EXPECT_FALSE(read_what_if(query).ok());
}

}  // namespace
}  // namespace pcb
