#include "evaluator/simulate/history.h"

#include <cmath>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace pcb {
namespace {

using ::testing::Contains;
using ::testing::HasSubstr;
using ::testing::Not;

constexpr double kGiB = 1024.0 * 1024 * 1024;

HistorySeries series(std::map<std::string, std::string> labels, const std::vector<double>& values,
                     double start = 300) {
  HistorySeries made;
  made.labels = std::move(labels);
  for (std::size_t i = 0; i < values.size(); ++i) {
    if (!std::isnan(values[i])) made.samples.emplace_back(start + 300 * static_cast<double>(i), values[i]);
  }
  return made;
}

HistorySeries placed(const std::string& id, const std::string& node, const std::vector<double>& values,
                     const std::string& is_template = "0") {
  return series({{"id", id}, {"node", node}, {"name", "web"}, {"template", is_template}, {"tags", "a;b"}},
                values);
}

const double kNone = std::nan("");

class HistoryTest : public ::testing::Test {
 protected:
  // Four points from 0; two hosts of 8 and 16 cores.
  void SetUp() override {
    give(HistoryQuery::cores, {series({{"id", "node/a"}}, {8}), series({{"id", "node/b"}}, {16}),
                               series({{"id", "lxc/101"}}, {2})});
    give(HistoryQuery::memory_size,
         {series({{"id", "node/a"}}, {64 * kGiB}), series({{"id", "node/b"}}, {256 * kGiB}),
          series({{"id", "lxc/101"}}, {4 * kGiB})});
    give(HistoryQuery::cpu,
         {series({{"id", "node/a"}}, {3, 3, 1, 1}), series({{"id", "node/b"}}, {1, 1, 3, 3}),
          series({{"id", "lxc/101"}}, {2, 2, 2, 2.5})});
    give(HistoryQuery::memory,
         {series({{"id", "node/a"}}, {10, 10, 8, 8}), series({{"id", "node/b"}}, {5, 5, 7, 7}),
          series({{"id", "lxc/101"}}, {2, 2, 2, 2})});
  }
  void give(HistoryQuery query, const std::vector<HistorySeries>& answer) {
    const Status added = builder_.add(query, answer);
    ASSERT_TRUE(added.ok()) << added.error().message;
  }
  Result<Trace> build() {
    return builder_.build([](Host& host) { host.cpu_threshold = 0.7; });
  }

  HistoryBuilder builder_{{0, 300, 4, ""}};
};

TEST_F(HistoryTest, AGuestStartsWhereItWasFirstAndTheHostsOwnLoadIsTheRest) {
  give(HistoryQuery::placement,
       {placed("lxc/101", "a", {1, 1}), placed("lxc/101", "b", {kNone, kNone, 1, 1})});
  const auto trace = build();
  ASSERT_TRUE(trace.ok()) << trace.error().message;
  ASSERT_EQ(trace->cluster.hosts.size(), 2U);
  EXPECT_EQ(trace->cluster.hosts[0].cpu_cores, 8);
  EXPECT_EQ(*trace->cluster.hosts[0].memory_reserved_bytes, 4 * kGiB);
  EXPECT_EQ(*trace->cluster.hosts[1].memory_reserved_bytes, 12.8 * kGiB);
  EXPECT_EQ(*trace->cluster.hosts[0].cpu_threshold, 0.7);
  ASSERT_EQ(trace->cluster.guests.size(), 1U);
  const Guest& guest = trace->cluster.guests[0];
  EXPECT_EQ(guest.host, "a");
  EXPECT_EQ(*guest.name, "web");
  EXPECT_EQ(guest.tags, (std::vector<std::string>{"a", "b"}));
  EXPECT_EQ(*guest.cpu_cores, 2);
  EXPECT_EQ(trace->series.at("lxc/101").cpu_cores, (std::vector<double>{2, 2, 2, 2.5}));
  EXPECT_EQ(trace->series.at("node/a").cpu_cores, (std::vector<double>{1, 1, 1, 1}));
  EXPECT_EQ(trace->series.at("node/b").cpu_cores, (std::vector<double>{1, 1, 1, 0.5}));
  EXPECT_EQ(trace->series.at("node/b").memory_bytes, (std::vector<double>{5, 5, 5, 5}));
  EXPECT_THAT(trace->unknown, Contains(HasSubstr("the 1 moves in this history")));
  EXPECT_THAT(trace->unknown, Contains(HasSubstr("storage")));
}

TEST_F(HistoryTest, WhatIsMissingIsNotKnownAndNeverNought) {
  give(HistoryQuery::placement, {placed("lxc/101", "a", {1, 1, 1, 1}), placed("lxc/102", "a", {1, 1, 1, 1}),
                                 placed("lxc/103", "a", {1, 1, 1, 1}, "1")});
  give(HistoryQuery::cpu,
       {series({{"id", "lxc/102"}}, {kNone, 1, kNone, 1}), series({{"id", "lxc/103"}}, {1})});
  const auto trace = build();
  ASSERT_TRUE(trace.ok()) << trace.error().message;
  ASSERT_EQ(trace->cluster.guests.size(), 2U) << "templates are left out";
  const Series& load = trace->series.at("lxc/102");
  EXPECT_TRUE(std::isnan(load.cpu_cores[0]) && std::isnan(load.cpu_cores[2]));
  EXPECT_EQ(load.cpu_cores[3], 1);
  EXPECT_THAT(trace->unknown, Contains(HasSubstr("1 templates and guests that never ran")));
}

TEST_F(HistoryTest, AnswersInPiecesAreOneHistory) {
  give(HistoryQuery::placement, {placed("lxc/101", "a", {1, 1, 1, 1})});
  give(HistoryQuery::cpu, {series({{"id", "lxc/101"}}, {9}, 900)});
  give(HistoryQuery::cpu, {series({{"id", "lxc/101"}}, {7}, 1800)});  // outside: the fifth point of four
  const auto trace = build();
  ASSERT_TRUE(trace.ok());
  EXPECT_EQ(trace->series.at("lxc/101").cpu_cores, (std::vector<double>{2, 2, 9, 2.5}));
}

TEST_F(HistoryTest, TwoClustersAreRefused) {
  give(HistoryQuery::cluster, {series({{"id", "cluster/home"}}, {1}), series({{"id", "cluster/lab"}}, {1})});
  const auto trace = build();
  ASSERT_FALSE(trace.ok());
  EXPECT_THAT(trace.error().message, HasSubstr("2 clusters (cluster/home, cluster/lab)"));
  EXPECT_THAT(trace.error().message, HasSubstr("--matchers"));
}

TEST_F(HistoryTest, AGuestOnTwoHostsAtOnceIsTwoGuestsOfOneNumber) {
  give(HistoryQuery::placement, {placed("lxc/101", "a", {1, 1, 1, 1}), placed("lxc/101", "b", {1, 1, 1, 1})});
  const auto trace = build();
  ASSERT_FALSE(trace.ok());
  EXPECT_THAT(trace.error().message, HasSubstr("\"lxc/101\" on two hosts at once (a and b)"));
}

TEST_F(HistoryTest, HostileNamesAreRefusedOrLeftOut) {
  give(HistoryQuery::cpu, {series({{"id", "node/$(reboot)"}}, {1}), series({{"id", "lxc/0x1"}}, {1}),
                           series({{"id", "storage/a/b"}}, {1})});
  EXPECT_FALSE(builder_.add(HistoryQuery::cpu, {series({{"node", "a"}}, {1})}).ok());
  EXPECT_FALSE(builder_.add(HistoryQuery::placement, {placed("lxc/101", "a b", {1})}).ok());
  const auto trace = build();
  ASSERT_TRUE(trace.ok());
  EXPECT_EQ(trace->cluster.hosts.size(), 2U);
}

TEST(History, NoHostIsRefusedWithWhatToDo) {
  HistoryBuilder builder({0, 300, 4, ""});
  const auto trace = builder.build([](Host&) {});
  ASSERT_FALSE(trace.ok());
  EXPECT_THAT(trace.error().message, HasSubstr("node=1"));
}

TEST(History, TheStepIsChosenSoThatASeriesStaysSmall) {
  EXPECT_EQ(history_range(1764000123, 14 * 86400, "").step_seconds, 300);
  EXPECT_EQ(history_range(1764000123, 14 * 86400, "").points, 4032U);
  const HistoryRange year = history_range(1764000123, 365 * 86400, "");
  EXPECT_LE(year.points, 4032U);
  EXPECT_EQ(std::fmod(year.step_seconds, 60), 0);
  EXPECT_LE(year.start + static_cast<double>(year.points) * year.step_seconds, 1764000123);
}

TEST(History, QueriesCarryTheMatchersAndNothingElse) {
  HistoryRange range{0, 300, 4, "job=\"pve\""};
  for (const HistoryQuery query : kHistoryQueries)
    EXPECT_THAT(history_query_text(query, range), HasSubstr("job=\"pve\""));
  range.matchers.clear();
  EXPECT_THAT(history_query_text(HistoryQuery::cpu, range), Not(HasSubstr(",}")));
}

TEST(History, AnswersAreReadStrictly) {
  const auto good = read_history(
      R"({"status":"success","data":{"resultType":"matrix","result":[{"metric":{"id":"lxc/101"},)"
      R"("values":[[1,"2.5"],[2,"NaN"],[3,"+Inf"],[4,"1"]]}]}})");
  ASSERT_TRUE(good.ok()) << good.error().message;
  EXPECT_EQ(good->front().samples.size(), 2U) << "what is no number is not known";
  const auto vector = read_history(
      R"({"status":"success","data":{"resultType":"vector","result":[{"metric":{},"value":[1,"7"]}]}})");
  ASSERT_TRUE(vector.ok());
  EXPECT_EQ(vector->front().samples.front().second, 7);
  for (
      const char* bad :
      {"", "[]", R"({"status":"success"})",
       R"({"status":"success","data":{"resultType":"scalar","result":[1,"1"]}})",
       R"({"status":"success","data":{"resultType":"matrix","result":[{"metric":{"id":1},"values":[]}]}})",
       R"({"status":"success","data":{"resultType":"matrix","result":[{"metric":{},"values":[["1","2"]]}]}})"})
    EXPECT_FALSE(read_history(bad).ok()) << bad;
  const auto refused =
      read_history(R"({"status":"error","error":"query processing would load too many samples"})");
  ASSERT_FALSE(refused.ok());
  EXPECT_THAT(refused.error().message, HasSubstr("too many samples"));
}

}  // namespace
}  // namespace pcb
