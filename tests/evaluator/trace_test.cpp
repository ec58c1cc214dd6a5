#include "evaluator/simulate/trace.h"

#include <cmath>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "cluster/document_json.h"
#include "evaluator/simulate/demo.h"

namespace pcb {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

const std::string kHead = R"({"schema": "balancer.trace/1", "start": 1764000000, "step_seconds": 300})";
const std::string kCluster =
    R"({"schema": "balancer.cluster/1", "hosts": [{"name": "a", "cpu_cores": 4, "memory_bytes": 16e9}], )"
    R"("guests": [{"id": "lxc/101", "host": "a"}, {"id": "qemu/102", "host": "a"}]})";
const std::string kSeries =
    R"({"id": "lxc/101", "cpu_cores": [1, null, 2.5], "memory_bytes": [1e9, null, 2e9]})";

std::string lines(const std::vector<std::string>& all) {
  std::string text;
  for (const auto& line : all) text += line + "\n";
  return text;
}

std::string fault_of(const std::vector<std::string>& all) {
  const auto trace = read_trace(lines(all));
  return trace.ok() ? "it was read" : trace.error().message;
}

TEST(Trace, IsReadAsWritten) {
  const auto trace =
      read_trace(lines({kHead, kCluster, kSeries, "",
                        R"({"id": "node/a", "cpu_cores": [0, 0, 0.1], "memory_bytes": [1, 2, 3]})"}));
  ASSERT_TRUE(trace.ok()) << trace.error().message;
  EXPECT_EQ(trace->points, 3U);
  EXPECT_EQ(trace->seconds(), 900);
  EXPECT_EQ(trace->start, 1764000000);
  EXPECT_EQ(trace->cluster.guests.size(), 2U);
  const Series& series = trace->series.at("lxc/101");
  EXPECT_EQ(series.cpu_cores[0], 1);
  EXPECT_TRUE(std::isnan(series.cpu_cores[1]));
  EXPECT_EQ(series.memory_bytes[2], 2e9);
  EXPECT_THAT(trace->series.at("node/a").memory_bytes, ElementsAre(1, 2, 3));
}

TEST(Trace, WhatWasWrittenReadsBackTheSame) {
  Trace trace = demo_trace(7, 0.2);
  trace.unknown = {"nothing \"quoted\"\nor on two lines"};
  trace.cluster.guests[0].name = "two\nlines";
  trace.series.begin()->second.cpu_cores[1] = trace.series.begin()->second.memory_bytes[1] = std::nan("");
  const std::string text = write_trace(trace);
  const auto read = read_trace(text);
  ASSERT_TRUE(read.ok()) << read.error().message;
  EXPECT_EQ(write_trace(*read), text);
  EXPECT_EQ(read->unknown, trace.unknown);
  EXPECT_EQ(write_cluster(read->cluster), write_cluster(trace.cluster));
}

TEST(Trace, AFaultNamesItsLine) {
  EXPECT_THAT(fault_of({}), HasSubstr("not a load trace"));
  EXPECT_THAT(fault_of({"{\"schema\": \"balancer.trace/2\"}", kCluster, kSeries}), HasSubstr("line 1"));
  EXPECT_THAT(fault_of({"[", kCluster, kSeries}), HasSubstr("line 1"));
  EXPECT_THAT(
      fault_of({R"({"schema": "balancer.trace/1", "start": -1, "step_seconds": 300})", kCluster, kSeries}),
      HasSubstr("start"));
  EXPECT_THAT(
      fault_of({R"({"schema": "balancer.trace/1", "start": 0, "step_seconds": 0})", kCluster, kSeries}),
      HasSubstr("step_seconds"));
  EXPECT_THAT(fault_of({kHead, R"({"schema": "balancer.cluster/1", "hosts": [{}]})", kSeries}),
              HasSubstr("line 2: $.hosts[0]"));
  EXPECT_THAT(fault_of({kHead, kCluster, kSeries, kSeries}), HasSubstr("line 4: a second series"));
  EXPECT_THAT(fault_of({kHead, kCluster, R"({"id": "lxc/9", "cpu_cores": [1], "memory_bytes": [1]})"}),
              HasSubstr("line 3: \"lxc/9\" is neither a guest nor a host"));
  EXPECT_THAT(
      fault_of({kHead, kCluster, R"({"id": "lxc/101", "cpu_cores": [1, -1], "memory_bytes": [1, 1]})"}),
      HasSubstr("\"cpu_cores\"[1]"));
  EXPECT_THAT(
      fault_of({kHead, kCluster, R"({"id": "lxc/101", "cpu_cores": [1, "1"], "memory_bytes": [1, 1]})"}),
      HasSubstr("\"cpu_cores\"[1]"));
  EXPECT_THAT(fault_of({kHead, kCluster, R"({"id": "lxc/101", "cpu_cores": [1], "memory_bytes": [1, 1]})"}),
              HasSubstr("line 3: 1 values of cpu_cores, but 2"));
  EXPECT_THAT(
      fault_of({kHead, kCluster, kSeries, R"({"id": "qemu/102", "cpu_cores": [1], "memory_bytes": [1]})"}),
      HasSubstr("line 4: 1 values, but the first series has 3"));
  EXPECT_THAT(fault_of({kHead, kCluster, R"({"id": "lxc/101", "cpu_cores": [], "memory_bytes": []})"}),
              HasSubstr("needs 1 to"));
}

TEST(DemoTrace, TheSameSeedIsTheSameTraceAndAnotherIsNot) {
  EXPECT_EQ(write_trace(demo_trace(1, 0.5)), write_trace(demo_trace(1, 0.5)));
  EXPECT_NE(write_trace(demo_trace(1, 0.5)), write_trace(demo_trace(2, 0.5)));
  EXPECT_EQ(demo_trace(1, 2).points, 576U);
}

TEST(DemoTrace, OfficesAreBusyByDayAndBatchWorkByNight) {
  const Trace trace = demo_trace(3, 5);
  const auto mean = [&](const std::string& kind, std::size_t hour) {
    double sum = 0;
    for (const Guest& guest : trace.cluster.guests) {
      if (guest.name->rfind(kind, 0) != 0) continue;
      for (std::size_t day = 0; day < 5; ++day)
        sum += trace.series.at(guest.id).cpu_cores[(day * 24 + hour) * 12];
    }
    return sum;
  };
  EXPECT_GT(mean("office", 13), 4 * mean("office", 2));
  EXPECT_GT(mean("batch", 3), 3 * mean("batch", 13));
}

}  // namespace
}  // namespace pcb
