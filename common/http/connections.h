// Connections: who holds a worker, and the cap per address.
//
// A half-sent request must not lock out others: at the cap, the address's oldest connection that has been
// sending its request for longer than `patience` is cut (its reading ends at once), and the newcomer takes
// its place. Thread-safe. A socket is only touched between enter() and leave(), so a number used again is
// never hit. Tested by tests/common/http_server_test.cpp.
#pragma once

#include <chrono>
#include <cstddef>
#include <list>
#include <mutex>
#include <string>

namespace pcb::http {

class Connections {
 public:
  struct Entry {
    int socket = -1;
    std::string address;
    std::chrono::steady_clock::time_point since;
    bool reading = true;     // its request is not complete yet
    bool refused = false;    // over the cap: to be answered 503
    bool displaced = false;  // cut to make room
  };

  Connections(int cap_per_address, std::chrono::milliseconds patience);

  Entry* enter(int socket, const std::string& address);
  // The request is complete; false when the connection was displaced before that.
  bool finish_reading(Entry* entry);
  void leave(Entry* entry);

 private:
  const int cap_per_address_;
  const std::chrono::milliseconds patience_;
  std::mutex mutex_;
  std::list<Entry> entries_;  // oldest first
};

}  // namespace pcb::http
