#include "common/ssh/agent.h"

#include <cstdlib>
#include <cstring>

#include <libssh2.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>
#include <unistd.h>

#include "common/ssh/algorithms.h"
#include "common/ssh/encoding.h"

namespace pcb::ssh {
namespace {

constexpr char kRequestIdentities = 11;
constexpr char kIdentitiesAnswer = 12;
constexpr char kSignRequest = 13;
constexpr char kSignResponse = 14;
constexpr std::size_t kMostReplyBytes = 256UL * 1024;
constexpr std::size_t kMostKeys = 5;  // sshd ends a connection after MaxAuthTries, 6 by default

bool receive_exactly(int fd, char* into, std::size_t count) {
  while (count > 0) {
    const ssize_t got = ::recv(fd, into, count, 0);
    if (got <= 0) return false;  // also the timeout of the socket
    into += got;
    count -= static_cast<std::size_t>(got);
  }
  return true;
}

}  // namespace

void AgentLogin::close() {
  if (fd_ >= 0) ::close(fd_);
  fd_ = -1;
}

bool AgentLogin::connect(std::string& fault) {
  const char* path = std::getenv("SSH_AUTH_SOCK");  // NOLINT(concurrency-mt-unsafe): nobody sets it
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  if (path == nullptr || *path == 0 || std::strlen(path) >= sizeof address.sun_path) {
    fault = "use_agent is set, but SSH_AUTH_SOCK names no agent; start one and pass the variable on";
    return false;
  }
  std::strcpy(address.sun_path, path);  // NOLINT: the length was checked
  fd_ = ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
  const timeval limit{kAgentTimeout.count() / 1000, kAgentTimeout.count() % 1000 * 1000};
  if (fd_ < 0 || ::setsockopt(fd_, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit) != 0 ||
      ::setsockopt(fd_, SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof limit) != 0 ||
      ::connect(fd_, reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0) {
    fault = std::string("the agent at ") + path + " cannot be reached: " + std::strerror(errno);
    close();
    return false;
  }
  return true;
}

bool AgentLogin::exchange(const std::string& request, std::string& reply) const {
  std::string framed;
  append_string(framed, request);
  if (::send(fd_, framed.data(), framed.size(), MSG_NOSIGNAL) != static_cast<ssize_t>(framed.size()))
    return false;
  unsigned char head[4] = {};
  if (!receive_exactly(fd_, reinterpret_cast<char*>(head), sizeof head)) return false;
  const std::size_t length = static_cast<std::size_t>(head[0]) << 24U |
                             static_cast<std::size_t>(head[1]) << 16U |
                             static_cast<std::size_t>(head[2]) << 8U | head[3];
  if (length == 0 || length > kMostReplyBytes) return false;
  reply.resize(length);
  return receive_exactly(fd_, reply.data(), length);
}

bool AgentLogin::list_keys(std::string& fault) {
  std::string reply;
  if (!exchange(std::string(1, kRequestIdentities), reply) || reply[0] != kIdentitiesAnswer ||
      reply.size() < 5) {
    fault = "the agent did not list its keys";
    return false;
  }
  std::string_view rest = std::string_view(reply).substr(5);  // the type, then the number of keys
  int others = 0;
  while (const auto blob = take_string(rest)) {
    if (!take_string(rest)) break;  // its comment
    if (algorithms_for({key_type(*blob)}).empty()) {
      ++others;
    } else if (keys_.size() < kMostKeys) {
      keys_.emplace_back(*blob);
    }
  }
  listed_ = true;
  if (keys_.empty()) {
    fault = others > 0 ? "the agent holds no ed25519 or ecdsa key; add one with: ssh-add ~/.ssh/id_ed25519"
                       : "the agent holds no key; add one with: ssh-add ~/.ssh/id_ed25519";
  }
  return !keys_.empty();
}

int AgentLogin::step(LIBSSH2_SESSION* session, const std::string& user, std::string& fault) {
  if (fd_ < 0 && !connect(fault)) return LIBSSH2_ERROR_AGENT_PROTOCOL;
  if (!listed_ && !list_keys(fault)) return LIBSSH2_ERROR_AGENT_PROTOCOL;
  for (; next_ < keys_.size(); ++next_) {
    const std::string& blob = keys_[next_];
    void* self = this;
    const int code =
        libssh2_userauth_publickey(session, user.c_str(), reinterpret_cast<const unsigned char*>(blob.data()),
                                   blob.size(), &AgentLogin::sign, &self);
    const bool refused =
        code == LIBSSH2_ERROR_AUTHENTICATION_FAILED || code == LIBSSH2_ERROR_PUBLICKEY_UNVERIFIED;
    if (!refused) return code;
    ++refused_;
  }
  fault = "the agent's keys were refused (" + std::to_string(refused_) + " tried)";
  return LIBSSH2_ERROR_AUTHENTICATION_FAILED;
}

int AgentLogin::sign(LIBSSH2_SESSION* /*session*/, unsigned char** signature, std::size_t* signature_length,
                     const unsigned char* data, std::size_t data_length, void** abstract) {
  auto* self = static_cast<AgentLogin*>(*abstract);
  std::string request(1, kSignRequest);
  append_string(request, self->keys_[self->next_]);
  append_string(request, {reinterpret_cast<const char*>(data), data_length});
  append_uint32(request, 0);  // flags
  std::string reply;
  if (!self->exchange(request, reply) || reply[0] != kSignResponse) {
    self->close();  // an answer that comes late must not be taken for the next one
    return LIBSSH2_ERROR_AGENT_PROTOCOL;
  }
  std::string_view rest = std::string_view(reply).substr(1);
  const auto framed = take_string(rest);
  std::string_view inner = framed.value_or(std::string_view());
  const auto type = take_string(inner);
  const auto bytes = take_string(inner);  // the library puts the type in front again
  if (!type || !bytes) return LIBSSH2_ERROR_AGENT_PROTOCOL;
  *signature = static_cast<unsigned char*>(std::malloc(bytes->size()));  // NOLINT: freed by libssh2
  if (*signature == nullptr) return LIBSSH2_ERROR_ALLOC;
  std::memcpy(*signature, bytes->data(), bytes->size());
  *signature_length = bytes->size();
  return 0;
}

}  // namespace pcb::ssh
