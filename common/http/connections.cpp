#include "common/http/connections.h"

#include <algorithm>

#include <linux/sockios.h>
#include <sys/ioctl.h>
#include <sys/socket.h>

namespace pcb::http {
namespace {

int waiting_bytes(int socket, unsigned long which) {
  int count = 0;
  return ::ioctl(socket, which, &count) == 0 ? count : 0;
}

}  // namespace

Connections::Connections(int cap_per_address, int workers)
    : cap_per_address_(static_cast<std::size_t>(cap_per_address)),
      crowded_at_(static_cast<std::size_t>(workers - workers / 4)) {}

Connections::Entry* Connections::enter(int socket, const std::string& address) {
  const std::lock_guard lock(mutex_);
  std::size_t count = 0;
  Entry* waiting = nullptr;
  for (Entry& entry : entries_) {
    if (entry.address != address || entry.refused || entry.displaced) continue;
    ++count;
    if (waiting == nullptr && (entry.state == State::draining ||
                               (entry.state == State::reading && waiting_bytes(entry.socket, FIONREAD) == 0)))
      waiting = &entry;
  }
  entries_.push_back({.socket = socket, .address = address, .since = Clock::now()});
  Entry& newcomer = entries_.back();
  if (count >= cap_per_address_) {
    if (waiting != nullptr) {
      waiting->displaced = true;
      ::shutdown(waiting->socket, SHUT_RD);
    } else {
      newcomer.refused = true;
    }
  }
  if (entries_.size() >= crowded_at_) changed_.notify_one();
  return &newcomer;
}

bool Connections::finish_reading(Entry* entry) {
  const std::lock_guard lock(mutex_);
  if (entry->state == State::reading) entry->state = State::handled;
  return !entry->displaced;
}

void Connections::start_sending(Entry* entry) {
  const std::lock_guard lock(mutex_);
  entry->state = State::sending;
  entry->unsent_since = Clock::now();
}

void Connections::start_draining(Entry* entry) {
  const std::lock_guard lock(mutex_);
  entry->state = State::draining;
}

void Connections::leave(Entry* entry) {
  const std::lock_guard lock(mutex_);
  entries_.remove_if([&](const Entry& one) { return &one == entry; });
}

void Connections::cut_slow(Clock::time_point now) {
  for (Entry& entry : entries_) {
    if (entry.displaced) continue;
    // With bytes waiting it is we who are slow.
    if (entry.state == State::draining ||
        (entry.state == State::reading && now - entry.since > kReadPatience &&
         waiting_bytes(entry.socket, FIONREAD) == 0)) {
      entry.displaced = true;
      ::shutdown(entry.socket, SHUT_RD);
    } else if (entry.state == State::sending) {
      const int unsent = waiting_bytes(entry.socket, SIOCOUTQ);
      if (unsent == 0 || unsent != entry.unsent_bytes) {
        entry.unsent_bytes = unsent;
        entry.unsent_since = now;
      } else if (now - entry.unsent_since > kSendPatience) {
        entry.displaced = true;
        ::shutdown(entry.socket, SHUT_RDWR);
      }
    }
  }
}

void Connections::watch() {
  constexpr std::chrono::milliseconds kPause{5};
  std::unique_lock lock(mutex_);
  while (!stopping_) {
    if (entries_.size() < crowded_at_) {
      changed_.wait(lock);
    } else {
      cut_slow(Clock::now());
      changed_.wait_for(lock, kPause, [this] { return stopping_; });
    }
  }
}

void Connections::stop() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  changed_.notify_one();
}

}  // namespace pcb::http
