// The resolver with name servers that are slow, dead or wrong.
#include <atomic>
#include <condition_variable>
#include <mutex>

#include <arpa/inet.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "common/ssh/loop.h"
#include "common/ssh/resolver.h"

namespace pcb::ssh {
namespace {

using std::chrono::seconds;

std::vector<SocketAddress> loopback() {
  SocketAddress address;
  auto* v4 = reinterpret_cast<sockaddr_in*>(&address.storage);
  v4->sin_family = AF_INET;
  v4->sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  address.length = sizeof(sockaddr_in);
  return {address};
}

// A name server that answers only when told to; `release` lives as long as the threads that wait in it.
struct Gate {
  std::mutex mutex;
  std::condition_variable changed;
  int asked = 0;
  int allowed = 0;
  int answered = 0;
  bool fails = false;

  std::vector<SocketAddress> look_up(std::string& error) {
    std::unique_lock lock(mutex);
    const int mine = ++asked;
    changed.notify_all();
    changed.wait(lock, [&] { return allowed >= mine; });
    if (!fails) return loopback();
    error = "Temporary failure in name resolution";
    return {};
  }
  void allow(int count) {
    const std::lock_guard lock(mutex);
    allowed = count;
    changed.notify_all();
  }
  void note_answer() {
    const std::lock_guard lock(mutex);
    ++answered;
    changed.notify_all();
  }
  bool wait_for(int Gate::*counter, int count) {
    std::unique_lock lock(mutex);
    return changed.wait_for(lock, seconds(10), [&] { return this->*counter >= count; });
  }
};

class ResolverTest : public testing::Test {
 protected:
  ~ResolverTest() override { gate_->allow(1000); }
  std::shared_ptr<Gate> gate_ = std::make_shared<Gate>();
  Resolver resolver_{[gate = gate_] { gate->note_answer(); },
                     [gate = gate_](const std::string&, std::string& error) { return gate->look_up(error); }};
};

TEST_F(ResolverTest, NeverAsksForNumericAddresses) {
  for (const char* address : {"127.0.0.1", "::1", "fe80::1", "10.1.2.3"}) {
    const auto answer = resolver_.look_up(address, Clock::now());
    EXPECT_EQ(answer.state, Resolver::State::found) << address;
    EXPECT_EQ(answer.addresses.size(), 1U);
  }
  EXPECT_EQ(gate_->asked, 0);
}

TEST_F(ResolverTest, DoesNotWaitAndAsksOnce) {
  for (int i = 0; i < 5; ++i) {
    EXPECT_EQ(resolver_.look_up("pve1", Clock::now()).state, Resolver::State::pending);
  }
  gate_->allow(1);
  ASSERT_TRUE(gate_->wait_for(&Gate::answered, 1));
  EXPECT_EQ(resolver_.look_up("pve1", Clock::now()).state, Resolver::State::found);
  EXPECT_EQ(gate_->asked, 1);
}

TEST_F(ResolverTest, HandsOutOldAddressesWhileTheNameServerIsDead) {
  gate_->allow(1);
  resolver_.look_up("pve1", Clock::now());
  ASSERT_TRUE(gate_->wait_for(&Gate::answered, 1));
  {
    const std::lock_guard lock(gate_->mutex);
    gate_->fails = true;
  }
  const auto later = Clock::now() + seconds(120);
  EXPECT_EQ(resolver_.look_up("pve1", later).state, Resolver::State::found);  // asks again behind the scenes
  ASSERT_TRUE(gate_->wait_for(&Gate::asked, 2));
  gate_->allow(2);
  ASSERT_TRUE(gate_->wait_for(&Gate::answered, 2));
  const auto answer = resolver_.look_up("pve1", later);
  EXPECT_EQ(answer.state, Resolver::State::found);
  EXPECT_THAT(answer.error, testing::HasSubstr("Temporary failure"));
}

TEST_F(ResolverTest, AsksAgainWhenTheAddressesDidNotWork) {
  gate_->allow(2);
  resolver_.look_up("pve1", Clock::now());
  ASSERT_TRUE(gate_->wait_for(&Gate::answered, 1));
  resolver_.look_up("pve1", Clock::now() + seconds(10));
  EXPECT_EQ(gate_->asked, 1);
  resolver_.distrust("pve1");
  EXPECT_EQ(resolver_.look_up("pve1", Clock::now() + seconds(10)).state, Resolver::State::found);
  EXPECT_TRUE(gate_->wait_for(&Gate::answered, 2));
}

TEST_F(ResolverTest, OneHangingNameDoesNotHoldUpTheOthers) {
  // "hangs" is asked first and never answered; the others get threads of their own.
  auto hang = std::make_shared<Gate>();
  auto others = std::make_shared<Gate>();
  others->allow(1000);
  Resolver resolver([others] { others->note_answer(); },
                    [hang, others](const std::string& name, std::string& error) {
                      return (name == "hangs" ? hang : others)->look_up(error);
                    });
  resolver.look_up("hangs", Clock::now());
  resolver.look_up("pve1", Clock::now());
  resolver.look_up("pve2", Clock::now());
  EXPECT_TRUE(others->wait_for(&Gate::answered, 2));
  EXPECT_EQ(resolver.look_up("pve2", Clock::now()).state, Resolver::State::found);
  EXPECT_EQ(resolver.look_up("hangs", Clock::now()).state, Resolver::State::pending);
  hang->allow(1000);
  EXPECT_TRUE(others->wait_for(&Gate::answered, 3));
}

TEST_F(ResolverTest, ConnectionGivesUpOnASilentNameServerAtItsDeadline) {
  auto loop =
      Loop::create([gate = gate_](const std::string&, std::string& error) { return gate->look_up(error); });
  ASSERT_TRUE(loop.ok());
  ConnectionSettings settings;
  settings.name = "pve1";
  settings.address = "pve1.example";
  settings.connect_timeout = std::chrono::milliseconds(200);
  Connection& connection = (*loop)->add(settings);
  Outcome outcome;
  Request request;
  request.done = [&](Outcome done) { outcome = std::move(done); };
  connection.submit(std::move(request), Clock::now());
  const auto deadline = Clock::now() + seconds(10);
  while (connection.busy() && Clock::now() < deadline) (*loop)->run_once(deadline);
  EXPECT_EQ(outcome.problem.failure, Failure::dns);
}

TEST_F(ResolverTest, ConnectionSaysWhyANameIsUnknown) {
  gate_->fails = true;
  gate_->allow(1000);
  auto loop =
      Loop::create([gate = gate_](const std::string&, std::string& error) { return gate->look_up(error); });
  ASSERT_TRUE(loop.ok());
  ConnectionSettings settings;
  settings.address = "pve1.example";
  Connection& connection = (*loop)->add(settings);
  Outcome outcome;
  Request request;
  request.done = [&](Outcome done) { outcome = std::move(done); };
  connection.submit(std::move(request), Clock::now());
  const auto deadline = Clock::now() + seconds(4);  // before the connection's own deadline
  while (connection.busy() && Clock::now() < deadline) (*loop)->run_once(deadline);
  EXPECT_EQ(outcome.problem.failure, Failure::dns);
  EXPECT_THAT(outcome.problem.message, testing::HasSubstr("Temporary failure"));
}

}  // namespace
}  // namespace pcb::ssh
