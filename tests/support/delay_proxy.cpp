#include "tests/support/delay_proxy.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <deque>
#include <list>
#include <string>

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

namespace pcb::test {
namespace {

constexpr double kLongestWaitSeconds = 1.0;

double now_seconds() {
  timespec now{};
  ::clock_gettime(CLOCK_MONOTONIC, &now);
  return static_cast<double>(now.tv_sec) + static_cast<double>(now.tv_nsec) * 1e-9;
}

int tcp_socket() {
  const int made = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
  const int yes = 1;
  ::setsockopt(made, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes);
  ::setsockopt(made, IPPROTO_TCP, TCP_NODELAY, &yes, sizeof yes);
  return made;
}

sockaddr_in at_port(int port, unsigned address) {
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
    std::array<char, 65536> buffer;  // NOLINT(*-member-init): filled by read()
    const ssize_t size = ::read(from, buffer.data(), buffer.size());
    if (size < 0) return;
    held.push_back({now_seconds() + seconds, std::string(buffer.data(), static_cast<std::size_t>(size))});
    ended = size == 0;
  }
  void give() {
    while (!held.empty() && held.front().due <= now_seconds()) {
      std::string& bytes = held.front().bytes;
      if (bytes.empty()) {
        ::shutdown(to, SHUT_WR);
      } else {
        const ssize_t size = ::send(to, bytes.data(), bytes.size(), MSG_NOSIGNAL);
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

  [[nodiscard]] bool over() const { return in.dead || out.dead || (in.over() && out.over()); }
};

void wait_for(std::vector<pollfd>& watched, double seconds) {
  timespec limit{};
  limit.tv_sec = static_cast<time_t>(seconds);
  limit.tv_nsec = static_cast<long>((seconds - static_cast<double>(limit.tv_sec)) * 1e9);
  ::ppoll(watched.data(), watched.size(), &limit, nullptr);
}

void accept_one(const DelayRoute& route, std::list<Connection>& connections) {
  const int client = ::accept4(route.listener, nullptr, nullptr, SOCK_CLOEXEC | SOCK_NONBLOCK);
  if (client < 0) return;
  const int yes = 1;
  ::setsockopt(client, IPPROTO_TCP, TCP_NODELAY, &yes, sizeof yes);
  const int server = tcp_socket();
  const auto target = at_port(route.port, INADDR_LOOPBACK);
  // It finishes later, or fails at the first send.
  static_cast<void>(::connect(server, generic(target), sizeof target));
  Connection connection;
  connection.in.from = connection.out.to = client;
  connection.in.to = connection.out.from = server;
  connections.push_back(std::move(connection));
}

}  // namespace

int delay_listener(unsigned address, int port) {
  const int made = tcp_socket();
  const auto where = at_port(port, address);
  if (::bind(made, generic(where), sizeof where) == 0 && ::listen(made, 64) == 0) return made;
  ::close(made);
  return -1;
}

int port_of(int listener) {
  sockaddr_in where{};
  socklen_t size = sizeof where;
  void* pointer = &where;
  return ::getsockname(listener, static_cast<sockaddr*>(pointer), &size) == 0 ? ntohs(where.sin_port) : 0;
}

void run_delay_proxy(const std::vector<DelayRoute>& routes, double seconds_each_way) {
  std::list<Connection> connections;
  for (;;) {
    std::vector<pollfd> watched;
    for (const DelayRoute& route : routes) watched.push_back({route.listener, POLLIN, 0});
    double next = now_seconds() + kLongestWaitSeconds;
    for (const auto& connection : connections) {
      for (const Direction* one : {&connection.in, &connection.out}) {
        watched.push_back({one->ended ? -1 : one->from, POLLIN, 0});
        // What is due and did not go: the peer's buffer is full, look again soon.
        if (!one->held.empty())
          next = std::min(next, std::max(one->held.front().due, now_seconds() + 0.0005));
      }
    }
    wait_for(watched, std::max(0.0, next - now_seconds()));
    std::size_t index = routes.size();
    for (auto& connection : connections) {
      for (Direction* one : {&connection.in, &connection.out}) {
        if ((watched[index++].revents & (POLLIN | POLLHUP | POLLERR)) != 0) one->take(seconds_each_way);
        one->give();
      }
    }
    connections.remove_if([](const Connection& one) {
      if (one.over()) {
        ::close(one.in.from);
        ::close(one.in.to);
      }
      return one.over();
    });
    for (std::size_t i = 0; i < routes.size(); ++i) {
      if (watched[i].revents != 0) accept_one(routes[i], connections);
    }
  }
}

}  // namespace pcb::test
