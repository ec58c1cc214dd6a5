// Loop: all hosts in one thread, over one poll().
//
// Owns the connections and the resolver. run_once() waits until something is ready, a connection's deadline,
// or `until`, then steps what can go on; the `done` functions of requests run inside it and may submit again,
// but must not add or remove connections. A peer that is silent, slow or endless costs the others nothing: no
// call waits, each reads a bounded amount. wake() may be called from any thread or signal handler; all else
// belongs to the loop's thread. Tested by tests/common/ssh_fault_test.cpp.
#pragma once

#include <memory>

#include "common/result.h"
#include "common/ssh/connection.h"
#include "common/ssh/resolver.h"

namespace pcb::ssh {

class Loop {
 public:
  static Result<std::unique_ptr<Loop>> create(LookUp look_up = system_look_up);
  ~Loop();
  Loop(const Loop&) = delete;
  Loop& operator=(const Loop&) = delete;

  // via: a connection of this loop to the jump host, used for nothing else; null: directly.
  Connection& add(ConnectionSettings settings, Connection* via = nullptr);
  // Hangs up. A request under way is dropped without calling its `done`.
  void remove(const Connection& connection);

  void run_once(Clock::time_point until);
  void wake();
  // Our own work between two run_once() took this long: no peer is late because of it.
  void extend_deadlines(Clock::duration by);

 private:
  Loop(int wake_fd, LookUp look_up);
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace pcb::ssh
