#include "evaluator/decide/load_window.h"

#include <cmath>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace pcb {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

LoadWindow window() { return {"lab", "", 900, 15}; }

TEST(LoadQueryText, IsWhatTheDocumentationShows) {
  EXPECT_EQ(load_query_text(LoadQuery::cpu_mean, window()),
            "avg_over_time((pve_cpu_usage_ratio{cluster=\"lab\"} * pve_cpu_usage_limit{cluster=\"lab\"})"
            "[900s:15s]) and pve_cpu_seconds_total{cluster=\"lab\"}");
  EXPECT_EQ(load_query_text(LoadQuery::cpu_high, window()),
            "quantile_over_time(0.9, (pve_cpu_usage_ratio{cluster=\"lab\"} * "
            "pve_cpu_usage_limit{cluster=\"lab\"})[900s:15s]) and pve_cpu_seconds_total{cluster=\"lab\"}");
  EXPECT_EQ(load_query_text(LoadQuery::cpu_points, window()),
            "count_over_time(pve_cpu_usage_ratio{cluster=\"lab\"}[900s]) and "
            "pve_cpu_seconds_total{cluster=\"lab\"}");
  EXPECT_EQ(load_query_text(LoadQuery::memory_points, window()),
            "count_over_time(pve_memory_needed_bytes{cluster=\"lab\"}[900s]) or count_over_time(("
            "pve_memory_size_bytes{cluster=\"lab\",id=~\"node/.+\"} - "
            "pve_memory_available_bytes{cluster=\"lab\",id=~\"node/.+\"})[900s:15s])");
  EXPECT_EQ(load_query_text(LoadQuery::age, window()),
            "time() - timestamp(pve_cpu_seconds_total{cluster=\"lab\"})");
}

TEST(LoadQueryText, TakesTheMatchersOfTheConfiguration) {
  LoadWindow narrow = window();
  narrow.matchers = "job=\"pve\"";
  EXPECT_THAT(load_query_text(LoadQuery::memory_mean, narrow), HasSubstr("{cluster=\"lab\",job=\"pve\"}"));
  EXPECT_THAT(load_query_text(LoadQuery::memory_mean, narrow),
              HasSubstr("{cluster=\"lab\",job=\"pve\",id=~\"node/.+\"}"));
}

TEST(LoadQueryText, ALongWindowHasABoundedNumberOfPoints) {
  LoadWindow day = window();
  day.window_seconds = 86400;
  EXPECT_THAT(load_query_text(LoadQuery::cpu_mean, day), HasSubstr("[86400s:720s]"));
}

// As PromQL reads it: what is no string.
std::string outside_of_quotes(const std::string& query) {
  std::string outside;
  bool quoted = false;
  for (std::size_t i = 0; i < query.size(); ++i) {
    if (quoted && query[i] == '\\') {
      ++i;
    } else if (query[i] == '"') {
      quoted = !quoted;
    } else if (!quoted) {
      outside += query[i];
    }
  }
  return outside;
}

TEST(LoadQueryText, AClusterNameCannotLeaveItsQuotes) {
  LoadWindow hostile = window();
  hostile.cluster = "a\"}) or vector(1)#\\";
  const std::string query = load_query_text(LoadQuery::cpu_mean, hostile);
  const std::string quoted = R"(a\"}) or vector(1)#\\)";
  EXPECT_THAT(query, HasSubstr("{cluster=\"" + quoted + "\"}"));
  EXPECT_THAT(outside_of_quotes(query), Not(HasSubstr("vector")));
  std::string raw = query;  // the control: the name as it is would be a part of the query
  raw.replace(raw.find(quoted), quoted.size(), hostile.cluster);
  EXPECT_THAT(outside_of_quotes(raw), HasSubstr("or vector(1)"));
}

TEST(LoadSamples, ReadsAVector) {
  const auto samples =
      read_load_samples(R"({"status":"success","data":{"resultType":"vector","result":[)"
                        R"({"metric":{"id":"node/pve1","x":"y"},"value":[1764000000.1,"1.5"]},)"
                        R"({"metric":{"id":"lxc/101"},"value":[1764000000.1,"NaN"]},)"
                        R"({"metric":{"id":"lxc/102"},"value":[1764000000.1,"+Inf"]}]}})");
  ASSERT_TRUE(samples.ok()) << samples.error().message;
  EXPECT_EQ(samples->at("node/pve1"), 1.5);
  EXPECT_TRUE(std::isnan(samples->at("lxc/101")));
  EXPECT_TRUE(std::isinf(samples->at("lxc/102")));
}

TEST(LoadSamples, RefusesWhatIsNotTheAnswer) {
  const auto reason = [](const std::string& text) {
    const auto samples = read_load_samples(text);
    return samples.ok() ? std::string("accepted") : samples.error().message;
  };
  EXPECT_THAT(reason("<html>502</html>"), HasSubstr("not JSON"));
  EXPECT_THAT(reason(R"({"status":"error","error":"query timed out"})"), HasSubstr("query timed out"));
  EXPECT_THAT(reason(R"({"status":"success","data":{"resultType":"matrix","result":[]}})"),
              HasSubstr("vector"));
  for (const char* odd : {R"({"status":"success","data":{"resultType":"vector","result":{}}})",
                          R"({"status":"success","data":{"resultType":"vector"}})"})
    EXPECT_THAT(reason(odd), HasSubstr("has no result"));
  EXPECT_THAT(
      reason(
          R"({"status":"success","data":{"resultType":"vector","result":[{"metric":{},"value":[1,"1"]}]}})"),
      HasSubstr("label id"));
  EXPECT_THAT(
      reason(
          R"({"status":"success","data":{"resultType":"vector","result":[{"metric":{"id":"a"},"value":[1,"x"]}]}})"),
      HasSubstr("not a number"));
  EXPECT_THAT(reason(R"({"status":"success","data":{"resultType":"vector","result":[)"
                     R"({"metric":{"id":"a","instance":"1"},"value":[1,"1"]},)"
                     R"({"metric":{"id":"a","instance":"2"},"value":[1,"1"]}]}})"),
              HasSubstr("two series"));
}

}  // namespace
}  // namespace pcb
