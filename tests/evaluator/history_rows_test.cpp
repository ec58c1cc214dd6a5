// The history a page at a time: nothing is left out, nothing comes twice, whatever is searched for.
#include "evaluator/cli/history_rows.h"

#include <algorithm>
#include <set>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "evaluator/cli/api_csv.h"
#include "tests/evaluator/journal_story.h"

namespace pcb {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

class HistoryRows : public JournalTest {
 protected:
  History read(const HistoryFilter& filter) {
    History history;
    history.filter = filter;
    const Status done = journal_->read([&](Tables& tables) { return read_history_rows(tables, history); });
    EXPECT_TRUE(done.ok()) << (done.ok() ? "" : done.error().message);
    return history;
  }
  static HistoryFilter filter(const std::string& show, int limit, const std::string& text = "") {
    HistoryFilter made;
    made.show = show;
    made.limit = limit;
    made.text = text;
    return made;
  }
  void add_events(int count) {
    ASSERT_TRANSACT(*journal_, [&](Tables& tables) -> Status {
      for (int i = 1; i <= count; ++i) {
        const auto added = tables.add_event({1000.0 + i, i % 2 == 0 ? "move" : "plan", "evaluator",
                                             "event " + std::to_string(i), i == 3 ? "The Needle" : "hay"});
        if (!added) return added;
      }
      return Done{};
    });
  }
  // The subjects of all pages, in their order.
  std::vector<std::string> all_pages(HistoryFilter wanted) {
    std::vector<std::string> subjects;
    for (int pages = 0; pages < 1000; ++pages) {
      const History history = read(wanted);
      EXPECT_LE(history.events.size(), static_cast<std::size_t>(wanted.limit));
      for (const EventRecord& event : history.events) subjects.push_back(event.subject);
      if (history.older == 0) return subjects;
      wanted.before = history.older;
    }
    ADD_FAILURE() << "it never ends";
    return subjects;
  }
};

TEST_F(HistoryRows, PagesMeetWithoutGapOrRepetition) {
  add_events(1203);  // more than are read at a time
  for (const int limit : {7, 200, 401, 1000}) {
    const auto subjects = all_pages(filter("events", limit));
    EXPECT_EQ(subjects.size(), 1203U) << limit;
    EXPECT_EQ(std::set<std::string>(subjects.begin(), subjects.end()).size(), 1203U) << limit;
    EXPECT_EQ(subjects.front(), "event 1203");
    EXPECT_EQ(subjects.back(), "event 1");
  }
}

TEST_F(HistoryRows, TheSearchReachesTheWholeHistory) {
  add_events(1203);
  EXPECT_THAT(all_pages(filter("events", 200, "the needle")), ElementsAre("event 3"));
  HistoryFilter moves = filter("events", 200);
  moves.kind = "move";
  EXPECT_EQ(all_pages(moves).size(), 601U);
}

TEST_F(HistoryRows, ASearchThatSeldomMatchesGivesAPlaceToGoOnFrom) {
  add_events(kMostLookedAt + 10);
  const History first = read(filter("events", 200, "the needle"));
  EXPECT_TRUE(first.events.empty());
  EXPECT_EQ(first.older, 11) << "as far as it has looked";
  EXPECT_THAT(all_pages(filter("events", 200, "the needle")), ElementsAre("event 3"));
}

TEST_F(HistoryRows, AMessageStaysWholeWhateverItsSinks) {
  ASSERT_TRANSACT(*journal_, [&](Tables& tables) -> Status {
    for (int i = 1; i <= 5; ++i) {
      Notification message;
      message.event_key = "m" + std::to_string(i);
      message.subject = "message " + std::to_string(i);
      const auto told = tables.notify(message, {"chat", "log", "mail"});
      if (!told) return told;
    }
    return Done{};
  });
  const History first = read(filter("messages", 2));
  EXPECT_EQ(first.messages.size(), 6U) << "two messages to three sinks";
  EXPECT_EQ(first.messages.back().notification.subject, "message 4");
  HistoryFilter next = filter("messages", 2);
  next.before = first.older;
  EXPECT_EQ(read(next).messages.front().notification.subject, "message 3");
  EXPECT_EQ(read(filter("messages", 5)).older, 0);
  EXPECT_EQ(read(filter("messages", 5, "CHAT")).messages.size(), 5U) << "only where it was sent there";
}

TEST_F(HistoryRows, EveryKindIsReadFromItsOwnTable) {
  const std::int64_t move = propose();
  store(relief_alert());
  ASSERT_TRANSACT(*journal_, [&](Tables& tables) {
    return tables.decide({1001, 1, move, true, "alice", "192.0.2.7", "d"});
  });
  EXPECT_EQ(read(filter("plans", 10)).plans.size(), 1U);
  EXPECT_EQ(read(filter("moves", 10)).moves.size(), 1U);
  EXPECT_EQ(read(filter("alerts", 10, "pve1 is busy")).alerts.size(), 1U);
  const History decisions = read(filter("decisions", 10, "ALICE"));
  ASSERT_EQ(decisions.decisions.size(), 1U);
  EXPECT_EQ(decisions.decisions[0].id, 1);
  HistoryFilter older = filter("decisions", 10);
  older.before = 1;
  EXPECT_TRUE(read(older).decisions.empty());
}

TEST(ApiCsv, NoCellIsAFormulaAndARowIsALine) {
  MoveRecord move;
  move.id = 7;
  move.name = "=cmd|' /C calc'!A0\nx";
  const std::string csv = moves_csv({move});
  EXPECT_THAT(csv, HasSubstr("\"7\",\"0\",\"1\",\"\",\"'=cmd|' /C calc'!A0\\nx\""));
  EXPECT_EQ(std::count(csv.begin(), csv.end(), '\n'), 2);
  PlanRecord plan;
  plan.id = 12;
  plan.reason = "@SUM(1)";
  EXPECT_THAT(plans_csv({plan}), HasSubstr("\"'@SUM(1)\""));
}

}  // namespace
}  // namespace pcb
