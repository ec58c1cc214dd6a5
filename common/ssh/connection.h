// Connection: one host, reached over SSH, asked one request at a time over one long-lived `sh`.
//
// A state machine that never waits: the loop (common/ssh/loop.h) polls its socket and calls step(). It
// connects when a request comes and no connection stands: look up, connect, handshake, host key check, login,
// channel. The script is run on the host without being installed there; where the host's authorized_keys
// forces a command, that one answers instead, in the same way: the first bytes that come back tell which of
// the two it is. Every request ends by an absolute monotonic deadline (at most connect_timeout + time_limit)
// with an answer that `complete` accepted, or with one Failure of the closed set; half an answer is never
// handed out. Failures back off (common/ssh/backoff.h). Unsupported: RSA before libssh2 1.11, certificates.
// One thread, that of the loop. Tested by tests/common/ssh_connection_test.cpp and ssh_fault_test.cpp.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "common/ssh/backoff.h"
#include "common/ssh/failure.h"

namespace pcb::ssh {

class Resolver;
class TunnelEnd;

struct ConnectionSettings {
  std::string name;     // for sentences
  std::string address;  // host name, IPv4 or IPv6
  int port = 22;
  std::string user = "root";
  std::string key_path;
  std::string key_passphrase;
  std::string password;
  bool use_agent = false;
  std::string known_hosts_path;
  bool accept_new = false;
  std::string script;  // run by `sh` on the host; it reads requests from its stdin
  std::chrono::milliseconds connect_timeout{5000};  // from the first look-up to the open channel
  std::chrono::milliseconds longest_connect_delay{60000};

  bool operator==(const ConnectionSettings&) const = default;
};

struct Outcome {
  Problem problem;  // failure none: `answer` is whole
  std::string answer;
  Clock::duration duration{};  // from the request on the wire to the answer
  bool attempted = true;       // false: in a back-off, nothing was sent to the host
  [[nodiscard]] bool ok() const { return problem.failure == Failure::none; }
};

struct Request {
  std::string text;
  std::function<bool(std::string_view received)> complete;
  std::chrono::milliseconds time_limit{8000};  // for the answer, once the channel stands
  std::size_t max_answer_bytes = 8U << 20U;
  // May be sent again when the connection turns out to be dead before a byte came back. Not for requests that
  // act.
  bool repeatable = true;
  std::function<void(Outcome)> done;  // called once, from step() or submit()
};

class Connection {
 public:
  // via: the connection to the jump host, which must outlive this one; null: directly.
  Connection(ConnectionSettings settings, Resolver& resolver, Connection* via = nullptr);
  ~Connection();
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;

  // Only while !busy(). In a back-off it fails at once with the reason of the back-off.
  void submit(Request request, Clock::time_point now);
  // Makes this the connection to a jump host: no command is run on it, only tunnels. Not together with
  // submit().
  std::shared_ptr<TunnelEnd> open_tunnel(const std::string& address, int port, Clock::time_point now);
  [[nodiscard]] bool is_jump() const;
  // Waits for its jump host: step it whenever that one moved.
  [[nodiscard]] bool waits_for_tunnel() const;
  [[nodiscard]] bool busy() const;
  // Does what can be done now. Call when the socket is ready, at next_wake(), and after the resolver has
  // answered.
  void step(Clock::time_point now);

  [[nodiscard]] int socket() const;  // -1: none to poll
  [[nodiscard]] short events() const;
  [[nodiscard]] Clock::time_point next_wake() const;  // time_point::max(): only the socket matters
  [[nodiscard]] bool has_more() const;                // step again without waiting

  [[nodiscard]] bool connected() const;        // the channel stands
  [[nodiscard]] std::uint64_t logins() const;  // connections that reached an open channel
  [[nodiscard]] const ConnectionSettings& settings() const;
  void forget_backoff();
  // Our own time in other hosts' work (key derivation, rendering): it is not the peer's fault.
  void extend_deadlines(Clock::duration by);

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace pcb::ssh
