// Server-sent events of the program itself: what they tell, how many there may be, how they end.
#include <csignal>
#include <memory>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/common/raw_client.h"
#include "tests/evaluator/serve_fixture.h"

namespace pcb {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

class ServeEvents : public Serve {
 protected:
  std::unique_ptr<RawClient> follow() {
    auto client = std::make_unique<RawClient>(static_cast<std::uint16_t>(port_));
    client->send("GET /api/v1/events HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n");
    return client;
  }
  static constexpr std::size_t kMostStreams = 8;
};

TEST_F(ServeEvents, TellWhatChangesAndEndWithTheProgram) {
  const auto program = start();
  const auto stream = follow();
  const std::string begun = stream->read_until("event: pulse");
  EXPECT_THAT(begun, HasSubstr("Content-Type: text/event-stream"));
  EXPECT_THAT(begun, HasSubstr("\nretry: 3000\n"));
  EXPECT_THAT(stream->read_until("\"mode\":\"suggest\""), HasSubstr("suggest"));
  program->send_signal(SIGUSR1);
  EXPECT_THAT(stream->read_until("\"subject\":\"red button\""), HasSubstr("event: history\n"));
  const auto began = std::chrono::steady_clock::now();
  program->send_signal(SIGTERM);
  EXPECT_THAT(stream->read_all(), Not(HasSubstr("(timeout)")));
  program->wait();
  EXPECT_LT(std::chrono::steady_clock::now() - began, std::chrono::seconds(5));
}

TEST_F(ServeEvents, AreFewAndKeepNoWebhookWaiting) {
  const auto program = start();
  std::vector<std::unique_ptr<RawClient>> streams;
  for (std::size_t i = 0; i < kMostStreams; ++i) {
    streams.push_back(follow());
    EXPECT_THAT(streams.back()->read_until(": welcome"), HasSubstr("HTTP/1.1 200"));
  }
  const std::string refused = follow()->read_all();
  EXPECT_EQ(status_of(refused), 503);
  EXPECT_THAT(refused, HasSubstr("\r\nRetry-After: "));
  const std::string alert = R"({"version":"4","status":"firing","receiver":"r","groupKey":"g","alerts":[
    {"status":"firing","labels":{"alertname":"A"},"annotations":{},"startsAt":"2026-11-23T03:00:00Z",
     "endsAt":"0001-01-01T00:00:00Z","fingerprint":"f1"}]})";
  for (int i = 0; i < 20; ++i) EXPECT_EQ(post(alert), 200) << "while all streams are open, for an hour";
  streams.pop_back();
  EXPECT_TRUE(wait_until([&] { return status_of(follow()->read_until(": welcome")) == 200; }))
      << "a place is free again";
}

}  // namespace
}  // namespace pcb
