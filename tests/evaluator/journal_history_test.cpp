#include <set>

#include <gmock/gmock.h>

#include "evaluator/journal/history.h"
#include "tests/evaluator/journal_fixture.h"

namespace pcb {
namespace {

using ::testing::ElementsAre;

class JournalHistory : public ::testing::Test {
 protected:
  void add(double at, const std::string& kind, const std::string& subject, const std::string& detail = "") {
    ASSERT_TRANSACT(*journal_, [&](Tables& tables) {
      return tables.add_event({at, kind, "evaluator", subject, detail});
    });
  }
  HistoryPage read(const HistoryQuery& query) {
    HistoryPage page;
    const Status done = journal_->read([&](Tables& tables) -> Status {
      auto found = read_history(tables, query);
      if (!found) return found.error();
      page = std::move(found).value();
      return Done{};
    });
    EXPECT_TRUE(done.ok()) << done.error().message;
    return page;
  }
  std::vector<std::string> subjects(const HistoryQuery& query) {
    std::vector<std::string> found;
    for (const HistoryEntry& entry : read(query).entries) found.push_back(entry.subject);
    return found;
  }
  // A decision, an alert and a message beside the events.
  void add_others() {
    ASSERT_TRANSACT(*journal_, [&](Tables& tables) -> Status {
      auto done = tables.store_alert(relief_alert("pve1"), {}, 1150);
      if (!done) return done;
      PlanRecord plan;
      plan.made_at = 1200;
      plan.goal = "relieve";
      plan.result = "moves";
      plan.digest = "d1g3st";
      const auto id = tables.store_plan(plan);
      if (!id) return id.error();
      done = tables.decide({1250, *id, 0, true, "ann", "192.0.2.7", "d1g3st"});
      if (!done) return done;
      Notification told;
      told.event_key = "k";
      told.event = "plan";
      told.created_at = 1260;
      told.subject = "a plan for pve1";
      return tables.notify(told, {"log"});
    });
  }

  test::TemporaryFolder folder_;
  std::unique_ptr<Journal> journal_ = open_journal(folder_.path());
};

TEST_F(JournalHistory, FiltersByKindTimeHostAndGuest) {
  add(1100, "move", "lxc/101", "moving db from pve1 to pve2");
  add(1200, "move", "lxc/1010", "moving web from pve10 to pve2");
  add(1300, "incident", "pve1 cpu", "opened");
  add(1400, "hold", "quorum", "node/pve1 is gone.");
  EXPECT_THAT(subjects({}), ElementsAre("quorum", "pve1 cpu", "lxc/1010", "lxc/101"));
  EXPECT_THAT(subjects({.kinds = {"move"}}), ElementsAre("lxc/1010", "lxc/101"));
  EXPECT_THAT(subjects({.since = 1200, .until = 1300}), ElementsAre("pve1 cpu", "lxc/1010"));
  EXPECT_THAT(subjects({.guest = "lxc/101"}), ElementsAre("lxc/101"));
  EXPECT_THAT(subjects({.host = "pve1"}), ElementsAre("quorum", "pve1 cpu", "lxc/101"));
  EXPECT_THAT(subjects({.kinds = {"nothing"}}), ElementsAre());
}

TEST_F(JournalHistory, EveryDecisionIsThereWithWhoFromWhereAndThePlansDigest) {
  add(1100, "move", "lxc/101");
  add_others();
  const auto page = read({.kinds = {"alert", "decision", "message"}});
  ASSERT_EQ(page.entries.size(), 3U);
  EXPECT_EQ(page.entries[0].subject, "a plan for pve1");
  EXPECT_EQ(page.entries[1].actor, "ann");
  EXPECT_EQ(page.entries[1].subject, "plan 1");
  EXPECT_EQ(page.entries[1].detail, "approve from 192.0.2.7, plan d1g3st");
  EXPECT_EQ(page.entries[2].subject, "HostCpuHigh node/pve1");
  EXPECT_EQ(page.entries[2].detail, "firing: pve1 is busy (tell)");
  EXPECT_THAT(subjects({.kinds = {"alert", "decision", "message"}, .host = "pve1"}),
              ElementsAre("a plan for pve1", "HostCpuHigh node/pve1"));
}

TEST_F(JournalHistory, PagesMeetWithoutGapOrRepetitionThoughMoreArrives) {
  for (int i = 0; i < 40; ++i) add(1100 + i * 5, "move", "e" + std::to_string(i));
  add(1000, "move", "by a clock that was set back");
  add_others();
  HistoryQuery query{.kinds = {"move", "alert", "decision", "message"}, .limit = 7};
  std::set<std::string> seen;
  std::size_t pages = 0, entries = 0;
  do {
    const HistoryPage page = read(query);
    for (const HistoryEntry& entry : page.entries) seen.insert(entry.id);
    entries += page.entries.size();
    query.cursor = page.next;
    add(5000, "move", "arrives between two pages");
  } while (!query.cursor.empty() && ++pages < 20);
  EXPECT_EQ(entries, 44U);
  EXPECT_EQ(seen.size(), 44U) << "each once";
}

TEST_F(JournalHistory, OneEntryIsFoundByItsId) {
  add(1100, "move", "lxc/101");
  add(1200, "move", "lxc/102");
  EXPECT_THAT(subjects({.id = "e1"}), ElementsAre("lxc/101"));
  EXPECT_THAT(subjects({.id = "e3"}), ElementsAre());
  EXPECT_THAT(subjects({.id = "d1"}), ElementsAre());
}

TEST_F(JournalHistory, WhatIsNoCursorAndNoIdIsSaid) {
  ASSERT_TRANSACT(*journal_, [&](Tables& tables) -> Status {
    for (const char* cursor :
         {"x", "1", "1.2.3", "1.2.3.4.5", "1.2.3.-4", "1.2.3.", "1.2.3.99999999999999999999"})
      EXPECT_FALSE(read_history(tables, {.cursor = cursor}).ok()) << cursor;
    for (const char* id : {"e", "x1", "e-1", "e0", "1", "e9223372036854775807", "e1; DROP TABLE events"})
      EXPECT_FALSE(read_history(tables, {.id = id}).ok()) << id;
    return Done{};
  });
}

TEST_F(JournalHistory, AFilterThatSeldomMatchesGivesACursorToGoOn) {
  ASSERT_TRANSACT(*journal_, [&](Tables& tables) -> Status {
    Status done = tables.add_event({1000, "move", "evaluator", "lxc/7", ""});
    for (int i = 0; done && i < kMostLookedAt + 10; ++i)
      done = tables.add_event({1001, "move", "evaluator", "lxc/8", ""});
    return done;
  });
  HistoryPage page = read({.guest = "lxc/7"});
  EXPECT_TRUE(page.entries.empty());
  ASSERT_FALSE(page.next.empty());
  page = read({.guest = "lxc/7", .cursor = page.next});
  ASSERT_EQ(page.entries.size(), 1U);
  EXPECT_TRUE(page.next.empty());
}

TEST(HistoryWords, AreWhole) {
  EXPECT_TRUE(has_word("from pve1 to pve2", "pve1"));
  EXPECT_TRUE(has_word("it is pve1.", "pve1"));
  EXPECT_TRUE(has_word("pve10, pve1", "pve1"));
  EXPECT_FALSE(has_word("pve10", "pve1"));
  EXPECT_FALSE(has_word("pve1.lan", "pve1"));
  EXPECT_FALSE(has_word("xpve1", "pve1"));
}

}  // namespace
}  // namespace pcb
