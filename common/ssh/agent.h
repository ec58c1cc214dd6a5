// Login with the keys of a running ssh-agent (SSH_AUTH_SOCK).
//
// Our own client of the agent protocol (draft-miller-ssh-agent): the library's waits for the agent without
// end, and an agent that asks its user for confirmation would stop the loop. Here every exchange is bounded
// by kAgentTimeout; a key the agent does not sign with by then counts as refused. One thread. Tested by
// tests/common/ssh_connection_test.cpp with a real ssh-agent.
#pragma once

#include <chrono>
#include <cstddef>
#include <string>
#include <vector>

// NOLINTNEXTLINE(bugprone-reserved-identifier): the library's own name for it
typedef struct _LIBSSH2_SESSION LIBSSH2_SESSION;

namespace pcb::ssh {

inline constexpr std::chrono::milliseconds kAgentTimeout{1000};

class AgentLogin {
 public:
  AgentLogin() = default;
  ~AgentLogin() { close(); }
  AgentLogin(const AgentLogin&) = delete;
  AgentLogin& operator=(const AgentLogin&) = delete;

  // 0: logged in; LIBSSH2_ERROR_EAGAIN: call again; else refused, and `fault` says why.
  int step(LIBSSH2_SESSION* session, const std::string& user, std::string& fault);
  void close();

 private:
  bool connect(std::string& fault);
  bool list_keys(std::string& fault);
  bool exchange(const std::string& request, std::string& reply) const;
  static int sign(LIBSSH2_SESSION* session, unsigned char** signature, std::size_t* signature_length,
                  const unsigned char* data, std::size_t data_length, void** abstract);

  int fd_ = -1;
  bool listed_ = false;
  std::vector<std::string> keys_;  // public key blobs that this library can use
  std::size_t next_ = 0;
  int refused_ = 0;
};

}  // namespace pcb::ssh
