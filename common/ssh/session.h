// Session: libssh2 behind our own types: handshake, login, one channel with a command on it.
//
// Non-blocking: every call that returns Progress does what it can and says `wait` when the socket must become
// ready first (events()); call it again then, with the same arguments. No time is kept here: deadlines belong
// to Connection. The socket is owned; teardown shuts it down first, so that no library call can wait on the
// peer. What one call reads is bounded, and so is what may come before the peer's version line: a peer that
// never stops talking cannot keep the loop (libssh2 itself reads until the socket is empty). One thread.
// Tested by tests/common/ssh_connection_test.cpp.
#pragma once

#include <cstddef>
#include <memory>
#include <string>
#include <string_view>

#include "common/ssh/failure.h"

// NOLINTNEXTLINE(bugprone-reserved-identifier): the library's own name for it
typedef struct _LIBSSH2_SESSION LIBSSH2_SESSION;

namespace pcb::ssh {

enum class Progress { done, wait, failed };

// The problem's message where both sides have no algorithm in common: HostTrust knows what to say about it.
inline constexpr std::string_view kNoCommonAlgorithm = "no common algorithm";

struct Credentials {
  std::string user;
  std::string private_key;  // the text of the file
  std::string key_passphrase;
  bool use_agent = false;
  std::string password;  // also answers keyboard-interactive prompts that hide their input
};

class Session {
 public:
  // host_key_algorithms: as method_pref takes them.
  Session(int socket, const std::string& host_key_algorithms);
  ~Session();
  Session(const Session&) = delete;
  Session& operator=(const Session&) = delete;

  Progress handshake();
  [[nodiscard]] bool banner_seen() const;
  [[nodiscard]] std::string host_key() const;  // after the handshake
  Progress log_in(const Credentials& credentials);
  Progress open_channel();
  Progress start_command(const std::string& command);

  // Bytes read or written now: 0 means wait. Failed: the peer is gone or ended the command.
  Progress read(std::string& append_to, std::size_t& count);
  Progress write(std::string_view bytes, std::size_t& count);

  // For Tunnels, which calls the library itself: the read bound starts anew.
  LIBSSH2_SESSION* begin_step();

  [[nodiscard]] int socket() const;
  [[nodiscard]] short events() const;   // what poll() must wait for
  [[nodiscard]] bool has_more() const;  // the last call stopped at its bound: call again without poll()
  [[nodiscard]] const Problem& problem() const;  // after `failed`; the message has no host name in front
  [[nodiscard]] bool closed_by_peer() const;     // the failure is the end of the connection, nothing else

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace pcb::ssh
