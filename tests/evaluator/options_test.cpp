#include "evaluator/cli/options.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace pcb {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;

std::string help_of(std::vector<const char*> words) {
  words.insert(words.begin(), "balancer-evaluator");
  words.push_back("--help");
  const auto read = read_options(static_cast<int>(words.size()), words.data());
  const auto* leave = std::get_if<EarlyExit>(&read);
  return leave == nullptr ? "no help" : leave->out;
}

TEST(EvaluatorOptions, EachHelpShowsItsOwnExamplesAlone) {
  EXPECT_THAT(help_of({}), AllOf(HasSubstr("balancer-evaluator check --chain"), HasSubstr("Exit codes")));
  EXPECT_THAT(help_of({"plan"}),
              AllOf(HasSubstr("plan --goal drain:pve2 --output json"), Not(HasSubstr("check --chain"))));
  EXPECT_THAT(help_of({"simulate"}), AllOf(HasSubstr("simulate --demo 1"), Not(HasSubstr("check --chain"))));
  EXPECT_THAT(help_of({"status"}), Not(HasSubstr("Examples")));
}

}  // namespace
}  // namespace pcb
