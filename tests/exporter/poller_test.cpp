// The poller against real sshd, with the real script: every host is this machine.
#include "exporter/poller/poller.h"

#include <array>
#include <atomic>
#include <condition_variable>
#include <mutex>
#include <thread>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include "exporter/collect_request.h"
#include "tests/support/raw_server.h"
#include "tests/support/sshd.h"
#include "tests/support/wait.h"

namespace pcb {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using test::RawServer;
using test::Sshd;
using test::TemporaryFolder;

std::string this_host() {
  std::array<char, 256> name{};
  ::gethostname(name.data(), name.size() - 1);
  const std::string whole = name.data();
  return whole.substr(0, whole.find('.'));
}

PollerSettings settings_with(milliseconds interval) {
  PollerSettings settings;
  settings.interval = interval;
  settings.command_timeout = seconds(5);
  settings.version = "test";
  settings.snapshot.cluster = "test";
  settings.snapshot.interval = interval;
  return settings;
}

void add_host(PollerSettings& settings, const std::string& name, int port, const std::string& key,
              const std::string& known_hosts) {
  ssh::ConnectionSettings host;
  host.name = name;
  host.address = "127.0.0.1";
  host.port = port;
  host.key_path = key;
  host.known_hosts_path = known_hosts;
  host.script = std::string(node_collect_script());
  host.longest_connect_delay = 4 * settings.interval;
  settings.hosts.push_back(host);
  settings.snapshot.hosts.push_back({name, {}, {}, {}, {}, {}, {}});
}

const SnapshotHost* find_host(const Collected& collected, const std::string& name) {
  for (const SnapshotHost& host : collected.snapshot.hosts) {
    if (host.document.name == name) return &host;
  }
  return nullptr;
}

const SelfMetrics::HostSelf* find_self(const Collected& collected, const std::string& name) {
  for (const auto& host : collected.self.hosts) {
    if (host.name == name) return &host;
  }
  return nullptr;
}

double failures(const Collected& collected, const std::string& name, FailureReason reason) {
  const auto* self = find_self(collected, name);
  if (self == nullptr) return -1;
  const auto found = self->ssh_failures.find(reason);
  return found == self->ssh_failures.end() ? 0 : found->second;
}

// A poller at work in a thread of its own.
class RunningPoller {
 public:
  explicit RunningPoller(PollerSettings settings) {
    auto created = Poller::create(std::move(settings));
    EXPECT_TRUE(created.ok());
    poller_ = std::move(*created);
    thread_ = std::thread([this] {
      poller_->run(
          [this](SharedCollected collected) {
            const std::lock_guard lock(mutex_);
            rounds_.push_back(std::move(collected));
            changed_.notify_all();
          },
          [this] {
            const std::lock_guard lock(mutex_);
            ++heartbeats_;
          });
    });
  }
  ~RunningPoller() { stop(); }
  RunningPoller(const RunningPoller&) = delete;
  RunningPoller& operator=(const RunningPoller&) = delete;

  void stop() {
    poller_->stop();
    if (thread_.joinable()) thread_.join();
  }

  // The first published round from number `from` on that meets the condition; null when none comes.
  SharedCollected wait_for(const std::function<bool(const Collected&)>& condition, std::size_t from = 0) {
    std::unique_lock lock(mutex_);
    SharedCollected found;
    changed_.wait_for(lock, 2 * test::kPatience, [&] {
      for (; from < rounds_.size() && !found; ++from) {
        if (condition(*rounds_[from])) found = rounds_[from];
      }
      return found != nullptr;
    });
    return found;
  }
  std::size_t rounds() {
    const std::lock_guard lock(mutex_);
    return rounds_.size();
  }
  int heartbeats() {
    const std::lock_guard lock(mutex_);
    return heartbeats_;
  }
  Poller& poller() { return *poller_; }

 private:
  std::unique_ptr<Poller> poller_;
  std::mutex mutex_;
  std::condition_variable changed_;
  std::vector<SharedCollected> rounds_;
  int heartbeats_ = 0;
  std::thread thread_;
};

class PollerTest : public testing::Test {
 protected:
  PollerTest() { test::write_text(known_hosts(), sshd_.known_hosts()); }
  [[nodiscard]] std::string known_hosts() const { return folder_.file("known_hosts"); }
  PollerSettings one_host(milliseconds interval) {
    PollerSettings settings = settings_with(interval);
    add_host(settings, this_host(), sshd_.port(), sshd_.key(), known_hosts());
    return settings;
  }

  TemporaryFolder folder_;
  Sshd sshd_;
};

TEST_F(PollerTest, ReadsAHostAgainAndAgainOverOneConnection) {
  RunningPoller running(one_host(milliseconds(200)));
  ASSERT_TRUE(running.wait_for([](const Collected&) { return true; }, 4));
  const auto last = running.wait_for([](const Collected&) { return true; }, 4);
  const SnapshotHost* host = find_host(*last, this_host());
  ASSERT_NE(host, nullptr);
  EXPECT_TRUE(host->up) << host->failure_detail;
  EXPECT_GT(host->document.memory_bytes, 0);
  EXPECT_TRUE(host->figures.cpu_usage_ratio.has_value());  // needs two samples
  EXPECT_EQ(find_self(*last, this_host())->ssh_connects, 1);
  EXPECT_GT(running.heartbeats(), 4);
}

TEST_F(PollerTest, CollectsAgainOverTheSameConnectionAndLeavesOutWhatFailed) {
  auto settings = one_host(seconds(60));
  add_host(settings, "refuses", test::free_port(), sshd_.key(), known_hosts());
  auto poller = Poller::create(settings);
  ASSERT_TRUE(poller.ok());
  const Collected first = (*poller)->collect_once(milliseconds(10));
  const Collected second = (*poller)->collect_again();
  EXPECT_GT(*find_host(second, this_host())->last_success_at,
            *find_host(first, this_host())->last_success_at);
  EXPECT_EQ(find_self(second, this_host())->ssh_connects, 1);
  EXPECT_EQ(failures(second, "refuses", FailureReason::connect_refused), 1);
}

TEST_F(PollerTest, CountsAndNamesWhatFailsOnOneHostAndReadsTheOthers) {
  PollerSettings settings = one_host(milliseconds(300));
  add_host(settings, "refuses", test::free_port(), sshd_.key(), known_hosts());
  RunningPoller running(settings);
  const auto round = running.wait_for([](const Collected& collected) {
    return failures(collected, "refuses", FailureReason::connect_refused) >= 2;
  });
  ASSERT_TRUE(round);
  EXPECT_TRUE(find_host(*round, this_host())->up);
  const SnapshotHost* refuses = find_host(*round, "refuses");
  ASSERT_NE(refuses, nullptr);
  EXPECT_FALSE(refuses->up);
  EXPECT_EQ(refuses->failure, FailureReason::connect_refused);
  EXPECT_THAT(refuses->failure_detail, testing::HasSubstr("connection refused"));
}

TEST_F(PollerTest, SilentHostsDoNotMakeTheOthersOld) {
  std::atomic<bool> holds = false;  // until then it hangs up: the first round waits for every host
  std::atomic<int> held = 0;
  RawServer silent([&](int socket) {
    if (!holds) return;
    ++held;
    test::receive_some(socket, 1U << 20U);
    --held;
  });
  PollerSettings settings = one_host(milliseconds(200));
  for (int i = 0; i < 5; ++i) {
    add_host(settings, "silent" + std::to_string(i), silent.port(), sshd_.key(), known_hosts());
    settings.hosts.back().connect_timeout = seconds(300);
  }
  RunningPoller running(settings);
  const auto first = running.wait_for([](const Collected&) { return true; });
  holds = true;
  ASSERT_TRUE(first && test::wait_until([&] { return held == 5; }));
  const auto later = running.wait_for([](const Collected&) { return true; }, running.rounds() + 5);
  ASSERT_TRUE(later);
  EXPECT_GT(find_host(*later, this_host())->last_success_at.value_or(0),
            find_host(*first, this_host())->last_success_at.value_or(0));
}

TEST_F(PollerTest, TriesARefusedLoginOnceAndThenWaits) {
  test::make_key(folder_.file("stranger"), "ed25519");
  PollerSettings settings = settings_with(milliseconds(100));
  add_host(settings, this_host(), sshd_.port(), folder_.file("stranger"), known_hosts());
  RunningPoller running(settings);
  const auto round = running.wait_for([](const Collected&) { return true; }, 10);
  ASSERT_TRUE(round);
  EXPECT_EQ(failures(*round, this_host(), FailureReason::auth), 1);
  EXPECT_EQ(find_host(*round, this_host())->failure, FailureReason::auth);
}

TEST_F(PollerTest, ComesBackInTheCycleAfterSshdDoes) {
  RunningPoller running(one_host(milliseconds(300)));
  ASSERT_TRUE(
      running.wait_for([](const Collected& collected) { return find_host(collected, this_host())->up; }));
  sshd_.stop();
  ASSERT_TRUE(running.wait_for([](const Collected& collected) {
    return failures(collected, this_host(), FailureReason::connect_refused) > 0;
  }));
  sshd_.start();
  const auto back = running.wait_for([](const Collected& collected) {
    return find_self(collected, this_host())->ssh_connects >= 2 &&
           find_host(collected, this_host())->failure == FailureReason::none;
  });
  EXPECT_TRUE(back);
}

// What a member of a cluster of two has in /etc/pve, as it stands in an answer.
std::string etc_pve(bool quorate) {
  return "\n==> /etc/pve/.version <==\n{\"vmlist\": 1}\n"
         "\n==> /etc/pve/.vmlist <==\n{\"version\": 1}\n"
         "\n==> /etc/pve/.members <==\n{\"nodename\": \"pve\", \"version\": 1, \"cluster\": "
         "{\"name\": \"c\", \"version\": 2, \"nodes\": 2, \"quorate\": " +
         std::string(quorate ? "1" : "0") + "}, \"nodelist\": {}}\n";
}

// The requests that one host got, one a line: a forced command writes them down before it answers. Its
// /etc/pve is in the state `pve`, with these files.
class Recorder {
 public:
  Recorder(const TemporaryFolder& folder, const std::string& name, const std::string& pve = "ok",
           const std::string& files = etc_pve(true))
      : requests_(folder.file(name + "_requests")) {
    test::write_text(folder.file(name + "_collect"), std::string(node_collect_script()), 0700);
    test::write_text(folder.file(name + "_pve"), files);
    test::write_text(folder.file(name),
                     "#!/bin/sh\ntee -a " + requests_ + " | " + folder.file(name + "_collect") +
                         " | sed -u -e 's/^node .*/node " + name + "/' -e 's/^pve [a-z]*$/pve " + pve +
                         "/' -e '/^sets /r " + folder.file(name + "_pve") + "'\n",
                     0700);
    options_.forced_command = folder.file(name);
  }
  [[nodiscard]] const test::SshdOptions& options() const { return options_; }
  [[nodiscard]] bool asked_for(const std::string& set) const {
    return test::read_text(requests_).find(set) != std::string::npos;
  }

 private:
  std::string requests_;
  test::SshdOptions options_;
};

TEST(PollerClusterTest, OneHostAnswersForTheClusterAndTheNextTakesOver) {
  const TemporaryFolder folder;
  const Recorder first_recorder(folder, "first");
  const Recorder second_recorder(folder, "second");
  Sshd first(first_recorder.options());
  Sshd second(second_recorder.options());
  test::write_text(folder.file("known_hosts"), first.known_hosts() + second.known_hosts());
  PollerSettings settings = settings_with(milliseconds(200));
  add_host(settings, "first", first.port(), first.key(), folder.file("known_hosts"));
  add_host(settings, "second", second.port(), second.key(), folder.file("known_hosts"));
  RunningPoller running(settings);
  ASSERT_TRUE(running.wait_for([](const Collected&) { return true; }, 5));
  EXPECT_TRUE(first_recorder.asked_for("rrd"));
  EXPECT_FALSE(second_recorder.asked_for("rrd"));
  first.stop();
  EXPECT_TRUE(running.wait_for([&](const Collected&) { return second_recorder.asked_for("rrd"); }));
}

TEST(PollerClusterTest, AHostWhosePmxcfsIsDeadOrAloneDoesNotAnswerForTheCluster) {
  for (const bool dead : {true, false}) {
    const TemporaryFolder folder;
    const Recorder first_recorder(folder, "first", dead ? "dead" : "ok", dead ? "" : etc_pve(false));
    const Recorder second_recorder(folder, "second"), third_recorder(folder, "third");
    Sshd first(first_recorder.options()), second(second_recorder.options()), third(third_recorder.options());
    test::write_text(folder.file("known_hosts"),
                     first.known_hosts() + second.known_hosts() + third.known_hosts());
    PollerSettings settings = settings_with(milliseconds(200));
    add_host(settings, "first", first.port(), first.key(), folder.file("known_hosts"));
    add_host(settings, "second", second.port(), second.key(), folder.file("known_hosts"));
    add_host(settings, "third", third.port(), third.key(), folder.file("known_hosts"));
    RunningPoller running(settings);
    ASSERT_TRUE(running.wait_for([&](const Collected&) { return second_recorder.asked_for("rrd"); })) << dead;
    const auto later = running.wait_for([](const Collected&) { return true; }, running.rounds() + 5);
    ASSERT_TRUE(later);
    EXPECT_EQ(later->snapshot.quorate, true) << dead;
    EXPECT_TRUE(find_host(*later, "first")->read) << dead;
    EXPECT_FALSE(third_recorder.asked_for("rrd")) << dead;
  }
}

TEST_F(PollerTest, NewSettingsKeepConnectionsThatAreTheSame) {
  PollerSettings settings = one_host(milliseconds(200));
  add_host(settings, "gone", test::free_port(), sshd_.key(), known_hosts());
  RunningPoller running(settings);
  ASSERT_TRUE(
      running.wait_for([](const Collected& collected) { return find_self(collected, "gone") != nullptr; }));
  running.poller().reconfigure(one_host(milliseconds(200)));
  const auto round =
      running.wait_for([](const Collected& collected) { return find_self(collected, "gone") == nullptr; });
  ASSERT_TRUE(round);
  EXPECT_EQ(find_host(*round, "gone"), nullptr);
  EXPECT_EQ(find_self(*round, this_host())->ssh_connects, 1);
}

TEST_F(PollerTest, ReachesOtherHostsThroughTheJumpHost) {
  PollerSettings settings = one_host(milliseconds(300));
  add_host(settings, "behind", sshd_.port(), sshd_.key(), known_hosts());
  settings.jump = this_host();
  const auto count_forwarded = [&] {
    const std::string log = sshd_.log();
    int found = 0;
    for (auto at = log.find("Connection from 127.0.0.1"); at != std::string::npos;
         at = log.find("Connection from 127.0.0.1", at + 1)) {
      ++found;
    }
    return found;
  };
  RunningPoller running(settings);
  const auto both = running.wait_for([](const Collected& collected) {
    return find_self(collected, "behind")->ssh_connects == 1 &&
           find_self(collected, this_host())->ssh_connects == 1;
  });
  ASSERT_TRUE(both);
  // The host itself, the jump, and what came out of the tunnel; one more was the fixture's look whether it is
  // up.
  EXPECT_EQ(count_forwarded(), 4);
  sshd_.stop();
  const auto lost = running.wait_for([](const Collected& collected) {
    return failures(collected, "behind", FailureReason::connect_refused) > 0;
  });
  ASSERT_TRUE(lost);
  sshd_.start();
  EXPECT_TRUE(running.wait_for(
      [](const Collected& collected) { return find_self(collected, "behind")->ssh_connects == 2; }));
  // A direct way replaces the connections, and what is known of the hosts stays.
  settings.jump.clear();
  running.poller().reconfigure(settings);
  EXPECT_TRUE(running.wait_for(
      [](const Collected& collected) { return find_self(collected, "behind")->ssh_connects == 3; }));
}

TEST_F(PollerTest, StopsAtOnceWhateverAHostDoes) {
  RawServer silent([](int socket) { test::receive_some(socket, 1U << 20U); });
  PollerSettings settings = settings_with(seconds(10));
  add_host(settings, "silent", silent.port(), sshd_.key(), known_hosts());
  settings.hosts.back().connect_timeout = seconds(60);
  RunningPoller running(settings);
  ASSERT_TRUE(test::wait_until([&] { return silent.connections() > 0; }));
  const auto before = std::chrono::steady_clock::now();
  running.stop();
  EXPECT_LT(std::chrono::steady_clock::now() - before, seconds(30)) << "it waits for the host";
  EXPECT_EQ(running.rounds(), 0U);  // the first round waits for every host
}

TEST(PollerReasons, EveryFailureHasItsOwnName) {
  for (int i = 0; i <= static_cast<int>(ssh::Failure::connection_lost); ++i) {
    const auto failure = static_cast<ssh::Failure>(i);
    EXPECT_EQ(to_string(to_reason(failure)), ssh::to_string(failure));
  }
}

}  // namespace
}  // namespace pcb
