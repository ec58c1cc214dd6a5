#include "common/ssh/dial.h"

#include <cerrno>
#include <cstring>
#include <utility>

#include <netinet/tcp.h>
#include <poll.h>
#include <sys/resource.h>
#include <unistd.h>

namespace pcb::ssh {
namespace {

constexpr unsigned kUserTimeoutMilliseconds = 20000;

void set_port(SocketAddress& address, int port) {
  const auto network = htons(static_cast<std::uint16_t>(port));
  if (address.storage.ss_family == AF_INET6) {
    reinterpret_cast<sockaddr_in6*>(&address.storage)->sin6_port = network;
  } else {
    reinterpret_cast<sockaddr_in*>(&address.storage)->sin_port = network;
  }
}

void set_option(int fd, int level, int option, int value) {
  // Not every kernel has every option; the deadlines hold without them.
  static_cast<void>(::setsockopt(fd, level, option, &value, sizeof value));
}

void set_options(int fd) {
  set_option(fd, IPPROTO_TCP, TCP_NODELAY, 1);
  set_option(fd, SOL_SOCKET, SO_KEEPALIVE, 1);
  set_option(fd, IPPROTO_TCP, TCP_KEEPIDLE, 10);
  set_option(fd, IPPROTO_TCP, TCP_KEEPINTVL, 5);
  set_option(fd, IPPROTO_TCP, TCP_KEEPCNT, 3);
  set_option(fd, IPPROTO_TCP, TCP_USER_TIMEOUT, static_cast<int>(kUserTimeoutMilliseconds));
}

// The last descriptors are not for sockets: the logins that have one read key and known_hosts, and the page
// is asked for. Without them a program that has too few would read no host at all. (The lowest free one is
// given.)
bool is_of_the_last(int fd) {
  constexpr rlim_t kKept = 16;
  rlimit limit{};
  return ::getrlimit(RLIMIT_NOFILE, &limit) == 0 && static_cast<rlim_t>(fd) + kKept >= limit.rlim_cur;
}

}  // namespace

Dial::Dial(std::vector<SocketAddress> addresses, int port, Clock::time_point deadline)
    : addresses_(std::move(addresses)), port_(port), deadline_(deadline) {}

Dial::~Dial() { close_socket(); }

void Dial::close_socket() {
  if (fd_ >= 0) ::close(fd_);
  fd_ = -1;
}

int Dial::take_socket() { return std::exchange(fd_, -1); }

void Dial::note(int error) {
  if (error == EMFILE || error == ENFILE) {
    problem_ = {Failure::connect_timeout,
                "this program has no file descriptor left for another connection; raise LimitNOFILE= in its "
                "systemd unit"};
    return;
  }
  const bool refused = error == ECONNREFUSED;
  problem_ = {refused ? Failure::connect_refused : Failure::connect_timeout,
              refused ? "connection refused; is sshd running there, on this port?"
                      : std::string("no connection: ") + std::strerror(error) +
                            "; is the host up, and does a firewall let this machine through?"};
}

void Dial::try_next(Clock::time_point now) {
  while (fd_ < 0 && next_ < addresses_.size()) {
    const std::size_t left = addresses_.size() - next_;
    SocketAddress& address = addresses_[next_++];
    set_port(address, port_);
    fd_ = ::socket(address.storage.ss_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (fd_ < 0 || is_of_the_last(fd_)) {
      note(fd_ < 0 ? errno : EMFILE);
      close_socket();
      continue;
    }
    set_options(fd_);
    if (::connect(fd_, reinterpret_cast<const sockaddr*>(&address.storage), address.length) != 0 &&
        errno != EINPROGRESS) {
      note(errno);
      close_socket();
      continue;
    }
    give_up_at_ = now + (deadline_ - now) / static_cast<int>(left);
  }
}

Dial::State Dial::step(Clock::time_point now) {
  for (;;) {
    if (fd_ < 0) try_next(now);
    if (fd_ < 0) return State::failed;
    pollfd waiting{fd_, POLLOUT, 0};
    const int ready = ::poll(&waiting, 1, 0);
    if (ready > 0) {
      int error = 0;
      socklen_t size = sizeof error;
      if (::getsockopt(fd_, SOL_SOCKET, SO_ERROR, &error, &size) != 0) error = errno;
      if (error == 0) return State::connected;
      note(error);
    } else if (now < give_up_at_) {
      return State::waiting;
    } else {
      note(ETIMEDOUT);
    }
    close_socket();
  }
}

}  // namespace pcb::ssh
