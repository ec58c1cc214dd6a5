#include "evaluator/trigger/outbox.h"

#include <atomic>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/evaluator/journal_fixture.h"
#include "tests/support/wait.h"

namespace pcb {
namespace {

using test::wait_until;

class FakeSink : public Sink {
 public:
  FakeSink(std::string name, std::atomic<int>& sent, std::atomic<bool>& works)
      : name_(std::move(name)), sent_(sent), works_(works) {}
  [[nodiscard]] const std::string& name() const override { return name_; }
  [[nodiscard]] bool takes_digests() const override { return digests; }
  Status send(const Notification& notification) override {
    ++tries;
    if (!works_) return Error{"the receiver is down"};
    if (notification.event == "digest") digested += static_cast<int>(notification.lines.size());
    ++sent_;
    return Done{};
  }
  static inline std::atomic<int> tries{0}, digested{0};
  static inline std::atomic<bool> digests{false};

 private:
  std::string name_;
  std::atomic<int>& sent_;
  std::atomic<bool>& works_;
};

class OutboxTest : public ::testing::Test {
 protected:
  OutboxTest() : journal_(open_journal(directory_.path())) {
    FakeSink::tries = FakeSink::digested = 0;
    FakeSink::digests = false;
  }

  void queue(const std::string& key, double at = 1000, const std::string& severity = "info") {
    Notification notification;
    notification.event_key = key;
    notification.event = "plan";
    notification.severity = severity;
    notification.created_at = at;
    notification.subject = "s";
    notification.lines = {"line"};
    ASSERT_TRANSACT(*journal_, [&](Tables& tables) { return tables.notify(notification, {"a", "b"}); });
  }

  std::unique_ptr<Outbox> outbox(OutboxSettings settings = quick()) {
    std::vector<std::unique_ptr<Sink>> sinks;
    sinks.push_back(std::make_unique<FakeSink>("a", sent_a_, works_a_));
    sinks.push_back(std::make_unique<FakeSink>("b", sent_b_, works_b_));
    return std::make_unique<Outbox>(
        *journal_, counters_, std::move(sinks), [this] { return now_.load(); }, settings);
  }

  static OutboxSettings quick() {
    OutboxSettings settings;
    settings.first_delay_seconds = 0.01;
    settings.breaker_seconds = 0.05;
    return settings;
  }

  std::map<std::string, int> states() {
    std::map<std::string, int> count;
    EXPECT_TRUE(journal_
                    ->read([&](Tables& tables) -> Status {
                      const auto rows = tables.recent_deliveries(100);
                      for (const auto& delivery : *rows) ++count[delivery.sink + " " + delivery.state];
                      return Done{};
                    })
                    .ok());
    return count;
  }

  test::TemporaryFolder directory_;
  std::unique_ptr<Journal> journal_;
  Counters counters_;
  std::atomic<int> sent_a_{0}, sent_b_{0};
  std::atomic<bool> works_a_{true}, works_b_{true};
  std::atomic<double> now_{1000};
};

TEST_F(OutboxTest, EverySinkGetsEveryMessageOnce) {
  queue("k1");
  queue("k1");
  const auto box = outbox();
  ASSERT_TRUE(wait_until([&] { return sent_a_ == 1 && sent_b_ == 1; }));
  queue("k2");
  box->wake();
  ASSERT_TRUE(wait_until([&] { return sent_a_ == 2 && sent_b_ == 2; }));
  ASSERT_TRUE(wait_until([&] { return states()["a sent"] == 2 && states()["b sent"] == 2; }));
  EXPECT_EQ(FakeSink::tries, 4);
}

TEST_F(OutboxTest, ADeadSinkHoldsUpNobodyAndLosesNothing) {
  works_b_ = false;
  for (int i = 0; i < 20; ++i) queue("k" + std::to_string(i));
  const auto box = outbox();
  ASSERT_TRUE(wait_until([&] { return sent_a_ == 20; }));
  EXPECT_EQ(sent_b_, 0);
  works_b_ = true;
  ASSERT_TRUE(wait_until([&] {
    now_ = now_ + 0.001;  // the clock goes on, so that what waits becomes due
    box->wake();
    return sent_b_ == 20;
  }));
  EXPECT_EQ(sent_a_, 20);
}

TEST_F(OutboxTest, WhatWaitsSurvivesARestart) {
  works_a_ = works_b_ = false;
  queue("k1");
  {
    const auto box = outbox();
    ASSERT_TRUE(wait_until([&] { return FakeSink::tries >= 2; }));
  }
  journal_ = open_journal(directory_.path());
  works_a_ = works_b_ = true;
  now_ = 2000;
  const auto box = outbox();
  ASSERT_TRUE(wait_until([&] { return sent_a_ == 1 && sent_b_ == 1; }));
}

TEST_F(OutboxTest, WhatWaitsForAReceiverThatIsGoneIsGivenUpAndSaysWhy) {
  queue("k1");
  ASSERT_TRANSACT(*journal_, [&](Tables& tables) -> Status {
    const auto due = tables.due_deliveries("b", 1000, 1);
    return tables.delivery_failed(due->front(), "the receiver is down", 1e12);
  });
  std::vector<std::unique_ptr<Sink>> sinks;
  sinks.push_back(std::make_unique<FakeSink>("a", sent_a_, works_a_));
  const Outbox without_b(
      *journal_, counters_, std::move(sinks), [this] { return now_.load(); }, quick());
  EXPECT_EQ(states()["b given_up"], 1);
  ASSERT_TRUE(wait_until([&] { return states()["a sent"] == 1; })) << "the others get theirs";
  std::string why;
  EXPECT_TRUE(journal_
                  ->read([&](Tables& tables) -> Status {
                    const auto deliveries = tables.recent_deliveries(10);
                    for (const auto& delivery : *deliveries)
                      if (delivery.sink == "b") why = delivery.last_error;
                    return Done{};
                  })
                  .ok());
  EXPECT_EQ(why, "the receiver is not in config.yaml any more; before: the receiver is down");
  // Nothing holds it back any more: it is forgotten in its time.
  ASSERT_TRANSACT(*journal_, [&](Tables& tables) -> Status {
    const auto gone = tables.forget_before(2000, 100);
    return gone ? Status(Done{}) : Status(gone.error());
  });
  EXPECT_EQ(states().size(), 0U);
}

TEST_F(OutboxTest, TheBreakerStopsTryingASinkThatIsDown) {
  works_b_ = false;
  OutboxSettings settings = quick();
  settings.breaker_failures = 3;
  settings.breaker_seconds = 1e6;
  for (int i = 0; i < 50; ++i) queue("k" + std::to_string(i));
  const auto box = outbox(settings);
  ASSERT_TRUE(wait_until([&] { return sent_a_ == 50; }));
  ASSERT_TRUE(wait_until([&] { return FakeSink::tries >= 53; }));
  box->wake();
  queue("last");
  box->wake();
  ASSERT_TRUE(wait_until([&] { return sent_a_ == 51; }));
  EXPECT_EQ(FakeSink::tries, 51 + 3);
}

TEST_F(OutboxTest, AStormReachesPeopleAsOneMessageButForWhatIsCritical) {
  FakeSink::digests = true;
  for (int i = 0; i < 20; ++i) queue("k" + std::to_string(i));
  queue("fire", 1000, "critical");
  works_b_ = false;
  const auto box = outbox();
  ASSERT_TRUE(wait_until([&] { return states()["a sent"] == 21; }));
  EXPECT_EQ(sent_a_, 2);
  EXPECT_EQ(FakeSink::digested, 20);
  works_b_ = true;
  ASSERT_TRUE(wait_until([&] {
    now_ = now_ + 0.001;
    box->wake();
    return states()["b sent"] == 21;
  })) << "a digest that failed comes again, whole";
}

TEST_F(OutboxTest, WhatIsTooOldIsGivenUpAndCountedSo) {
  works_b_ = false;
  queue("old", 1000 - 86'400);
  queue("new");
  const auto box = outbox();
  ASSERT_TRUE(wait_until([&] { return states()["b given_up"] == 1 && states()["a sent"] == 2; }));
  const auto counted = [&](const char* result) {
    return counters_.values("balancer_notifications_total")[{"b", result}];
  };
  EXPECT_TRUE(wait_until([&] { return counted("given_up") == 1; }));
  EXPECT_TRUE(wait_until([&] { return counted("retried") >= 1; }));
}

TEST_F(OutboxTest, EveryResultIsShownBeforeItHappens) {
  const auto box = outbox();
  const std::map<std::vector<std::string>, double> at_first{{{"a", "sent"}, 0},     {{"a", "retried"}, 0},
                                                            {{"a", "given_up"}, 0}, {{"b", "sent"}, 0},
                                                            {{"b", "retried"}, 0},  {{"b", "given_up"}, 0}};
  EXPECT_EQ(counters_.values("balancer_notifications_total"), at_first);
}

TEST_F(OutboxTest, AFewMessagesStayOnTheirOwn) {
  FakeSink::digests = true;
  for (int i = 0; i < 5; ++i) queue("k" + std::to_string(i));
  const auto box = outbox();
  ASSERT_TRUE(wait_until([&] { return sent_a_ == 5; }));
  EXPECT_EQ(FakeSink::digested, 0);
}

TEST(NextAttempt, GrowsToAQuarterOfAnHourAndEndsAfterADay) {
  const OutboxSettings settings;
  EXPECT_DOUBLE_EQ(*next_attempt_at(settings, 0, 1, 100, 0.5), 105);
  EXPECT_DOUBLE_EQ(*next_attempt_at(settings, 0, 2, 100, 0.5), 110);
  EXPECT_DOUBLE_EQ(*next_attempt_at(settings, 0, 1, 100, 0.0), 103.75);
  EXPECT_DOUBLE_EQ(*next_attempt_at(settings, 0, 1, 100, 1.0), 106.25);
  EXPECT_DOUBLE_EQ(*next_attempt_at(settings, 0, 40, 100, 0.5), 1000);
  EXPECT_TRUE(next_attempt_at(settings, 0, 40, 85'000, 0.5));
  EXPECT_FALSE(next_attempt_at(settings, 0, 40, 86'000, 0.5));
}

}  // namespace
}  // namespace pcb
