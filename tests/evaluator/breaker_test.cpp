#include "evaluator/decide/breaker.h"

#include <gtest/gtest.h>

namespace pcb {
namespace {

TEST(Breaker, breaker_counts_the_newest_failures_in_a_row) {
  EXPECT_EQ(failures_in_a_row({}, 0), 0);
  EXPECT_EQ(failures_in_a_row({{1, true}, {3, true}, {2, true}}, 0), 3);
  EXPECT_EQ(failures_in_a_row({{1, true}, {2, true}, {3, false}}, 0), 0);
  EXPECT_EQ(failures_in_a_row({{1, false}, {2, true}, {3, true}}, 0), 2);
  EXPECT_EQ(failures_in_a_row({{1, true}, {2, false}, {3, true}}, 0), 1);
}

TEST(Breaker, breaker_forgets_what_was_before_its_reset) {
  EXPECT_EQ(failures_in_a_row({{1, true}, {2, true}, {3, true}}, 2), 1);
  EXPECT_EQ(failures_in_a_row({{1, true}, {2, true}, {3, true}}, 3), 0);
}

TEST(Breaker, breaker_opens_for_what_came_out_worse_by_more_than_the_tolerance) {
  EXPECT_EQ(judge_outcome(0.80, true, 0.80).verdict, "kept");
  EXPECT_EQ(judge_outcome(0.80, true, 0.80 + kPeakTolerance - 0.001).verdict, "kept");
  EXPECT_EQ(judge_outcome(0.80, true, 0.80 + kPeakTolerance + 0.001).verdict, "worse");
  EXPECT_EQ(judge_outcome(0.80, true, 0.30).verdict, "kept");
  EXPECT_EQ(judge_outcome(0.80, false, 2.0).verdict, "not_known") << "it was not carried out as a whole";
  EXPECT_EQ(judge_outcome(0.80, true, std::nullopt).verdict, "not_known");
  EXPECT_NE(judge_outcome(0.80, true, 1.2).sentence.find("120"), std::string::npos);
}

}  // namespace
}  // namespace pcb
