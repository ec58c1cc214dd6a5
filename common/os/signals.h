// Signals as events to wait for: SIGTERM and SIGINT end the program, SIGHUP reloads it, SIGUSR1 presses the
// red button (a program that has none ignores it).
//
// Signals::take() blocks them in the calling thread and in every thread started later, so main calls it
// before it starts any; nothing ever runs in a signal handler. SIGPIPE is ignored, because libraries write to
// sockets whose peer may be gone. The destructor restores mask and SIGPIPE; one Signals at a time, waited on
// by one thread. Tested by tests/common/os_service_test.cpp.
#pragma once

#include <chrono>
#include <memory>
#include <optional>

#include "common/result.h"

namespace pcb::os {

enum class Signal { terminate, reload, stop_acting };

class Signals {
 public:
  static Result<Signals> take();
  ~Signals();
  Signals(Signals&&) noexcept;
  Signals& operator=(Signals&&) noexcept;

  // Readable when a signal waits: for a poll() loop of the caller's own.
  [[nodiscard]] int fd() const;

  // The next signal, or nothing after `timeout`.
  std::optional<Signal> wait(std::chrono::milliseconds timeout);

 private:
  struct Impl;
  explicit Signals(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace pcb::os
