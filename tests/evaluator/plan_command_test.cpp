#include "evaluator/cli/plan_command.h"

#include <sstream>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "evaluator/planner/plan_output.h"

namespace pcb {
namespace {

using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;

// Only what the schema requires, and a host that is short of CPU.
constexpr const char* kSmall = R"({"schema": "balancer.cluster/1",
  "hosts": [{"name": "a", "cpu_cores": 4, "memory_bytes": 16e9}, {"name": "b", "cpu_cores": 4, "memory_bytes": 16e9}],
  "guests": [{"id": "lxc/101", "host": "a", "cpu_used_cores": 2, "memory_used_bytes": 1e9},
             {"id": "lxc/102", "host": "a", "cpu_used_cores": 1.9, "memory_used_bytes": 2e9},
             {"id": "lxc/103", "host": "a"}]})";

// The same, with arrays and keys the other way round.
constexpr const char* kSmallTurned = R"({"guests": [{"host": "a", "id": "lxc/103"},
             {"memory_used_bytes": 2e9, "cpu_used_cores": 1.9, "host": "a", "id": "lxc/102"},
             {"memory_used_bytes": 1e9, "cpu_used_cores": 2, "host": "a", "id": "lxc/101"}],
  "hosts": [{"memory_bytes": 16e9, "cpu_cores": 4, "name": "b"}, {"memory_bytes": 16e9, "cpu_cores": 4, "name": "a"}],
  "schema": "balancer.cluster/1"})";

struct Ran {
  int code = 0;
  std::string out, err;
};

Ran run(const std::string& document, PlanOptions options) {
  options.cluster = "-";
  std::istringstream in(document);
  std::ostringstream out, err;
  const int code = run_plan(options, in, out, err);
  return {code, out.str(), err.str()};
}

PlanOptions as_json() {
  PlanOptions options;
  options.output = "json";
  return options;
}

TEST(PlanCommand, ADocumentWithOnlyTheRequiredFieldsGivesAPlan) {
  const Ran ran = run(kSmall, as_json());
  EXPECT_EQ(ran.code, 0);
  const auto plan = plan_from_json(ran.out);
  ASSERT_TRUE(plan.ok()) << plan.error().message;
  EXPECT_EQ(plan->result, PlanResult::moves);
  ASSERT_EQ(plan->moves.size(), 1U);
  EXPECT_EQ(plan->moves[0].guest, "lxc/102");
  EXPECT_EQ(plan->moves[0].to, "b");
}

TEST(PlanCommand, GivesTheSameBytesOnEveryRunAndForEveryOrderOfTheDocument) {
  const std::string first = run(kSmall, as_json()).out;
  EXPECT_THAT(first, HasSubstr("\"schema\": \"balancer.plan/1\""));
  EXPECT_EQ(run(kSmall, as_json()).out, first);
  EXPECT_EQ(run(kSmallTurned, as_json()).out, first);
}

TEST(PlanCommand, TheTextSaysWhatToMoveAndWhatStays) {
  const Ran ran = run(kSmall, {});
  EXPECT_EQ(ran.code, 0);
  EXPECT_THAT(ran.out, HasSubstr("Suggesting to migrate container 102"));
  EXPECT_THAT(ran.out, HasSubstr("from a to b: "));
  EXPECT_THAT(ran.out, HasSubstr("unknown_use"));
  EXPECT_THAT(ran.out, Not(HasSubstr("\x1b")));
}

TEST(PlanCommand, AnUnreadableDocumentNamesThePathAndPrintsNothing) {
  const Ran ran =
      run(R"({"schema": "balancer.cluster/1", "hosts": [], "guests": [{"id": "lxc/101", "host": "zz"}]})",
          as_json());
  EXPECT_EQ(ran.code, 1);
  EXPECT_THAT(ran.err, HasSubstr("$.guests[0].host"));
  EXPECT_THAT(ran.out, IsEmpty());
}

TEST(PlanCommand, AHostThatIsNotThereOrAnUnknownGoalIsUsage) {
  for (const char* goal : {"drain:zz", "tidy", "place:x,1GiB", "drain:"}) {
    PlanOptions options = as_json();
    options.goal = goal;
    const Ran ran = run(kSmall, options);
    EXPECT_EQ(ran.code, 2) << goal;
    EXPECT_THAT(ran.out, IsEmpty()) << goal;
    EXPECT_THAT(ran.err, Not(IsEmpty())) << goal;
  }
  PlanOptions scoped = as_json();
  scoped.scope = {"zz"};
  EXPECT_EQ(run(kSmall, scoped).code, 2);
  PlanOptions explained;
  explained.explain = "101";
  const Ran ran = run(kSmall, explained);
  EXPECT_EQ(ran.code, 2);
  EXPECT_THAT(ran.err,
              HasSubstr("--explain 101: no such guest in the document; write its id, such as lxc/101"));
}

TEST(PlanCommand, UnknownFieldsAreIgnoredAndSaid) {
  std::string document = kSmall;
  document.insert(1, R"("colour": "blue", )");
  const Ran ran = run(document, as_json());
  EXPECT_EQ(ran.code, 0);
  EXPECT_THAT(ran.err, HasSubstr("colour"));
}

}  // namespace
}  // namespace pcb
