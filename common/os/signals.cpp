#include "common/os/signals.h"

#include <algorithm>
#include <cerrno>
#include <climits>
#include <csignal>
#include <utility>

#include <poll.h>
#include <pthread.h>
#include <sys/signalfd.h>

#include "common/os/fd.h"
#include "common/os/file.h"

namespace pcb::os {

struct Signals::Impl {
  Fd fd;
  sigset_t old_mask{};
  struct sigaction old_pipe {};

  ~Impl() {
    ::sigaction(SIGPIPE, &old_pipe, nullptr);
    ::pthread_sigmask(SIG_SETMASK, &old_mask, nullptr);
  }
};

Signals::Signals(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
Signals::~Signals() = default;
Signals::Signals(Signals&&) noexcept = default;
Signals& Signals::operator=(Signals&&) noexcept = default;

Result<Signals> Signals::take() {
  auto impl = std::make_unique<Impl>();
  sigset_t ours;
  sigemptyset(&ours);
  for (const int number : {SIGTERM, SIGINT, SIGHUP, SIGUSR1}) sigaddset(&ours, number);
  struct sigaction ignore {};
  ignore.sa_handler = SIG_IGN;
  ::pthread_sigmask(SIG_BLOCK, &ours, &impl->old_mask);
  ::sigaction(SIGPIPE, &ignore, &impl->old_pipe);
  impl->fd.reset(::signalfd(-1, &ours, SFD_CLOEXEC | SFD_NONBLOCK));
  if (!impl->fd) return Error{"cannot wait for signals: " + reason(errno)};
  return Signals(std::move(impl));
}

int Signals::fd() const { return impl_->fd.get(); }

std::optional<Signal> Signals::wait(std::chrono::milliseconds timeout) {
  const auto deadline = std::chrono::steady_clock::now() + timeout;
  for (;;) {
    signalfd_siginfo info{};
    if (::read(fd(), &info, sizeof info) == static_cast<ssize_t>(sizeof info))
      return info.ssi_signo == SIGHUP    ? Signal::reload
             : info.ssi_signo == SIGUSR1 ? Signal::stop_acting
                                         : Signal::terminate;
    const auto left =
        std::chrono::ceil<std::chrono::milliseconds>(deadline - std::chrono::steady_clock::now()).count();
    if (left <= 0) return std::nullopt;
    pollfd waiting{fd(), POLLIN, 0};
    ::poll(&waiting, 1, static_cast<int>(std::min<long long>(left, INT_MAX)));
  }
}

}  // namespace pcb::os
