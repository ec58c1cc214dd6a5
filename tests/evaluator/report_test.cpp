// What the report says of a week: what was done, what lasted, what would have been done, what is safe for
// auto.
#include "evaluator/cli/report.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/evaluator/loop_fixture.h"

namespace pcb {
namespace {

using ::testing::AllOf;
using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

constexpr double kNow = 1'000'000;

MoveRecord proposed(std::int64_t id, const std::string& guest, const std::string& method) {
  MoveRecord move;
  move.id = id;
  move.guest = guest;
  move.from = "pve1";
  move.to = "pve2";
  move.method = method;
  move.downtime_seconds = method == "live" ? 1 : 20;
  move.created_at = kNow - 100;
  return move;
}

OperationRecord carried_out(const MoveRecord& move, MoveState state, Initiator by, double at) {
  OperationRecord operation;
  operation.move = move;
  operation.move.state = state;
  operation.initiator = by;
  operation.intended_at = at;
  operation.ended_at = at + 10;
  return operation;
}

TEST(Report, SaysWhatLastedAndWhatWasMovedAwayAgain) {
  ReportInput input{kNow - 7 * 86400, kNow, {}, {}, {}, {}};
  MoveRecord back = proposed(2, "lxc/103", "restart");
  std::swap(back.from, back.to);
  input.operations = {
      carried_out(proposed(1, "lxc/103", "restart"), MoveState::done, Initiator::approved, kNow - 50),
      carried_out(back, MoveState::done, Initiator::giving_back, kNow - 20),
      carried_out(proposed(3, "qemu/201", "live"), MoveState::failed, Initiator::automatic, kNow - 10)};
  EXPECT_FALSE(lasted(input.operations[0], input.operations));
  EXPECT_TRUE(lasted(input.operations[1], input.operations));
  const auto lines = report_lines(input);
  EXPECT_THAT(lines, Contains("Carried out: 2 moves; failed 1, not known 0, skipped 0"));
  EXPECT_THAT(lines, Contains(AllOf(HasSubstr("container 103 from pve1 to pve2, approved: done"),
                                    HasSubstr("moved away again since"))));
  EXPECT_THAT(lines, Contains(AllOf(HasSubstr("from pve2 to pve1, return: done"), HasSubstr("still there"))));
  EXPECT_THAT(lines, Contains(HasSubstr("lxc/103 was restarted elsewhere 1 time with a yes, always well")));
}

TEST(Report, SaysWhatItWouldHaveDoneOnceAndWhatOfItWouldBeSafeForAuto) {
  ReportInput input{kNow - 7 * 86400, kNow, {}, {}, {}, {}};
  input.moves = {proposed(1, "qemu/201", "live"), proposed(2, "lxc/103", "restart"),
                 proposed(3, "qemu/201", "live"), proposed(4, "lxc/104", "restart")};
  input.operations = {carried_out(input.moves[3], MoveState::failed, Initiator::approved, kNow - 50)};
  const auto all = would_have(input);
  ASSERT_EQ(all.size(), 2U) << "what was carried out is not told as what would have been";
  EXPECT_EQ(all[0].move.guest, "lxc/103");
  EXPECT_FALSE(all[0].safe);
  EXPECT_EQ(all[1].times, 2);
  EXPECT_TRUE(all[1].safe);
  const auto lines = report_lines(input);
  EXPECT_THAT(lines, Contains(HasSubstr("2 moves, 1 of them safe for mode auto")));
  EXPECT_THAT(lines, Contains(HasSubstr("VM 201 from pve1 to pve2, proposed 2 times; safe for auto")));
  EXPECT_THAT(lines, Not(Contains(HasSubstr("lxc/104 was restarted")))) << "it failed";
  EXPECT_THAT(report_json(input), HasSubstr(R"("times":2,"safe_for_auto":true)"));
}

TEST(Report, IsDueOnMondaysFromEightOnOnce) {
  std::tm monday{};
  monday.tm_year = 126, monday.tm_mon = 10, monday.tm_mday = 23, monday.tm_hour = 8, monday.tm_isdst = -1;
  const auto eight = static_cast<double>(std::mktime(&monday));
  const double day = 86400;
  EXPECT_FALSE(report_is_due(eight - 6 * day, eight - 1));
  EXPECT_TRUE(report_is_due(eight - 6 * day, eight));
  EXPECT_TRUE(report_is_due(eight - 6 * day, eight + 3 * day)) << "it was down on Monday";
  EXPECT_FALSE(report_is_due(eight, eight + 6 * day));
  EXPECT_TRUE(report_is_due(eight, eight + 8 * day));
}

using ReportTest = LoopTest;

TEST_F(ReportTest, IsToldOnceAWeekAndNotByAJournalThatHasJustBegun) {
  world_.now = 1'795'000'000;
  fire();
  tick(3);
  const auto reports = [&] {
    const auto all = events_told();
    return std::count(all.begin(), all.end(), "report");
  };
  EXPECT_EQ(reports(), 0);
  world_.now += 6 * 86400;
  tick(3);
  ASSERT_EQ(reports(), 1);
  const auto all = told();
  const auto report = std::find_if(all.begin(), all.end(), [](const auto& n) { return n.event == "report"; });
  EXPECT_THAT(report->lines, Contains(HasSubstr("container 103 (db) from pve1 to pve2, proposed 1 time")));
  world_.now += 7 * 86400;
  tick(2);
  EXPECT_EQ(reports(), 2);
}

}  // namespace
}  // namespace pcb
