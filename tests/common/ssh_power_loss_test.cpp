// A host that loses its power once the login is through: no packet comes any more, and none tells so. In a
// network of the test's own, whose firewall drops what the host would say.
#include <filesystem>

#include <arpa/inet.h>
#include <fcntl.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sched.h>
#include <sys/socket.h>
#include <unistd.h>

#include "tests/support/ssh_client.h"
#include "tests/support/sshd.h"

namespace pcb::ssh {
namespace {

using std::chrono::milliseconds;

// A network namespace for this thread and what it starts; the former one comes back at the end.
class OwnNetwork {
 public:
  OwnNetwork() : former_(::open("/proc/thread-self/ns/net", O_RDONLY | O_CLOEXEC)) {
    EXPECT_EQ(::unshare(CLONE_NEWNET), 0) << "it needs root";
    test::run({"/usr/sbin/ip", "link", "set", "lo", "up"});
  }
  ~OwnNetwork() {
    EXPECT_EQ(::setns(former_, CLONE_NEWNET), 0);
    ::close(former_);
  }
  OwnNetwork(const OwnNetwork&) = delete;
  OwnNetwork& operator=(const OwnNetwork&) = delete;
  static void drop(int port, bool on) {
    for (const auto* side : {"--sport", "--dport"}) {
      test::run({"/usr/sbin/iptables", on ? "-A" : "-D", "INPUT", "-p", "tcp", side, std::to_string(port),
                 "-j", "DROP"});
    }
  }

 private:
  int former_;
};

// This program's own end of the connection to that port; -1 if there is none.
int socket_to(int port) {
  for (const auto& entry : std::filesystem::directory_iterator("/proc/self/fd")) {
    const int fd = std::stoi(entry.path().filename().string());
    sockaddr_in peer{};
    socklen_t size = sizeof peer;
    if (::getpeername(fd, reinterpret_cast<sockaddr*>(&peer), &size) == 0 && peer.sin_family == AF_INET &&
        ntohs(peer.sin_port) == port)
      return fd;
  }
  return -1;
}

int option(int fd, int level, int name) {
  int value = -1;
  socklen_t size = sizeof value;
  EXPECT_EQ(::getsockopt(fd, level, name, &value, &size), 0);
  return value;
}

TEST(SshPowerLoss, EndsByTheDeadlineAndTheNextRequestConnectsAgain) {
  const OwnNetwork network;
  test::Sshd sshd;
  test::SshClient client(sshd);
  ASSERT_TRUE(client.ask("before").ok());
  OwnNetwork::drop(sshd.port(), true);
  Request request;
  request.time_limit = milliseconds(700);
  const auto began = Clock::now();
  const auto outcome = client.ask("into the dark", request);
  EXPECT_EQ(outcome.problem.failure, Failure::command_timeout) << outcome.problem.message;
  EXPECT_GE(Clock::now() - began, milliseconds(650));
  EXPECT_LE(Clock::now() - began, milliseconds(2500));
  OwnNetwork::drop(sshd.port(), false);
  EXPECT_TRUE(client.ask("after").ok());
}

// Between two requests nothing has a deadline: there the kernel notices, within 30 s.
TEST(SshPowerLoss, AnIdleConnectionIsWatchedByTheKernel) {
  const OwnNetwork network;
  test::Sshd sshd;
  test::SshClient client(sshd);
  ASSERT_TRUE(client.ask("before").ok());
  const int fd = socket_to(sshd.port());
  ASSERT_GE(fd, 0);
  EXPECT_EQ(option(fd, SOL_SOCKET, SO_KEEPALIVE), 1);
  EXPECT_LE(option(fd, IPPROTO_TCP, TCP_KEEPIDLE) +
                option(fd, IPPROTO_TCP, TCP_KEEPINTVL) * option(fd, IPPROTO_TCP, TCP_KEEPCNT),
            30);
  const int user_timeout_milliseconds = option(fd, IPPROTO_TCP, TCP_USER_TIMEOUT);
  EXPECT_GT(user_timeout_milliseconds, 0);
  EXPECT_LE(user_timeout_milliseconds, 30000);
}

}  // namespace
}  // namespace pcb::ssh
