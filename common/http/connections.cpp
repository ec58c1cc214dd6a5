#include "common/http/connections.h"

#include <algorithm>

#include <sys/socket.h>

namespace pcb::http {

Connections::Connections(int cap_per_address, std::chrono::milliseconds patience)
    : cap_per_address_(cap_per_address), patience_(patience) {}

Connections::Entry* Connections::enter(int socket, const std::string& address) {
  const auto now = std::chrono::steady_clock::now();
  const std::lock_guard lock(mutex_);
  int count = 0;
  Entry* slowest = nullptr;
  for (Entry& entry : entries_) {
    if (entry.address != address || entry.refused || entry.displaced) continue;
    ++count;
    if (slowest == nullptr && entry.reading && now - entry.since > patience_) slowest = &entry;
  }
  entries_.push_back({.socket = socket, .address = address, .since = now});
  Entry& newcomer = entries_.back();
  if (count >= cap_per_address_) {
    if (slowest != nullptr) {
      slowest->displaced = true;
      ::shutdown(slowest->socket, SHUT_RD);
    } else {
      newcomer.refused = true;
    }
  }
  return &newcomer;
}

bool Connections::finish_reading(Entry* entry) {
  const std::lock_guard lock(mutex_);
  entry->reading = false;
  return !entry->displaced;
}

void Connections::leave(Entry* entry) {
  const std::lock_guard lock(mutex_);
  entries_.remove_if([&](const Entry& one) { return &one == entry; });
}

}  // namespace pcb::http
