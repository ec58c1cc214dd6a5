// The state of a Connection, shared by the two files that implement it: connection_connect.cpp (from the
// look-up to the open channel) and connection.cpp (requests, deadlines, failures). Not for others.
//
// Every step function does what it can now and returns whether something moved, so that the next may be
// tried.
#pragma once

#include <optional>
#include <random>
#include <string>

#include "common/ssh/connection.h"
#include "common/ssh/dial.h"
#include "common/ssh/host_trust.h"
#include "common/ssh/resolver.h"
#include "common/ssh/session.h"
#include "common/ssh/tunnels.h"

namespace pcb::ssh {

struct Connection::Impl {
  enum class State {
    down,
    pausing,
    resolving,
    dialing,
    tunnelling,
    handshaking,
    logging_in,
    opening,
    starting,
    up
  };
  // Which script answers on the other side: ours, once it has been asked for, or one that the host forces.
  enum class Peer { unknown, known };

  ConnectionSettings settings;
  Resolver& resolver;
  Backoff backoff;
  Problem last_problem;
  std::uint64_t logins = 0;

  State state = State::down;
  std::optional<Dial> dial;
  std::optional<HostTrust> trust;
  std::optional<Session> session;
  Connection* via;                    // the jump host
  std::shared_ptr<TunnelEnd> tunnel;  // through it, while it is being opened
  std::unique_ptr<Tunnels> tunnels;   // this is the jump host, and these go through it
  Credentials credentials;
  std::string script_wanted;  // the line by which the far side asks for the script
  Peer peer = Peer::unknown;
  std::size_t idle_bytes = 0;

  std::optional<Request> request;
  Clock::time_point connect_deadline = Clock::time_point::max();
  Clock::time_point answer_deadline = Clock::time_point::max();
  Clock::time_point pause_until = Clock::time_point::max();
  Clock::time_point asked_at{};
  std::string outgoing;
  std::size_t sent = 0;
  std::string received;
  bool retried = false;

  Impl(ConnectionSettings s, Resolver& r, Connection* jump)
      : settings(std::move(s)), resolver(r), backoff(settings.longest_connect_delay), via(jump) {}

  [[nodiscard]] bool connecting() const { return state != State::down && state != State::up; }

  void hang_up();
  void connect() {
    hang_up();
    state = via != nullptr ? State::tunnelling : State::resolving;
  }

  // Ends the request, or tries once more where that is safe and may help.
  void fail(Problem problem, Clock::time_point now, bool try_again = false);
  void finish(Outcome outcome);
  bool step_once(Clock::time_point now);
  bool look_up(Clock::time_point now);
  bool dial_host(Clock::time_point now);
  bool await_tunnel(Clock::time_point now);
  bool start_session(int socket, Clock::time_point now);
  bool handshake(Clock::time_point now);
  bool log_in(Clock::time_point now);
  bool open(Clock::time_point now);
  bool start(Clock::time_point now);
  bool exchange(Clock::time_point now);
  bool listen_idle();
  bool check_deadline(Clock::time_point now);
  Problem read_credentials();
  void ask(Clock::time_point now);
  bool take_answer(Clock::time_point now);
};

}  // namespace pcb::ssh
