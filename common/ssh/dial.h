// Dial: a TCP connection to one of several addresses, tried in turn, without waiting.
//
// Sets TCP_NODELAY (a request is one small packet), keepalive and TCP_USER_TIMEOUT (a peer that lost power is
// noticed within 30 s). The socket is owned until taken. One thread. Tested by
// tests/common/ssh_fault_test.cpp.
#pragma once

#include <vector>

#include "common/ssh/failure.h"
#include "common/ssh/resolver.h"

namespace pcb::ssh {

class Dial {
 public:
  Dial(std::vector<SocketAddress> addresses, int port, Clock::time_point deadline);
  ~Dial();
  Dial(const Dial&) = delete;
  Dial& operator=(const Dial&) = delete;

  enum class State { waiting, connected, failed };
  State step(Clock::time_point now);
  [[nodiscard]] int socket() const { return fd_; }
  int take_socket();
  // When this address has had its share of the time and the next one is tried.
  [[nodiscard]] Clock::time_point next_wake() const { return give_up_at_; }
  [[nodiscard]] const Problem& problem() const { return problem_; }

 private:
  void try_next(Clock::time_point now);
  void close_socket();
  void note(int error);

  std::vector<SocketAddress> addresses_;
  int port_;
  Clock::time_point deadline_;
  std::size_t next_ = 0;
  int fd_ = -1;
  Clock::time_point give_up_at_{};
  Problem problem_;
};

}  // namespace pcb::ssh
