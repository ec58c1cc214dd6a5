// Connections: who holds a worker, the cap per address, and who has to go when workers run short.
//
// A peer that is slow must not lock out others. At the cap, the address's oldest connection whose request is
// still waited for is cut and the newcomer takes its place; it is refused only when none waits. While three
// quarters of the workers are held, watch() cuts, whatever their address, requests that are not complete
// after kReadPatience and answers of which the peer has taken nothing for kSendPatience. Cutting ends the
// reading of what has not arrived: a request that lies in the socket's buffer is still read and answered.
// Thread-safe. A socket is only touched between enter() and leave(), so a number used again is never hit.
// Tested by tests/common/http_server_test.cpp and http_crowd_test.cpp.
#pragma once

#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <list>
#include <mutex>
#include <string>

namespace pcb::http {

class Connections {
 public:
  using Clock = std::chrono::steady_clock;
  static constexpr std::chrono::milliseconds kReadPatience{20};
  static constexpr std::chrono::milliseconds kSendPatience{100};

  enum class State { reading, handled, sending, draining };
  struct Entry {
    int socket = -1;
    std::string address;
    Clock::time_point since;
    State state = State::reading;
    bool refused = false;    // over the cap: to be answered 503
    bool displaced = false;  // cut to make room
    int unsent_bytes = 0;    // when watch() last saw a change of it
    Clock::time_point unsent_since = {};
  };

  Connections(int cap_per_address, int workers);

  Entry* enter(int socket, const std::string& address);
  // The request is complete, or never will be; false when the connection was displaced before that.
  bool finish_reading(Entry* entry);
  void start_sending(Entry* entry);
  // The answer is sent; what still comes is thrown away.
  void start_draining(Entry* entry);
  void leave(Entry* entry);

  // Runs until stop(), in a thread of its own that sleeps while workers are free.
  void watch();
  void stop();

 private:
  void cut_slow(Clock::time_point now);

  const std::size_t cap_per_address_;
  const std::size_t crowded_at_;
  std::mutex mutex_;
  std::condition_variable changed_;
  std::list<Entry> entries_;  // oldest first
  bool stopping_ = false;
};

}  // namespace pcb::http
