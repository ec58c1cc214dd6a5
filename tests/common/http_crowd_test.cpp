// More connections than workers: slow clients, however many, must not keep the others waiting.
#include <algorithm>
#include <filesystem>
#include <latch>
#include <thread>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/resource.h>

#include "common/http/server.h"
#include "tests/common/raw_client.h"

namespace pcb::http {
namespace {

using namespace std::chrono_literals;
using Clock = std::chrono::steady_clock;

// Deadlines far above what a test may take: whoever waits for one of them fails.
ServerSettings patient() { return {.request_deadline = 60s, .response_deadline = 60s}; }
constexpr auto kBound = 5s;

std::unique_ptr<Server> start(const ServerSettings& settings, Handler large = {}) {
  std::vector<Route> routes = {{.method = "GET",
                                .path = "/metrics",
                                .handler = [](const Request&) { return Response{.body = "up 1\n"}; }},
                               {.method = "POST",
                                .path = "/in",
                                .handler = [](const Request&) { return Response{}; },
                                .max_body_bytes = 1000}};
  if (large) routes.push_back({.method = "GET", .path = "/large", .handler = std::move(large)});
  auto server = Server::start(settings, std::move(routes));
  if (!server) throw std::runtime_error(server.error().message);
  return std::move(server).value();
}

struct Slow {
  const char* name;
  const char* sends;
  int addresses;  // 1: the scraper's own
};

class SlowClients : public testing::TestWithParam<Slow> {
 protected:
  [[nodiscard]] RawClient slow_client(const Server& server, int number) const {
    const int address = GetParam().addresses == 1 ? 1 : 2 + number % GetParam().addresses;
    RawClient client(server.port(), ("127.0.0." + std::to_string(address)).c_str());
    client.send(GetParam().sends);
    return client;
  }
};

TEST_P(SlowClients, DoNotDelayAScrape) {
  const auto server = start(patient());
  std::vector<RawClient> slow;
  for (int i = 0; i < 200; ++i) slow.push_back(slow_client(*server, i));
  int fresh = 0;
  for (int scrape = 0; scrape < 20; ++scrape) {
    for (int i = 0; i < 70; ++i, ++fresh)
      slow[static_cast<std::size_t>(fresh % 200)] = slow_client(*server, fresh);
    const auto begin = Clock::now();
    EXPECT_EQ(status_of(RawClient(server->port()).ask("GET /metrics HTTP/1.1\r\n\r\n")), 200) << scrape;
    ASSERT_LT(Clock::now() - begin, kBound) << scrape;
  }
}

constexpr const char* kBody = "POST /in HTTP/1.1\r\nContent-Length: 900\r\n\r\nx";
constexpr const char* kHead = "GET /metrics HTTP/1.1\r\nX-Slow: x";
INSTANTIATE_TEST_SUITE_P(Http, SlowClients,
                         testing::Values(Slow{"BodyOneAddress", kBody, 1},
                                         Slow{"BodyManyAddresses", kBody, 20},
                                         Slow{"HeadOneAddress", kHead, 1},
                                         Slow{"HeadManyAddresses", kHead, 20}, Slow{"IdleOneAddress", "", 1},
                                         Slow{"IdleManyAddresses", "", 20}),
                         [](const auto& slow) { return std::string(slow.param.name); });

std::ptrdiff_t open_descriptors() {
  const std::filesystem::directory_iterator all("/proc/self/fd");
  return std::distance(begin(all), end(all));
}

TEST(HttpCrowd, AThousandConnectionsAreBounded) {
  rlimit limit{};
  ::getrlimit(RLIMIT_NOFILE, &limit);
  limit.rlim_cur = limit.rlim_max;
  ASSERT_EQ(::setrlimit(RLIMIT_NOFILE, &limit), 0);
  const auto server = start(patient());
  const std::ptrdiff_t before = open_descriptors();
  std::vector<RawClient> idle;
  std::ptrdiff_t most = 0;
  for (int i = 0; i < 1000; ++i) {
    idle.emplace_back(server->port(), ("127.0.0." + std::to_string(2 + i % 20)).c_str());
    if (i % 10 == 9)
      most = std::max(most, open_descriptors() - before - static_cast<std::ptrdiff_t>(idle.size()));
  }
  EXPECT_GT(most, 0);
  EXPECT_LE(most, 64 + 64 + 4);  // workers, queue, and what is just being opened
  const auto begin = Clock::now();
  EXPECT_EQ(status_of(RawClient(server->port()).ask("GET /metrics HTTP/1.1\r\n\r\n")), 200);
  EXPECT_LT(Clock::now() - begin, kBound);
}

TEST(HttpCrowd, ReadersThatTakeNothingGiveWay) {
  const auto body = std::make_shared<const std::string>(8U << 20U, 'x');  // more than sockets hold
  ServerSettings settings = patient();
  settings.workers = 4;
  const auto server = start(settings, [&](const Request&) { return Response{.shared_body = body}; });
  std::vector<RawClient> deaf;
  for (int i = 0; i < 8; ++i) {
    deaf.emplace_back(server->port(), "127.0.0.2", 4096);
    deaf.back().send("GET /large HTTP/1.1\r\n\r\n");
  }
  const auto begin = Clock::now();
  EXPECT_EQ(status_of(RawClient(server->port()).ask("GET /metrics HTTP/1.1\r\n\r\n")), 200);
  EXPECT_LT(Clock::now() - begin, kBound);
  // One that takes what it asked for gets all of it, crowded or not.
  EXPECT_GT(RawClient(server->port()).ask("GET /large HTTP/1.1\r\n\r\n").size(), body->size());
}

TEST(HttpCrowd, AnAddressWhoseShareIsAllAtWorkGetsUnavailable) {
  ServerSettings settings = patient();
  settings.connections_per_address = 2;
  std::latch working(2);
  std::latch go(1);
  const auto server = start(settings, [&](const Request&) {
    working.count_down();
    go.wait();
    return Response{.body = "done"};
  });
  std::vector<RawClient> busy;
  for (int i = 0; i < 2; ++i) {
    busy.emplace_back(server->port());
    busy.back().send("GET /large HTTP/1.1\r\n\r\n");
  }
  working.wait();
  RawClient third(server->port());
  EXPECT_EQ(status_of(third.read_all()), 503);
  EXPECT_EQ(status_of(RawClient(server->port(), "127.0.0.3").ask("GET /metrics HTTP/1.1\r\n\r\n")), 200);
  go.count_down();
  for (RawClient& client : busy) EXPECT_THAT(client.read_all(), testing::HasSubstr("\r\n\r\ndone"));
}

}  // namespace
}  // namespace pcb::http
