// Tunnels: connections to other hosts through one logged-in session, as ProxyJump makes them.
//
// Each tunnel is a direct-tcpip channel on the far side and a socket pair on ours: who opened it gets one end
// and uses it like a TCP socket; step() moves the bytes. At most kMostBuffered bytes wait in each direction.
// One thread. Tested by tests/common/ssh_jump_test.cpp.
#pragma once

#include <memory>
#include <string>

#include "common/ssh/session.h"

namespace pcb::ssh {

// Shared by the tunnel and by who opened it; either may go first.
class TunnelEnd {
 public:
  explicit TunnelEnd(int socket) : socket_(socket) {}
  ~TunnelEnd();
  TunnelEnd(const TunnelEnd&) = delete;
  TunnelEnd& operator=(const TunnelEnd&) = delete;
  int take_socket();

  bool open = false;
  Problem problem;  // why it will never open

 private:
  int socket_;
};

class Tunnels {
 public:
  Tunnels();
  ~Tunnels();
  Tunnels(const Tunnels&) = delete;
  Tunnels& operator=(const Tunnels&) = delete;

  // Opened as soon as there is a session to step() with.
  std::shared_ptr<TunnelEnd> open(const std::string& host, int port);
  // Moves what can be moved. False: the session is lost, problem() of it says why.
  bool step(Session& session);
  [[nodiscard]] bool has_more() const;  // the last step stopped at its bound
  // The session is gone, or never came to be. Call before the session is destroyed.
  void fail_all(const Problem& problem);

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace pcb::ssh
