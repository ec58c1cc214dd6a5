#include "tests/lab/host/delay.h"

#include <algorithm>
#include <deque>
#include <list>
#include <string>
#include <vector>

#include <arpa/inet.h>
#include <fcntl.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "tests/lab/host/run.h"

namespace pcb::lab {
namespace {

double now_seconds() {
  timespec now{};
  clock_gettime(CLOCK_MONOTONIC, &now);
  return static_cast<double>(now.tv_sec) + static_cast<double>(now.tv_nsec) * 1e-9;
}

int tcp_socket() { return socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0); }

sockaddr_in at_port(int port, in_addr_t address) {
  sockaddr_in where{};
  where.sin_family = AF_INET;
  where.sin_port = htons(static_cast<std::uint16_t>(port));
  where.sin_addr.s_addr = htonl(address);
  return where;
}

const sockaddr* generic(const sockaddr_in& address) {
  const void* pointer = &address;
  return static_cast<const sockaddr*>(pointer);
}

// One direction of a connection: what came, and when it may go on. An empty piece is the end.
struct Direction {
  int from = -1, to = -1;
  struct Piece {
    double due;
    std::string bytes;
  };
  std::deque<Piece> held;
  bool ended = false, dead = false;

  void take(double seconds) {
    char buffer[16384];
    const ssize_t size = read(from, buffer, sizeof buffer);
    if (size < 0) return;
    held.push_back({now_seconds() + seconds, std::string(buffer, static_cast<std::size_t>(size))});
    ended = size == 0;
  }
  void give() {
    while (!held.empty() && held.front().due <= now_seconds()) {
      std::string& bytes = held.front().bytes;
      if (bytes.empty()) {
        shutdown(to, SHUT_WR);
      } else {
        const ssize_t size = send(to, bytes.data(), bytes.size(), MSG_NOSIGNAL);
        if (size < 0 && errno == EAGAIN) return;
        if (size < 0) dead = true;
        if (size > 0) bytes.erase(0, static_cast<std::size_t>(size));
        if (size > 0 && !bytes.empty()) return;
      }
      held.pop_front();
    }
  }
  [[nodiscard]] bool over() const { return dead || (ended && held.empty()); }
};

struct Connection {
  Direction in, out;
};

[[noreturn]] void proxy(int listener, double seconds) {
  std::list<Connection> connections;
  for (;;) {
    std::vector<pollfd> watched{{listener, POLLIN, 0}};
    double next = now_seconds() + 1.0;
    for (const auto& connection : connections) {
      for (const Direction* one : {&connection.in, &connection.out}) {
        watched.push_back({one->ended ? -1 : one->from, POLLIN, 0});
        if (!one->held.empty()) next = std::min(next, std::max(one->held.front().due, now_seconds() + 0.001));
      }
    }
    poll(watched.data(), watched.size(), std::max(0, static_cast<int>((next - now_seconds()) * 1000.0) + 1));
    std::size_t index = 1;
    for (auto& connection : connections) {
      for (Direction* one : {&connection.in, &connection.out}) {
        if ((watched[index++].revents & (POLLIN | POLLHUP | POLLERR)) != 0) one->take(seconds);
        one->give();
      }
    }
    connections.remove_if([](const Connection& one) {
      const bool over = one.in.dead || one.out.dead || (one.in.over() && one.out.over());
      if (over) {
        close(one.in.from);
        close(one.in.to);
      }
      return over;
    });
    const int client = accept4(listener, nullptr, nullptr, SOCK_CLOEXEC | SOCK_NONBLOCK);
    if (client < 0) continue;
    const int server = tcp_socket();
    const auto sshd = at_port(22, INADDR_LOOPBACK);
    static_cast<void>(connect(server, generic(sshd), sizeof sshd));  // finishes, or fails at the first send
    Connection connection;
    connection.in.from = connection.out.to = client;
    connection.in.to = connection.out.from = server;
    connections.push_back(std::move(connection));
  }
}

}  // namespace

Result<pid_t> start_delay(pid_t host, double seconds_each_way) {
  int ready[2];
  if (pipe2(ready, O_CLOEXEC) != 0) return Error{errno_text("cannot make a pipe")};
  const pid_t pid = fork();
  if (pid == 0) {
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    prctl(PR_SET_NAME, "pcb-lab-delay");
    const int space = open(("/proc/" + std::to_string(host) + "/ns/net").c_str(), O_RDONLY | O_CLOEXEC);
    if (space < 0 || setns(space, CLONE_NEWNET) != 0) _exit(1);
    const int listener = tcp_socket();
    const int yes = 1;
    setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes);
    const auto any = at_port(kDelayPort, INADDR_ANY);
    if (bind(listener, generic(any), sizeof any) != 0 || listen(listener, 64) != 0) _exit(1);
    if (write(ready[1], "r", 1) != 1) _exit(1);
    for (int fd = STDERR_FILENO + 1; fd < 1024; ++fd) {  // the daemon's descriptors must not live on here
      if (fd != listener) close(fd);
    }
    proxy(listener, seconds_each_way);
  }
  close(ready[1]);
  char byte = 0;
  const bool started = pid > 0 && read(ready[0], &byte, 1) == 1;
  close(ready[0]);
  if (!started) return Error{"the delaying proxy did not start"};
  return pid;
}

}  // namespace pcb::lab
