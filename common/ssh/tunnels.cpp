#include "common/ssh/tunnels.h"

#include <array>
#include <cerrno>
#include <cstring>
#include <utility>
#include <vector>

#include <libssh2.h>
#include <sys/socket.h>
#include <unistd.h>

namespace pcb::ssh {
namespace {

constexpr std::size_t kMostBuffered = 32768;
constexpr int kRoundsPerStep = 8;  // 256 KiB each way: fair to the other hosts

}  // namespace

TunnelEnd::~TunnelEnd() {
  if (socket_ >= 0) ::close(socket_);
}

int TunnelEnd::take_socket() { return std::exchange(socket_, -1); }

struct Tunnels::Impl {
  struct Tunnel {
    std::string host;
    int port = 0;
    int local = -1;
    std::shared_ptr<TunnelEnd> end;
    LIBSSH2_CHANNEL* channel = nullptr;
    std::string to_host, to_client;
    bool closing = false;
    bool finished = false;
  };

  std::vector<std::unique_ptr<Tunnel>> tunnels;
  // A packet of this tunnel is half on the wire: the library can send nothing else before it is finished.
  Tunnel* half_sent = nullptr;
  Tunnel* opening = nullptr;       // the library opens one channel at a time
  bool half_sent_by_read = false;  // the packet makes room for more to read
  bool more = false;
  bool lost = false;

  static void give_up(Tunnel& tunnel, Problem problem) {
    tunnel.end->problem = std::move(problem);
    tunnel.finished = true;
  }

  // Judges what a call returned: true when it must be called again later.
  bool again(LIBSSH2_SESSION* session, Tunnel& tunnel, ssize_t code) {
    if (code != LIBSSH2_ERROR_EAGAIN) return false;
    const bool outbound = (libssh2_session_block_directions(session) & LIBSSH2_SESSION_BLOCK_OUTBOUND) != 0;
    half_sent = outbound ? &tunnel : nullptr;
    return true;
  }

  void open_channel(LIBSSH2_SESSION* session, Tunnel& tunnel) {
    if (opening != nullptr && opening != &tunnel) return;
    opening = &tunnel;
    tunnel.channel =
        libssh2_channel_direct_tcpip_ex(session, tunnel.host.c_str(), tunnel.port, "127.0.0.1", 0);
    if (tunnel.channel != nullptr) {
      tunnel.end->open = true;
      opening = nullptr;
      return;
    }
    const int code = libssh2_session_last_errno(session);
    if (again(session, tunnel, code)) return;
    opening = nullptr;
    if (code == LIBSSH2_ERROR_CHANNEL_FAILURE) {
      give_up(tunnel,
              {Failure::connect_refused,
               "the jump host cannot reach it, or its sshd forbids that (AllowTcpForwarding, PermitOpen)"});
    } else {
      lost = true;
    }
  }

  bool push_to_client(Tunnel& tunnel) {
    while (!tunnel.to_client.empty()) {
      const ssize_t put =
          ::send(tunnel.local, tunnel.to_client.data(), tunnel.to_client.size(), MSG_NOSIGNAL);
      if (put < 0) {
        if (errno != EAGAIN && errno != EINTR) tunnel.closing = true;
        return false;
      }
      tunnel.to_client.erase(0, static_cast<std::size_t>(put));
    }
    return true;
  }

  // One read and one write each way. True when something moved.
  bool move(LIBSSH2_SESSION* session, Tunnel& tunnel) {
    bool moved = false;
    const bool resume_read = std::exchange(half_sent_by_read, false);
    std::array<char, kMostBuffered> buffer;  // NOLINT(*-member-init): filled by the reads
    if (!resume_read && tunnel.to_host.empty()) {
      const ssize_t got = ::recv(tunnel.local, buffer.data(), buffer.size(), 0);
      if (got == 0 || (got < 0 && errno != EAGAIN && errno != EINTR)) tunnel.closing = true;
      if (got > 0) tunnel.to_host.assign(buffer.data(), static_cast<std::size_t>(got));
    }
    if (!tunnel.to_host.empty()) {
      const ssize_t put =
          libssh2_channel_write_ex(tunnel.channel, 0, tunnel.to_host.data(), tunnel.to_host.size());
      if (again(session, tunnel, put)) {
        if (half_sent != nullptr) return false;
      } else if (put < 0) {
        tunnel.closing = true;
      } else {
        tunnel.to_host.erase(0, static_cast<std::size_t>(put));
        moved = true;
      }
    }
    if (!push_to_client(tunnel)) return moved;
    const ssize_t got = libssh2_channel_read_ex(tunnel.channel, 0, buffer.data(), buffer.size());
    if (again(session, tunnel, got)) {
      half_sent_by_read = half_sent != nullptr;
      return moved && half_sent == nullptr;
    }
    if (got > 0) {
      tunnel.to_client.assign(buffer.data(), static_cast<std::size_t>(got));
      push_to_client(tunnel);
      return true;
    }
    if (got == LIBSSH2_ERROR_SOCKET_RECV || got == LIBSSH2_ERROR_SOCKET_DISCONNECT) lost = true;
    if (got < 0 || libssh2_channel_eof(tunnel.channel) != 0) tunnel.closing = true;
    return moved;
  }

  void step(LIBSSH2_SESSION* session, Tunnel& tunnel) {
    half_sent = nullptr;
    if (tunnel.channel == nullptr) open_channel(session, tunnel);
    for (int round = 0; tunnel.channel != nullptr && !tunnel.closing && !lost; ++round) {
      if (!move(session, tunnel) || half_sent != nullptr) break;
      if (round < kRoundsPerStep) continue;
      more = true;
      break;
    }
    if (!tunnel.closing || half_sent != nullptr) return;
    ::shutdown(tunnel.local, SHUT_RDWR);
    const int code = libssh2_channel_free(tunnel.channel);
    if (again(session, tunnel, code)) return;
    tunnel.channel = nullptr;
    tunnel.finished = true;
  }

  void forget_finished() {
    std::erase_if(tunnels, [&](const auto& tunnel) {
      // Who opened it has gone before it was open.
      const bool abandoned =
          tunnel->channel == nullptr && tunnel.get() != opening && tunnel->end.use_count() == 1;
      if (!tunnel->finished && !abandoned) return false;
      ::close(tunnel->local);
      return true;
    });
  }
};

Tunnels::Tunnels() : impl_(std::make_unique<Impl>()) {}
Tunnels::~Tunnels() { fail_all({}); }

std::shared_ptr<TunnelEnd> Tunnels::open(const std::string& host, int port) {
  int pair[2] = {-1, -1};
  if (::socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, pair) != 0) {
    auto failed = std::make_shared<TunnelEnd>(-1);
    failed->problem = {Failure::connect_timeout,
                       std::string("no socket for the tunnel: ") + std::strerror(errno)};
    return failed;
  }
  auto tunnel = std::make_unique<Impl::Tunnel>();
  tunnel->host = host;
  tunnel->port = port;
  tunnel->local = pair[0];
  tunnel->end = std::make_shared<TunnelEnd>(pair[1]);
  auto end = tunnel->end;
  impl_->tunnels.push_back(std::move(tunnel));
  return end;
}

bool Tunnels::step(Session& session) {
  LIBSSH2_SESSION* raw = session.begin_step();
  impl_->more = false;
  impl_->forget_finished();
  if (Impl::Tunnel* first = impl_->half_sent; first != nullptr) {
    impl_->step(raw, *first);
    if (impl_->half_sent != nullptr) return !impl_->lost;
  }
  for (const auto& tunnel : impl_->tunnels) {
    if (!tunnel->finished) impl_->step(raw, *tunnel);
    if (impl_->half_sent != nullptr || impl_->lost) break;
  }
  impl_->forget_finished();
  return !impl_->lost;
}

bool Tunnels::has_more() const { return impl_->more; }

void Tunnels::fail_all(const Problem& problem) {
  for (const auto& tunnel : impl_->tunnels) {
    if (!tunnel->end->open) tunnel->end->problem = problem;
    ::close(tunnel->local);  // the channel itself goes with its session
  }
  impl_->tunnels.clear();
  impl_->half_sent = impl_->opening = nullptr;
  impl_->half_sent_by_read = impl_->more = impl_->lost = false;
}

}  // namespace pcb::ssh
