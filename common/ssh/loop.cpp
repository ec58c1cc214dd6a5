#include "common/ssh/loop.h"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <vector>

#include <poll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "common/ssh/algorithms.h"

namespace pcb::ssh {
namespace {

constexpr std::size_t kNoPlace = 0;  // the wake descriptor's own
// A step longer than this was our own work (opening an encrypted key takes 100 ms), not the peer's delay.
constexpr auto kLongStep = std::chrono::milliseconds(20);

int milliseconds_until(Clock::time_point when, Clock::time_point now) {
  if (when <= now) return 0;
  const auto wait = std::chrono::ceil<std::chrono::milliseconds>(when - now).count();
  return static_cast<int>(std::min<long long>(wait, 60000));
}

class WakeDescriptor {
 public:
  explicit WakeDescriptor(int fd) : fd_(fd) {}
  ~WakeDescriptor() { ::close(fd_); }
  WakeDescriptor(const WakeDescriptor&) = delete;
  WakeDescriptor& operator=(const WakeDescriptor&) = delete;

  void wake() const {
    const std::uint64_t one = 1;
    static_cast<void>(!::write(fd_, &one, sizeof one));  // full means: a wake is pending already
  }
  void drain() const {
    std::uint64_t count = 0;
    static_cast<void>(!::read(fd_, &count, sizeof count));
  }
  [[nodiscard]] int fd() const { return fd_; }

 private:
  int fd_;
};

}  // namespace

struct Loop::Impl {
  // Shared with the resolver's threads, which may outlive the loop.
  std::shared_ptr<const WakeDescriptor> descriptor;
  Resolver resolver;
  std::vector<std::unique_ptr<Connection>> connections;
  std::vector<pollfd> polled;       // the wake descriptor, then the sockets
  std::vector<std::size_t> places;  // of each connection's socket in `polled`, or kNoPlace

  Impl(std::shared_ptr<const WakeDescriptor> wake, LookUp look_up)
      : descriptor(std::move(wake)), resolver([wake = descriptor] { wake->wake(); }, std::move(look_up)) {}
};

Result<std::unique_ptr<Loop>> Loop::create(LookUp look_up) {
  if (auto ready = library_ready(); !ready) return ready.error();
  const int fd = ::eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
  if (fd < 0) return Error{std::string("no descriptor for the loop: ") + std::strerror(errno)};
  return std::unique_ptr<Loop>(new Loop(fd, std::move(look_up)));
}

Loop::Loop(int wake_fd, LookUp look_up)
    : impl_(std::make_unique<Impl>(std::make_shared<const WakeDescriptor>(wake_fd), std::move(look_up))) {}
Loop::~Loop() = default;

Connection& Loop::add(ConnectionSettings settings, Connection* via) {
  impl_->connections.push_back(std::make_unique<Connection>(std::move(settings), impl_->resolver, via));
  return *impl_->connections.back();
}

void Loop::remove(const Connection& connection) {
  std::erase_if(impl_->connections, [&](const auto& owned) { return owned.get() == &connection; });
}

void Loop::wake() { impl_->descriptor->wake(); }

void Loop::run_once(Clock::time_point until) {
  // What the others have written into their tunnels goes on its way, and what came for them is handed over.
  for (const auto& connection : impl_->connections) {
    if (connection->is_jump()) connection->step(Clock::now());
  }
  Clock::time_point wake_at = until;
  bool more = false;
  impl_->polled.assign(1, {impl_->descriptor->fd(), POLLIN, 0});
  impl_->places.clear();
  for (const auto& connection : impl_->connections) {
    // Those without a socket are left out: poll() takes no more entries than the program may have
    // descriptors.
    const bool has_socket = connection->socket() >= 0;
    impl_->places.push_back(has_socket ? impl_->polled.size() : kNoPlace);
    if (has_socket) impl_->polled.push_back({connection->socket(), connection->events(), 0});
    wake_at = std::min(wake_at, connection->next_wake());
    more = more || connection->has_more();
  }
  const int ready = ::poll(impl_->polled.data(), impl_->polled.size(),
                           more ? 0 : milliseconds_until(wake_at, Clock::now()));
  bool woken = false;
  if (ready > 0 && impl_->polled[0].revents != 0) {
    impl_->descriptor->drain();
    woken = true;
  }
  for (std::size_t i = 0; i < impl_->connections.size(); ++i) {
    Connection& connection = *impl_->connections[i];
    const auto before = Clock::now();
    const std::size_t place = i < impl_->places.size() ? impl_->places[i] : kNoPlace;
    const bool socket_ready = place != kNoPlace && impl_->polled[place].revents != 0;
    const bool asked = woken || connection.has_more() || connection.waits_for_tunnel();
    if (!socket_ready && !asked && before < connection.next_wake()) continue;
    connection.step(before);
    const auto took = Clock::now() - before;
    if (took >= kLongStep) extend_deadlines(took);
  }
}

void Loop::extend_deadlines(Clock::duration by) {
  for (const auto& connection : impl_->connections) connection->extend_deadlines(by);
}

}  // namespace pcb::ssh
