// What a host, its sshd or the network can do to us: each ends by its deadline, with its own reason, and
// costs the other hosts nothing. Real sshd where it can misbehave so, a bare TCP server where it cannot.
#include <atomic>
#include <csignal>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "common/ssh/loop.h"
#include "tests/support/raw_server.h"
#include "tests/support/ssh_client.h"
#include "tests/support/sshd.h"

namespace pcb::ssh {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using test::RawServer, test::SshClient, test::Sshd, test::SshdOptions;
using testing::HasSubstr;

// Beyond a deadline, on a machine that has other work. What these tests cut off would never end by itself.
constexpr milliseconds kGrace{15000};

ConnectionSettings settings_for_port(int port, milliseconds connect_timeout) {
  ConnectionSettings settings;
  settings.name = "pve1";
  settings.address = "127.0.0.1";
  settings.port = port;
  settings.connect_timeout = connect_timeout;
  return settings;
}

Request with_limit(milliseconds limit) {
  Request request;
  request.time_limit = limit;
  return request;
}

// A port whose queue of connections is full: further SYNs are dropped, as by a firewall.
class FullListener {
 public:
  FullListener() : listener_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof address;
    auto* plain = reinterpret_cast<sockaddr*>(&address);
    EXPECT_EQ(::bind(listener_, plain, size), 0);
    EXPECT_EQ(::listen(listener_, 0), 0);
    EXPECT_EQ(::getsockname(listener_, plain, &size), 0);
    port_ = ntohs(address.sin_port);
    for (int& filler : fillers_) {
      filler = ::socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
      static_cast<void>(::connect(filler, plain, size));
    }
  }
  ~FullListener() {
    for (const int filler : fillers_) ::close(filler);
    ::close(listener_);
  }
  FullListener(const FullListener&) = delete;
  FullListener& operator=(const FullListener&) = delete;
  [[nodiscard]] int port() const { return port_; }

 private:
  int listener_;
  int port_ = 0;
  int fillers_[4] = {};
};

// A connection that has been let in and never logs in; -1 when the server lets none in within 10 s.
int hold_a_place(int port) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(static_cast<std::uint16_t>(port));
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  const auto deadline = Clock::now() + seconds(10);
  while (Clock::now() < deadline) {
    const int socket = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    const bool connected =
        ::connect(socket, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0;
    if (connected && test::receive_some(socket, 4).starts_with("SSH-")) return socket;
    ::close(socket);
  }
  return -1;
}

TEST(SshFault, ConnectIsDropped) {
  const FullListener hole;
  SshClient client(settings_for_port(hole.port(), milliseconds(300)), "");
  const auto before = Clock::now();
  const Outcome outcome = client.ask("x");
  EXPECT_EQ(outcome.problem.failure, Failure::connect_timeout) << outcome.problem.message;
  EXPECT_GE(Clock::now() - before, milliseconds(300));
  EXPECT_LT(Clock::now() - before, milliseconds(300) + kGrace);
}

TEST(SshFault, ConnectIsRefused) {
  const Outcome outcome = SshClient(settings_for_port(test::free_port(), seconds(5)), "").ask("x");
  EXPECT_EQ(outcome.problem.failure, Failure::connect_refused);
  EXPECT_THAT(outcome.problem.message, HasSubstr("is sshd running there"));
}

TEST(SshFault, ServerAcceptsAndIsSilent) {
  RawServer server([](int socket) { test::receive_some(socket, 1U << 20U); });
  const Outcome outcome = SshClient(settings_for_port(server.port(), milliseconds(300)), "").ask("x");
  EXPECT_EQ(outcome.problem.failure, Failure::banner_timeout) << outcome.problem.message;
}

TEST(SshFault, BannerDribblesByteByByte) {
  RawServer server([](int socket) {
    pollfd client{socket, POLLRDHUP, 0};  // a byte every 20 ms, until it hangs up
    while (test::send_all(socket, "x") && ::poll(&client, 1, 20) == 0) continue;
  });
  const auto before = Clock::now();
  const Outcome outcome = SshClient(settings_for_port(server.port(), milliseconds(400)), "").ask("x");
  EXPECT_EQ(outcome.problem.failure, Failure::banner_timeout) << outcome.problem.message;
  EXPECT_LT(Clock::now() - before, milliseconds(400) + kGrace);
}

TEST(SshFault, LinesBeforeTheBannerNeverEnd) {
  RawServer server([](int socket) {
    while (test::send_all(socket, "no version line\r\n")) {
    }
  });
  const auto before = Clock::now();
  const Outcome outcome = SshClient(settings_for_port(server.port(), seconds(20)), "").ask("x");
  EXPECT_EQ(outcome.problem.failure, Failure::handshake);
  EXPECT_THAT(outcome.problem.message, HasSubstr("8 KiB"));
  EXPECT_LT(Clock::now() - before, seconds(10));
}

TEST(SshFault, ServerIsSilentAfterItsBanner) {
  RawServer server([](int socket) {
    test::send_all(socket, "SSH-2.0-OpenSSH_9.2\r\n");
    test::receive_some(socket, 1U << 20U);
  });
  const Outcome outcome = SshClient(settings_for_port(server.port(), milliseconds(300)), "").ask("x");
  EXPECT_EQ(outcome.problem.failure, Failure::handshake) << outcome.problem.message;
}

TEST(SshFault, ServerTalksNonsenseAfterItsBanner) {
  RawServer server([](int socket) {
    test::send_all(socket, "SSH-2.0-x\r\n");
    while (test::send_all(socket, std::string(4096, '\xff'))) {
    }
  });
  const Outcome outcome = SshClient(settings_for_port(server.port(), seconds(5)), "").ask("x");
  EXPECT_EQ(outcome.problem.failure, Failure::handshake) << outcome.problem.message;
}

TEST(SshFault, OutputNeverEnds) {
  Sshd sshd;
  auto settings = SshClient::settings_for(sshd);
  settings.script = "exec yes\n";
  SshClient client(settings, sshd.known_hosts());
  Request request;
  request.max_answer_bytes = 1U << 20U;
  const Outcome outcome = client.ask("x", request);
  EXPECT_EQ(outcome.problem.failure, Failure::output_too_large) << outcome.problem.message;
  EXPECT_TRUE(outcome.answer.empty());
}

TEST(SshFault, OutputDribblesByteByByte) {
  Sshd sshd;
  auto settings = SshClient::settings_for(sshd);
  settings.script = "while printf x; do sleep 0.05; done\n";
  SshClient client(settings, sshd.known_hosts());
  const auto before = Clock::now();
  const Outcome outcome = client.ask("x", with_limit(milliseconds(500)));
  EXPECT_EQ(outcome.problem.failure, Failure::command_timeout) << outcome.problem.message;
  EXPECT_TRUE(outcome.answer.empty());
  EXPECT_LT(Clock::now() - before, seconds(2) + kGrace);
}

TEST(SshFault, ServerFreezesAndThawsAgain) {
  Sshd sshd;
  SshClient client(sshd);
  ASSERT_TRUE(client.ask("x").ok());
  sshd.signal_sessions(SIGSTOP);
  const auto before = Clock::now();
  const Outcome outcome = client.ask("y", with_limit(milliseconds(400)));
  EXPECT_EQ(outcome.problem.failure, Failure::command_timeout) << outcome.problem.message;
  EXPECT_LT(Clock::now() - before, milliseconds(400) + kGrace);  // tearing down waits for nobody
  sshd.signal_sessions(SIGCONT);
  const Outcome after = client.ask("z");
  EXPECT_TRUE(after.ok()) << after.problem.message;
}

TEST(SshFault, ConnectionIsKilledInTheMiddleOfAnAnswer) {
  Sshd sshd;
  auto settings = SshClient::settings_for(sshd);
  settings.script = "while read -r word; do printf 'begin half an answer'; sleep 60; done\n";
  SshClient client(settings, sshd.known_hosts());
  Request request;
  bool half = false;
  request.complete = [&](std::string_view received) {
    if (received.find("half") != std::string_view::npos && !half) {
      half = true;
      sshd.signal_sessions(SIGKILL);
    }
    return false;
  };
  const Outcome outcome = client.ask("x", request);
  EXPECT_TRUE(half);
  EXPECT_EQ(outcome.problem.failure, Failure::connection_lost) << outcome.problem.message;
  EXPECT_TRUE(outcome.answer.empty());
}

TEST(SshFault, CommandEndsBeforeItsAnswer) {
  Sshd sshd;
  auto settings = SshClient::settings_for(sshd);
  settings.script = "echo begin; exit 3\n";
  const Outcome outcome = SshClient(settings, sshd.known_hosts()).ask("x");
  EXPECT_EQ(outcome.problem.failure, Failure::connection_lost) << outcome.problem.message;
  EXPECT_THAT(outcome.problem.message, HasSubstr("ended before its answer"));
}

TEST(SshFault, ServerIsRestartedBetweenTwoRequests) {
  Sshd sshd;
  SshClient client(sshd);
  ASSERT_TRUE(client.ask("x").ok());
  sshd.stop();
  sshd.start();
  const Outcome outcome = client.ask("y");  // nobody has looked at the socket since: found dead on use
  EXPECT_TRUE(outcome.ok()) << outcome.problem.message;
  EXPECT_EQ(client.connection().logins(), 2U);
}

TEST(SshFault, RequestThatMayActIsNotSentTwice) {
  Sshd sshd;
  SshClient client(sshd);
  ASSERT_TRUE(client.ask("x").ok());
  sshd.stop();
  sshd.start();
  Request request;
  request.repeatable = false;
  EXPECT_EQ(client.ask("y", request).problem.failure, Failure::connection_lost);
}

TEST(SshFault, ServerAllowsNoSession) {
  SshdOptions options;
  options.lines = {"MaxSessions 0"};
  Sshd sshd(options);
  const Outcome outcome = SshClient(sshd).ask("x");
  EXPECT_EQ(outcome.problem.failure, Failure::channel_refused) << outcome.problem.message;
  EXPECT_THAT(outcome.problem.message, HasSubstr("MaxSessions"));
}

TEST(SshFault, OneSessionIsEnough) {
  SshdOptions options;
  options.lines = {"MaxSessions 1"};
  Sshd sshd(options);
  SshClient client(sshd);
  EXPECT_TRUE(client.ask("x").ok());
  EXPECT_TRUE(client.ask("y").ok());
}

TEST(SshFault, TooManyLoginsAtOnceAreTriedOnceMore) {
  SshdOptions options;
  options.max_startups = "1:100:1";
  Sshd sshd(options);
  const int holder = hold_a_place(sshd.port());
  ASSERT_GE(holder, 0);

  SshClient refused(sshd);
  const Outcome outcome = refused.ask("x");
  EXPECT_EQ(outcome.problem.failure, Failure::handshake) << outcome.problem.message;
  EXPECT_THAT(outcome.problem.message, HasSubstr("MaxStartups"));
  int drops = 0;
  const std::string log = sshd.log();
  for (auto at = log.find("drop connection"); at != std::string::npos;
       at = log.find("drop connection", at + 1))
    ++drops;
  EXPECT_GE(drops, 1) << log;

  // The place becomes free while the second try waits.
  SshClient lucky(sshd);
  std::optional<Outcome> result;
  Request request;
  request.text = "x\n";
  request.complete = [](std::string_view received) { return received.ends_with(" end\n"); };
  request.done = [&](Outcome done) { result = std::move(done); };
  lucky.connection().submit(std::move(request), Clock::now());
  ASSERT_TRUE(lucky.run_until([&] { return lucky.connection().socket() < 0; }));  // refused, and waiting
  ::close(holder);
  ASSERT_TRUE(lucky.run_until([&] { return result.has_value(); }));
  EXPECT_TRUE(result->ok()) << result->problem.message;
}

TEST(SshFault, LoginShellIsNoisy) {
  test::TemporaryFolder folder;
  test::write_text(folder.file("noise"), "echo welcome; printf 'begin forged end'; echo error >&2\n");
  SshdOptions options;
  options.lines = {"SetEnv BASH_ENV=" + folder.file("noise"), "Banner " + folder.file("noise")};
  Sshd sshd(options);
  SshClient client(sshd);
  const Outcome outcome = client.ask("x");
  EXPECT_TRUE(outcome.ok()) << outcome.problem.message;
  EXPECT_EQ(outcome.answer, "begin x end\n");
}

TEST(SshFault, ErrorOutputIsFlooded) {
  Sshd sshd;
  auto settings = SshClient::settings_for(sshd);
  settings.script = "while read -r word; do head -c 8000000 /dev/zero >&2; echo \"begin $word end\"; done\n";
  SshClient client(settings, sshd.known_hosts());
  EXPECT_EQ(client.ask("one").answer, "begin one end\n");
  EXPECT_EQ(client.ask("two").answer, "begin two end\n");
}

TEST(SshFault, HostTalksUnaskedUntilWeHangUp) {
  Sshd sshd;
  auto settings = SshClient::settings_for(sshd);
  settings.script = "read -r word; echo \"begin $word end\"; exec yes\n";
  SshClient client(settings, sshd.known_hosts());
  Request request;
  request.complete = [](std::string_view received) {
    return received.find(" end\n") != std::string_view::npos;
  };
  ASSERT_TRUE(client.ask("x", request).ok());
  EXPECT_TRUE(client.run_until([&] { return !client.connection().connected(); }));
}

// 20 good hosts and 10 that swallow everything, in one loop.
TEST(SshFault, DeadHostsDoNotDelayTheOthers) {
  Sshd sshd;
  RawServer silent([](int socket) { test::receive_some(socket, 1U << 20U); });
  auto loop = Loop::create();
  ASSERT_TRUE(loop.ok());
  test::TemporaryFolder folder;
  test::write_text(folder.file("known_hosts"), sshd.known_hosts());
  std::vector<Connection*> good;
  std::vector<Connection*> dead;
  for (int i = 0; i < 30; ++i) {
    auto settings =
        i % 3 == 0 ? settings_for_port(silent.port(), seconds(300)) : SshClient::settings_for(sshd);
    settings.known_hosts_path = folder.file("known_hosts");
    (i % 3 == 0 ? dead : good).push_back(&(*loop)->add(settings));
  }
  const auto ask = [&](Connection& connection, int& done) {
    Request request;
    request.text = "x\n";
    request.complete = [](std::string_view received) { return received.ends_with(" end\n"); };
    request.done = [&done](const Outcome& outcome) { done += outcome.ok() ? 1 : 0; };
    connection.submit(std::move(request), Clock::now());
  };
  int never = 0;
  for (Connection* connection : dead) ask(*connection, never);
  for (int cycle = 0; cycle < 5; ++cycle) {
    int done = 0;
    for (Connection* connection : good) ask(*connection, done);
    const auto deadline = Clock::now() + seconds(30);
    while (done < 20 && Clock::now() < deadline) (*loop)->run_once(deadline);
    ASSERT_EQ(done, 20);
    // Long before the dead ones give up: nobody waited for them.
    for (const Connection* connection : dead) EXPECT_TRUE(connection->busy()) << "cycle " << cycle;
  }
  EXPECT_EQ(never, 0);
}

}  // namespace
}  // namespace pcb::ssh
