// Resolver: names to addresses, never in the way of the loop.
//
// getaddrinfo() blocks for as long as a name server is silent, so it runs on helper threads; the loop asks
// with look_up(), which returns at once. Answers are kept: an old one is handed out while a fresh one is
// fetched, so a dead name server does not stop hosts that were known before. Numeric addresses need no
// thread. Thread-safe. A thread stuck in getaddrinfo is left behind at destruction; it touches only shared
// state. Tested by tests/common/ssh_resolver_test.cpp.
#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include <netinet/in.h>
#include <sys/socket.h>

#include "common/ssh/backoff.h"

namespace pcb::ssh {

struct SocketAddress {
  sockaddr_storage storage{};
  socklen_t length = 0;
};

// Blocks. IPv4 and IPv6, in the order of the system (RFC 6724). Port 0.
using LookUp = std::function<std::vector<SocketAddress>(const std::string& name, std::string& error)>;
std::vector<SocketAddress> system_look_up(const std::string& name, std::string& error);

class Resolver {
 public:
  // on_answer is called from a helper thread after each answer: wake the loop there.
  explicit Resolver(std::function<void()> on_answer, LookUp look_up = system_look_up);
  ~Resolver();
  Resolver(const Resolver&) = delete;
  Resolver& operator=(const Resolver&) = delete;

  enum class State { pending, found, failed };
  struct Answer {
    State state = State::pending;
    std::vector<SocketAddress> addresses;
    std::string error;  // of the last try; also set beside old addresses
  };
  Answer look_up(const std::string& name, Clock::time_point now);
  // The addresses did not work: ask again at the next look_up, also if they are young.
  void distrust(const std::string& name);

 private:
  struct Shared;
  std::shared_ptr<Shared> shared_;
};

}  // namespace pcb::ssh
