#include "common/ssh/session.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdlib>
#include <cstring>

#include <libssh2.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "common/ssh/agent.h"

namespace pcb::ssh {
namespace {

constexpr std::size_t kMostBytesBeforeBanner = 8192;
constexpr std::size_t kReadBytesPerStep = 256UL * 1024;  // about 1 ms of decryption: fair to the other hosts
constexpr unsigned kWindowBytes = 1024 * 1024;
constexpr unsigned kPacketBytes = 32768;
constexpr int kMostTeardownTries = 8;

unsigned length_of(std::string_view bytes) { return static_cast<unsigned>(bytes.size()); }

}  // namespace

struct Session::Impl {
  int fd = -1;
  LIBSSH2_SESSION* session = nullptr;
  LIBSSH2_CHANNEL* channel = nullptr;
  Problem problem;
  bool closed = false;
  bool tearing_down = false;
  bool step_bound_reached = false;
  std::size_t step_bytes = 0;
  std::size_t bytes_before_banner = 0;

  // How far the login is: each method once, in this order.
  enum class Method { key, agent, password_kind, password, keyboard, none_left } method = Method::key;
  std::string password;
  bool password_given = false;
  std::string refused;  // what was tried, for the sentence
  AgentLogin agent;

  static ssize_t receive(libssh2_socket_t fd, void* buffer, size_t length, int flags, void** abstract) {
    return static_cast<Impl*>(*abstract)->receive_some(fd, buffer, length, flags);
  }

  ssize_t receive_some(int socket, void* buffer, size_t length, int flags) {
    if (step_bytes >= kReadBytesPerStep && !tearing_down) {
      step_bound_reached = true;
      return -EAGAIN;
    }
    const bool before_banner = !banner_seen();
    if (before_banner && bytes_before_banner >= kMostBytesBeforeBanner) return -EMSGSIZE;
    const ssize_t count = ::recv(socket, buffer, length, flags);
    if (count < 0) return -errno;
    step_bytes += static_cast<std::size_t>(count);
    if (before_banner) bytes_before_banner += static_cast<std::size_t>(count);
    if (count == 0) closed = true;
    return count;
  }

  // Lines before the version line are allowed (RFC 4253, 4.2); the library shows them here, too.
  [[nodiscard]] bool banner_seen() const {
    const char* line = session == nullptr ? nullptr : libssh2_session_banner_get(session);
    return line != nullptr && std::strncmp(line, "SSH-", 4) == 0;
  }

  void start_step() {
    step_bytes = 0;
    step_bound_reached = false;
  }

  Progress waiting() { return Progress::wait; }

  std::string library_message() const {
    char* text = nullptr;
    int length = 0;
    libssh2_session_last_error(session, &text, &length, 0);
    return text == nullptr ? "" : std::string(text, static_cast<std::size_t>(length));
  }

  Progress fail(Failure failure, std::string message) {
    problem = {failure, std::move(message)};
    return Progress::failed;
  }

  static bool means_lost(int code) {
    return code == LIBSSH2_ERROR_SOCKET_SEND || code == LIBSSH2_ERROR_SOCKET_RECV ||
           code == LIBSSH2_ERROR_SOCKET_DISCONNECT || code == LIBSSH2_ERROR_SOCKET_NONE ||
           code == LIBSSH2_ERROR_BANNER_RECV;
  }

  Progress lost(int code) {
    closed = closed || means_lost(code);
    return fail(Failure::connection_lost, "the connection was lost (" + library_message() + ")");
  }

  Progress next_method(std::string_view what_was_refused) {
    if (!refused.empty()) refused += "; ";
    refused += what_was_refused;
    method = static_cast<Method>(static_cast<int>(method) + 1);
    return Progress::done;
  }

  Progress log_in_with_key(const Credentials& with);
  Progress log_in_with_agent(const Credentials& with);
  Progress ask_for_methods(const Credentials& with);
  Progress log_in_with_password(const Credentials& with);
  Progress log_in_by_keyboard(const Credentials& with);

  static void answer_prompts(const char* name, int name_length, const char* instruction,
                             int instruction_length, int prompts,
                             const LIBSSH2_USERAUTH_KBDINT_PROMPT* prompt,
                             LIBSSH2_USERAUTH_KBDINT_RESPONSE* responses, void** abstract);
};

Session::Session(int socket, const std::string& host_key_algorithms) : impl_(std::make_unique<Impl>()) {
  impl_->fd = socket;
  impl_->session = libssh2_session_init_ex(nullptr, nullptr, nullptr, impl_.get());
  if (impl_->session == nullptr) return;
  libssh2_session_set_blocking(impl_->session, 0);
  libssh2_session_callback_set(impl_->session, LIBSSH2_CALLBACK_RECV,
                               reinterpret_cast<void*>(&Impl::receive));
  libssh2_session_method_pref(impl_->session, LIBSSH2_METHOD_HOSTKEY, host_key_algorithms.c_str());
}

Session::~Session() {
  impl_->tearing_down = true;
  ::shutdown(impl_->fd, SHUT_RDWR);
  // After the shutdown nothing can wait, so EAGAIN means only that a half-done step has to be finished.
  for (int i = 0; impl_->channel != nullptr && i < kMostTeardownTries; ++i) {
    if (libssh2_channel_free(impl_->channel) != LIBSSH2_ERROR_EAGAIN) break;
  }
  impl_->agent.close();
  for (int i = 0; impl_->session != nullptr && i < kMostTeardownTries; ++i) {
    if (libssh2_session_free(impl_->session) != LIBSSH2_ERROR_EAGAIN) break;
  }
  ::close(impl_->fd);
}

Progress Session::handshake() {
  impl_->start_step();
  if (impl_->session == nullptr) return impl_->fail(Failure::handshake, "not enough memory for a session");
  const int code = libssh2_session_handshake(impl_->session, impl_->fd);
  if (code == 0) return Progress::done;
  if (code == LIBSSH2_ERROR_EAGAIN) return impl_->waiting();
  const std::string said = impl_->library_message();
  if (!banner_seen() && impl_->bytes_before_banner >= kMostBytesBeforeBanner) {
    return impl_->fail(Failure::handshake,
                       "the peer sent 8 KiB and no SSH version line; it is no SSH server");
  }
  impl_->closed = impl_->closed || Impl::means_lost(code);
  if (impl_->closed && !banner_seen()) {
    return impl_->fail(
        Failure::handshake,
        "the server closed the connection before its version line (too many logins at once, see "
        "MaxStartups in sshd_config, or this address is locked out)");
  }
  return impl_->fail(Failure::handshake,
                     code == LIBSSH2_ERROR_KEX_FAILURE || code == LIBSSH2_ERROR_METHOD_NONE
                         ? std::string(kNoCommonAlgorithm)
                         : "the handshake failed (" + said + ")");
}

bool Session::banner_seen() const { return impl_->banner_seen(); }

std::string Session::host_key() const {
  std::size_t length = 0;
  int type = 0;
  const char* blob = libssh2_session_hostkey(impl_->session, &length, &type);
  return blob == nullptr ? "" : std::string(blob, length);
}

Progress Session::log_in(const Credentials& credentials) {
  impl_->start_step();
  for (;;) {
    Progress progress = Progress::done;
    switch (impl_->method) {
      case Impl::Method::key:
        progress = impl_->log_in_with_key(credentials);
        break;
      case Impl::Method::agent:
        progress = impl_->log_in_with_agent(credentials);
        break;
      case Impl::Method::password_kind:
        progress = impl_->ask_for_methods(credentials);
        break;
      case Impl::Method::password:
        progress = impl_->log_in_with_password(credentials);
        break;
      case Impl::Method::keyboard:
        progress = impl_->log_in_by_keyboard(credentials);
        break;
      case Impl::Method::none_left:
        return impl_->fail(Failure::auth,
                           impl_->refused.empty() ? "no way to log in is configured" : impl_->refused);
    }
    if (progress != Progress::done) return progress;
    if (libssh2_userauth_authenticated(impl_->session) != 0) return Progress::done;
  }
}

Progress Session::Impl::log_in_with_key(const Credentials& with) {
  if (with.private_key.empty()) {
    method = Method::agent;
    return Progress::done;
  }
  const int code = libssh2_userauth_publickey_frommemory(
      session, with.user.c_str(), with.user.size(), nullptr, 0, with.private_key.c_str(),
      with.private_key.size(), with.key_passphrase.empty() ? nullptr : with.key_passphrase.c_str());
  if (code == LIBSSH2_ERROR_EAGAIN) return waiting();
  if (code == 0) return Progress::done;
  if (means_lost(code)) return lost(code);
  const bool refused_by_server =
      code == LIBSSH2_ERROR_AUTHENTICATION_FAILED ||
      (code == LIBSSH2_ERROR_PUBLICKEY_UNVERIFIED && library_message().starts_with("Invalid signature"));
  if (!refused_by_server) {  // the library never came as far as asking the server
    return next_method(with.key_passphrase.empty()
                           ? "libssh2 cannot read the key (" + library_message() + "); is it damaged?"
                           : "the key does not open with key_passphrase (" + library_message() + ")");
  }
  return next_method("the key was refused");
}

Progress Session::Impl::log_in_with_agent(const Credentials& with) {
  if (!with.use_agent) {
    method = Method::password_kind;
    return Progress::done;
  }
  std::string fault;
  const int code = agent.step(session, with.user, fault);
  if (code == LIBSSH2_ERROR_EAGAIN) return waiting();
  if (code == 0) return Progress::done;
  if (means_lost(code)) return lost(code);
  return next_method(fault);
}

Progress Session::Impl::ask_for_methods(const Credentials& with) {
  if (with.password.empty()) {
    method = Method::none_left;
    return Progress::done;
  }
  const char* list = libssh2_userauth_list(session, with.user.c_str(), length_of(with.user));
  if (list == nullptr) {
    const int code = libssh2_session_last_errno(session);
    if (code == LIBSSH2_ERROR_EAGAIN) return waiting();
    if (libssh2_userauth_authenticated(session) != 0) return Progress::done;
    return lost(code);
  }
  const std::string_view offered = list;
  const auto offers = [&](std::string_view name) {
    return ("," + std::string(offered) + ",").find("," + std::string(name) + ",") != std::string::npos;
  };
  if (offers("password")) {
    method = Method::password;
  } else if (offers("keyboard-interactive")) {
    method = Method::keyboard;
  } else {
    method = Method::none_left;
    if (!refused.empty()) refused += "; ";
    refused += "the server takes no password (it offers: " + std::string(offered) + ")";
  }
  return Progress::done;
}

Progress Session::Impl::log_in_with_password(const Credentials& with) {
  const int code = libssh2_userauth_password_ex(session, with.user.c_str(), length_of(with.user),
                                                with.password.c_str(), length_of(with.password), nullptr);
  if (code == LIBSSH2_ERROR_EAGAIN) return waiting();
  if (code == 0) return Progress::done;
  if (means_lost(code)) return lost(code);
  method = Method::keyboard;  // the same password would be refused there too
  return next_method("the password was refused");
}

Progress Session::Impl::log_in_by_keyboard(const Credentials& with) {
  password = with.password;
  const int code = libssh2_userauth_keyboard_interactive_ex(session, with.user.c_str(), length_of(with.user),
                                                            &Impl::answer_prompts);
  if (code == LIBSSH2_ERROR_EAGAIN) return waiting();
  if (code == 0) return Progress::done;
  if (means_lost(code)) return lost(code);
  return next_method("the password was refused (keyboard-interactive)");
}

void Session::Impl::answer_prompts(const char* /*name*/, int /*name_length*/, const char* /*instruction*/,
                                   int /*instruction_length*/, int prompts,
                                   const LIBSSH2_USERAUTH_KBDINT_PROMPT* prompt,
                                   LIBSSH2_USERAUTH_KBDINT_RESPONSE* responses, void** abstract) {
  auto* self = static_cast<Impl*>(*abstract);
  for (int i = 0; i < prompts; ++i) {
    // The password goes to one hidden prompt only: a second one asks for something else (a one-time code).
    const bool give = prompt[i].echo == 0 && !self->password_given;
    const std::string& answer = self->password;
    responses[i].length = give ? length_of(answer) : 0;
    responses[i].text = static_cast<char*>(std::malloc(answer.size() + 1));  // NOLINT: freed by libssh2
    if (responses[i].text == nullptr) {
      responses[i].length = 0;
      continue;
    }
    std::memcpy(responses[i].text, answer.c_str(), give ? answer.size() : 0);
    self->password_given = self->password_given || give;
  }
}

Progress Session::open_channel() {
  impl_->start_step();
  impl_->channel =
      libssh2_channel_open_ex(impl_->session, "session", 7, kWindowBytes, kPacketBytes, nullptr, 0);
  if (impl_->channel == nullptr) {
    const int code = libssh2_session_last_errno(impl_->session);
    if (code == LIBSSH2_ERROR_EAGAIN) return impl_->waiting();
    if (Impl::means_lost(code)) return impl_->lost(code);
    return impl_->fail(Failure::channel_refused, "the server refused a session channel (" +
                                                     impl_->library_message() +
                                                     "); raise MaxSessions in its sshd_config");
  }
  // What nobody reads would fill the window and stop the answer.
  libssh2_channel_handle_extended_data2(impl_->channel, LIBSSH2_CHANNEL_EXTENDED_DATA_IGNORE);
  return Progress::done;
}

Progress Session::start_command(const std::string& command) {
  impl_->start_step();
  const int code =
      libssh2_channel_process_startup(impl_->channel, "exec", 4, command.c_str(), length_of(command));
  if (code == 0) return Progress::done;
  if (code == LIBSSH2_ERROR_EAGAIN) return impl_->waiting();
  if (Impl::means_lost(code)) return impl_->lost(code);
  return impl_->fail(Failure::channel_refused,
                     "the server refused to run a command (" + impl_->library_message() + ")");
}

Progress Session::read(std::string& append_to, std::size_t& count) {
  impl_->start_step();
  count = 0;
  std::array<char, 32768> buffer;  // NOLINT(*-member-init): filled by the library
  while (count < kReadBytesPerStep) {
    const ssize_t got = libssh2_channel_read_ex(impl_->channel, 0, buffer.data(), buffer.size());
    if (got == LIBSSH2_ERROR_EAGAIN) return count > 0 ? Progress::done : impl_->waiting();
    if (got < 0) return impl_->lost(static_cast<int>(got));
    if (got == 0) {
      if (libssh2_channel_eof(impl_->channel) == 0) return count > 0 ? Progress::done : impl_->waiting();
      if (count > 0) return Progress::done;  // the end is told at the next call
      return impl_->fail(Failure::connection_lost,
                         "the command on the host ended before its answer (exit code " +
                             std::to_string(libssh2_channel_get_exit_status(impl_->channel)) + ")");
    }
    append_to.append(buffer.data(), static_cast<std::size_t>(got));
    count += static_cast<std::size_t>(got);
  }
  impl_->step_bound_reached = true;
  return Progress::done;
}

Progress Session::write(std::string_view bytes, std::size_t& count) {
  impl_->start_step();
  count = 0;
  const ssize_t put = libssh2_channel_write_ex(impl_->channel, 0, bytes.data(), bytes.size());
  if (put == LIBSSH2_ERROR_EAGAIN) return impl_->waiting();
  if (put < 0) return impl_->lost(static_cast<int>(put));
  count = static_cast<std::size_t>(put);
  return Progress::done;
}

LIBSSH2_SESSION* Session::begin_step() {
  impl_->start_step();
  return impl_->session;
}

int Session::socket() const { return impl_->fd; }

short Session::events() const {
  const int directions = impl_->session == nullptr ? 0 : libssh2_session_block_directions(impl_->session);
  short events = POLLIN;
  if ((directions & LIBSSH2_SESSION_BLOCK_OUTBOUND) != 0) events |= POLLOUT;
  return events;
}

bool Session::has_more() const { return impl_->step_bound_reached; }
const Problem& Session::problem() const { return impl_->problem; }
bool Session::closed_by_peer() const { return impl_->closed; }

}  // namespace pcb::ssh
