#include <csignal>
#include <cstring>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "common/os/fd.h"
#include "common/os/service.h"
#include "common/os/signals.h"
#include "tests/support/temporary_folder.h"

namespace pcb::os {
namespace {

using namespace std::chrono_literals;
using testing::HasSubstr;
using testing::MatchesRegex;

// Stands for systemd: receives what is told over NOTIFY_SOCKET.
class Manager {
 public:
  explicit Manager(const std::string& name) : socket_(::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0)) {
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    std::memcpy(address.sun_path, name.data(), name.size());
    if (name[0] == '@') address.sun_path[0] = '\0';
    const auto size = static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + name.size());
    if (::bind(socket_.get(), reinterpret_cast<const sockaddr*>(&address), size) != 0)
      throw std::runtime_error("cannot bind " + name);
    ::setenv("NOTIFY_SOCKET", name.c_str(), 1);
  }
  ~Manager() { ::unsetenv("NOTIFY_SOCKET"); }

  std::string next() {
    pollfd waiting{socket_.get(), POLLIN, 0};
    if (::poll(&waiting, 1, 5000) != 1) return "nothing was told";
    std::string buffer(1024, '\0');
    const ssize_t count = ::recv(socket_.get(), buffer.data(), buffer.size(), 0);
    buffer.resize(static_cast<std::size_t>(std::max<ssize_t>(count, 0)));
    return buffer;
  }

 private:
  Fd socket_;
};

TEST(OsService, TellsSystemd) {
  const test::TemporaryFolder dir;
  for (const std::string& name : {dir.file("notify"), "@pcb-test-" + std::to_string(::getpid())}) {
    Manager manager(name);
    ASSERT_TRUE(notify_ready("3 hosts\nFORGED=1").ok());
    EXPECT_EQ(manager.next(), "READY=1\nSTATUS=3 hosts\\nFORGED=1");
    ASSERT_TRUE(feed_watchdog().ok());
    EXPECT_EQ(manager.next(), "WATCHDOG=1");
    ASSERT_TRUE(notify_reloading().ok());
    EXPECT_THAT(manager.next(), MatchesRegex("RELOADING=1\nMONOTONIC_USEC=[0-9]+"));
    ASSERT_TRUE(notify_stopping().ok());
    EXPECT_EQ(manager.next(), "STOPPING=1");
  }
}

TEST(OsService, WithoutSystemdNothingHappensAndADeadSocketIsAnError) {
  EXPECT_TRUE(feed_watchdog().ok());
  ::setenv("NOTIFY_SOCKET", "/no/such/socket", 1);
  EXPECT_THAT(feed_watchdog().error().message, HasSubstr("NOTIFY_SOCKET=/no/such/socket"));
  ::setenv("NOTIFY_SOCKET", "relative", 1);
  EXPECT_FALSE(feed_watchdog().ok());
  ::unsetenv("NOTIFY_SOCKET");
}

TEST(OsService, WatchdogIsDueAtHalfItsTime) {
  EXPECT_EQ(watchdog_interval(), std::nullopt);
  ::setenv("WATCHDOG_USEC", "60000000", 1);
  EXPECT_EQ(watchdog_interval(), 30s);
  ::setenv("WATCHDOG_PID", "1", 1);
  EXPECT_EQ(watchdog_interval(), std::nullopt);
  ::setenv("WATCHDOG_PID", std::to_string(::getpid()).c_str(), 1);
  EXPECT_EQ(watchdog_interval(), 30s);
  ::setenv("WATCHDOG_USEC", "soon", 1);
  EXPECT_EQ(watchdog_interval(), std::nullopt);
  ::unsetenv("WATCHDOG_USEC");
  ::unsetenv("WATCHDOG_PID");
}

TEST(OsSignals, ComeAsEventsAndOldStateReturns) {
  struct sigaction before {};
  struct sigaction standard {};
  standard.sa_handler = SIG_DFL;
  ::sigaction(SIGPIPE, &standard, &before);  // libraries of other tests may have ignored it already
  {
    auto signals = Signals::take();
    ASSERT_TRUE(signals.ok());
    EXPECT_EQ(signals->wait(0ms), std::nullopt);
    ::pthread_kill(::pthread_self(), SIGHUP);
    EXPECT_EQ(signals->wait(5s), Signal::reload);
    ::pthread_kill(::pthread_self(), SIGTERM);
    EXPECT_EQ(signals->wait(5s), Signal::terminate);
    ::pthread_kill(::pthread_self(), SIGINT);
    EXPECT_EQ(signals->wait(5s), Signal::terminate);
    ::pthread_kill(::pthread_self(), SIGUSR1);
    EXPECT_EQ(signals->wait(5s), Signal::stop_acting);
    ::raise(SIGPIPE);  // ignored: the test goes on
  }
  sigset_t mask;
  ::pthread_sigmask(SIG_BLOCK, nullptr, &mask);
  EXPECT_EQ(sigismember(&mask, SIGTERM), 0);
  struct sigaction pipe {};
  ::sigaction(SIGPIPE, nullptr, &pipe);
  EXPECT_EQ(pipe.sa_handler, SIG_DFL);
  ::sigaction(SIGPIPE, &before, nullptr);
}

}  // namespace
}  // namespace pcb::os
