#include "evaluator/journal/intake.h"

#include <atomic>
#include <future>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/evaluator/journal_fixture.h"
#include "tests/support/wait.h"

namespace pcb {
namespace {

using ::testing::HasSubstr;

std::vector<ReceivedAlert> one(const std::string& fingerprint) {
  const Alert alert = relief_alert("pve1", 5000, AlertStatus::firing, fingerprint);
  return {{alert, judge(alert, "lab")}};
}

std::size_t stored(Journal& journal) {
  std::size_t count = 0;
  EXPECT_TRUE(journal
                  .read([&](Tables& tables) -> Status {
                    count = tables.unhandled_alerts().value().size();
                    return Done{};
                  })
                  .ok());
  return count;
}

TEST(Intake, WhatIsAcknowledgedIsInTheJournal) {
  test::TemporaryFolder directory;
  const auto journal = open_journal(directory.path());
  std::atomic<int> told{0};
  Intake intake(*journal, {}, [&] { ++told; });
  ASSERT_TRUE(intake.store(one("a1"), 1000).ok());
  EXPECT_EQ(stored(*journal), 1U);
  EXPECT_GE(told, 1);
}

TEST(Intake, ManyCallersShareOneCommit) {
  test::TemporaryFolder directory;
  const auto journal = open_journal(directory.path());
  std::atomic<int> commits{0};
  IntakeSettings settings;
  settings.patience = std::chrono::seconds(30);  // 64 threads on a busy machine
  Intake intake(*journal, settings, [&] { ++commits; });
  std::vector<std::future<bool>> calls;
  constexpr int kCalls = 64;
  // While somebody holds the journal, all calls must gather.
  ASSERT_TRUE(journal
                  ->read([&](Tables&) -> Status {
                    for (int i = 0; i < kCalls; ++i) {
                      calls.push_back(std::async(std::launch::async, [&, i] {
                        return intake.store(one("a" + std::to_string(i)), 1000).ok();
                      }));
                    }
                    EXPECT_TRUE(test::wait_until([&] { return intake.unanswered() == kCalls; }));
                    return Done{};
                  })
                  .ok());
  for (auto& call : calls) EXPECT_TRUE(call.get());
  EXPECT_EQ(stored(*journal), static_cast<std::size_t>(kCalls));
  EXPECT_LE(commits, 3);
}

// The control of the one above: the same callers without group commit.
TEST(Intake, AloneEveryCallIsACommitOfItsOwn) {
  test::TemporaryFolder directory;
  const auto journal = open_journal(directory.path());
  std::atomic<int> commits{0};
  IntakeSettings settings;
  settings.patience = std::chrono::seconds(30);
  settings.group_commit = false;
  Intake intake(*journal, settings, [&] { ++commits; });
  std::vector<std::future<bool>> calls;
  constexpr int kCalls = 16;
  ASSERT_TRUE(journal
                  ->read([&](Tables&) -> Status {
                    for (int i = 0; i < kCalls; ++i) {
                      calls.push_back(std::async(std::launch::async, [&, i] {
                        return intake.store(one("a" + std::to_string(i)), 1000).ok();
                      }));
                    }
                    EXPECT_TRUE(test::wait_until([&] { return intake.unanswered() == kCalls; }));
                    return Done{};
                  })
                  .ok());
  for (auto& call : calls) EXPECT_TRUE(call.get());
  EXPECT_EQ(commits, kCalls);
}

TEST(Intake, AFullQueueAndAnEndlessDiskAreSaidSo) {
  test::TemporaryFolder directory;
  const auto journal = open_journal(directory.path());
  IntakeSettings settings;
  settings.patience = std::chrono::milliseconds(50);
  settings.max_waiting = 1;
  Intake intake(*journal, settings, [] {});
  ASSERT_TRUE(journal
                  ->read([&](Tables&) -> Status {
                    auto first =
                        std::async(std::launch::async, [&] { return intake.store(one("a1"), 1000); });
                    const Status late = first.get();
                    EXPECT_FALSE(late.ok());
                    EXPECT_THAT(late.error().message, HasSubstr("too long"));
                    // One is with the disk then, and the next ones stay in the queue, which is full with one.
                    EXPECT_TRUE(test::wait_until([&] {
                      const Status more = intake.store(one("a2"), 1000);
                      EXPECT_FALSE(more.ok());
                      return !more.ok() && more.error().message.find("too many") != std::string::npos &&
                             intake.unanswered() == 2;
                    }));
                    return Done{};
                  })
                  .ok());
}

TEST(Intake, AFailedCommitIsToldToEveryCaller) {
  test::TemporaryFolder directory;
  const auto journal = open_journal(directory.path());
  ASSERT_TRUE(Database::open(directory.path() + "/journal.sqlite")->execute("DROP TABLE alerts").ok());
  std::atomic<int> told{0};
  Intake intake(*journal, {}, [&] { ++told; });
  const Status outcome = intake.store(one("a1"), 1000);
  EXPECT_FALSE(outcome.ok());
  EXPECT_EQ(told, 0);
}

}  // namespace
}  // namespace pcb
