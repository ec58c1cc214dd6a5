#include "common/ssh/connection.h"

#include <algorithm>
#include <optional>
#include <random>
#include <utility>

#include <poll.h>

#include "common/ssh/dial.h"
#include "common/ssh/host_trust.h"
#include "common/ssh/key_file.h"
#include "common/ssh/resolver.h"
#include "common/ssh/session.h"
#include "common/text.h"

namespace pcb::ssh {
namespace {

constexpr auto kNever = Clock::time_point::max();
constexpr std::size_t kMostIdleBytes = 1U << 20U;  // what a host may say unasked before we hang up

std::mt19937_64& random_source() {
  static std::mt19937_64 source{std::random_device{}()};
  return source;
}

double random_unit() { return std::uniform_real_distribution<double>(0.0, 1.0)(random_source()); }

std::string random_word() {
  static constexpr std::string_view kDigits = "0123456789abcdef";
  std::string word;
  for (int i = 0; i < 16; ++i) word += kDigits[random_source()() % kDigits.size()];
  return word;
}

}  // namespace

struct Connection::Impl {
  enum class State { down, pausing, resolving, dialing, handshaking, logging_in, opening, starting, up };
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
  Credentials credentials;
  std::string script_wanted;  // the line by which the far side asks for the script
  Peer peer = Peer::unknown;
  std::size_t idle_bytes = 0;

  std::optional<Request> request;
  Clock::time_point connect_deadline = kNever;
  Clock::time_point answer_deadline = kNever;
  Clock::time_point pause_until = kNever;
  Clock::time_point asked_at{};
  std::string outgoing;
  std::size_t sent = 0;
  std::string received;
  bool retried = false;

  Impl(ConnectionSettings s, Resolver& r)
      : settings(std::move(s)), resolver(r), backoff(settings.longest_connect_delay) {}

  [[nodiscard]] bool connecting() const { return state != State::down && state != State::up; }

  void hang_up() {
    dial.reset();
    session.reset();
    trust.reset();
    state = State::down;
    peer = Peer::unknown;
    received.clear();
    outgoing.clear();
    sent = 0;
  }

  void connect() {
    hang_up();
    state = State::resolving;
  }

  // Ends the request, or tries once more where that is safe and may help.
  void fail(Problem problem, Clock::time_point now, bool try_again = false) {
    const bool was_connecting = connecting();
    hang_up();
    if (try_again && request && !retried) {
      retried = true;
      // Spread out, so that many clients refused at once do not come back at once.
      pause_until = now + std::chrono::milliseconds(100 + static_cast<int>(400 * random_unit()));
      if (!was_connecting) connect_deadline = now + settings.connect_timeout;
      state = State::pausing;
      return;
    }
    if (was_connecting) backoff.failed(problem.failure, now, random_unit());
    problem.message = settings.name + " (" + settings.address + " port " + std::to_string(settings.port) +
                      "): " + problem.message;
    last_problem = problem;
    finish({std::move(problem), {}, {}});
  }

  void finish(Outcome outcome) {
    if (!request) return;
    const auto done = std::move(request->done);
    request.reset();
    connect_deadline = answer_deadline = kNever;
    done(std::move(outcome));
  }

  bool step_once(Clock::time_point now);
  bool look_up(Clock::time_point now);
  bool dial_host(Clock::time_point now);
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

Problem Connection::Impl::read_credentials() {
  credentials = {settings.user, {}, settings.key_passphrase, settings.use_agent, settings.password};
  if (settings.key_path.empty()) return {};
  auto key = read_private_key(settings.key_path);
  if (!key.ok()) return {Failure::auth, key.error().message};
  if (key->encrypted && settings.key_passphrase.empty()) {
    return {Failure::auth, "key " + settings.key_path + " is encrypted; set key_passphrase_file"};
  }
  credentials.private_key = std::move(key->text);
  return {};
}

bool Connection::Impl::look_up(Clock::time_point now) {
  auto answer = resolver.look_up(settings.address, now);
  if (answer.state == Resolver::State::pending) return false;
  if (answer.state == Resolver::State::failed) {
    fail({Failure::dns,
          "the name cannot be resolved (" + answer.error + "); check address in config.yaml and DNS"},
         now);
    return true;
  }
  dial.emplace(std::move(answer.addresses), settings.port, connect_deadline);
  state = State::dialing;
  return true;
}

bool Connection::Impl::dial_host(Clock::time_point now) {
  const Dial::State progress = dial->step(now);
  if (progress == Dial::State::waiting) return false;
  if (progress == Dial::State::failed) {
    resolver.distrust(settings.address);
    fail(dial->problem(), now);
    return true;
  }
  trust.emplace(settings.known_hosts_path, settings.address, settings.port, settings.accept_new);
  const int fd = dial->take_socket();
  dial.reset();
  Problem problem = trust->load();
  session.emplace(fd, trust->algorithms());  // owns the socket from here on
  if (problem.failure != Failure::none) {
    fail(std::move(problem), now);
    return true;
  }
  state = State::handshaking;
  return true;
}

bool Connection::Impl::handshake(Clock::time_point now) {
  const Progress progress = session->handshake();
  if (progress == Progress::wait) return false;
  if (progress == Progress::failed) {
    Problem problem = session->problem();
    if (problem.message == "no common algorithm") problem.message = trust->no_common_algorithm();
    const bool refused_early = session->closed_by_peer() && !session->banner_seen();
    fail(std::move(problem), now, refused_early);
    return true;
  }
  Problem problem = trust->check(session->host_key());
  if (problem.failure == Failure::none) problem = read_credentials();
  if (problem.failure != Failure::none) {
    fail(std::move(problem), now);
    return true;
  }
  state = State::logging_in;
  return true;
}

bool Connection::Impl::log_in(Clock::time_point now) {
  const Progress progress = session->log_in(credentials);
  if (progress == Progress::wait) return false;
  if (progress == Progress::failed) {
    Problem problem = session->problem();
    if (problem.failure == Failure::auth) {
      const std::string port = settings.port == 22 ? "" : "-p " + std::to_string(settings.port) + " ";
      problem.message = "login as " + settings.user + " failed: " + problem.message +
                        (settings.key_path.empty()
                             ? ""
                             : "; allow the key with: ssh-copy-id " + port + "-i " + settings.key_path +
                                   ".pub " + settings.user + "@" + settings.address);
    }
    fail(std::move(problem), now);
    return true;
  }
  credentials = {};
  state = State::opening;
  return true;
}

bool Connection::Impl::open(Clock::time_point now) {
  const Progress progress = session->open_channel();
  if (progress == Progress::wait) return false;
  if (progress == Progress::failed) {
    fail(session->problem(), now);
    return true;
  }
  script_wanted = "@@" + random_word() + " send";
  state = State::starting;
  return true;
}

bool Connection::Impl::start(Clock::time_point now) {
  // The first line on stdin is the first request. A forced command answers it; this one asks for the script
  // instead, and head takes exactly its bytes off stdin, so that what follows is left to the script.
  const std::string command = "exec sh -c 'read -r first; echo \"" + script_wanted + "\"; eval \"$(head -c " +
                              std::to_string(settings.script.size()) + ")\"'";
  const Progress progress = session->start_command(command);
  if (progress == Progress::wait) return false;
  if (progress == Progress::failed) {
    fail(session->problem(), now);
    return true;
  }
  ++logins;
  backoff.succeeded();
  state = State::up;
  if (request) ask(now);
  return true;
}

void Connection::Impl::ask(Clock::time_point now) {
  received.clear();
  outgoing = request->text;
  sent = 0;
  idle_bytes = 0;
  asked_at = now;
  connect_deadline = kNever;
  answer_deadline = now + request->time_limit;
}

bool Connection::Impl::take_answer(Clock::time_point now) {
  if (peer == Peer::unknown) {
    const auto mark = received.find(script_wanted);
    if (mark != std::string::npos) {
      const auto end = received.find('\n', mark);
      if (end == std::string::npos) return false;
      received.clear();
      outgoing = settings.script + request->text;
      sent = 0;
      peer = Peer::known;
      return true;
    }
  }
  if (request->complete(received)) {
    peer = Peer::known;
    finish({{}, std::exchange(received, {}), now - asked_at});
    return true;
  }
  if (received.size() > request->max_answer_bytes) {
    const auto cap = static_cast<double>(request->max_answer_bytes);
    fail({Failure::output_too_large,
          "the answer is larger than " + text::human_bytes(cap) + " (ssh.max_answer_bytes)"},
         now);
  }
  return true;
}

bool Connection::Impl::exchange(Clock::time_point now) {
  const auto lost = [&] {
    Problem problem = session->problem();
    const bool untouched = received.empty() && request->repeatable;
    fail(std::move(problem), now, untouched);
    return true;
  };
  bool moved = false;
  while (sent < outgoing.size()) {
    std::size_t count = 0;
    const Progress progress = session->write(std::string_view(outgoing).substr(sent), count);
    if (progress == Progress::failed) return lost();
    if (progress == Progress::wait) break;
    sent += count;
    moved = true;
  }
  std::size_t count = 0;
  const Progress progress = session->read(received, count);
  if (progress == Progress::failed) return lost();
  if (count > 0) return take_answer(now);
  return moved;
}

bool Connection::Impl::listen_idle() {
  std::size_t count = 0;
  const Progress progress = session->read(received, count);
  received.clear();
  idle_bytes += count;
  if (progress == Progress::failed || idle_bytes > kMostIdleBytes) hang_up();
  return false;
}

bool Connection::Impl::check_deadline(Clock::time_point now) {
  if (!request) return false;
  const std::string limit =
      text::human_duration(std::chrono::duration<double>(settings.connect_timeout).count());
  if (connecting() && now >= connect_deadline) {
    Problem problem{Failure::handshake, "the handshake did not finish within " + limit};
    switch (state) {
      case State::resolving:
        problem = {Failure::dns, "the name was not resolved within " + limit + "; check DNS"};
        break;
      case State::dialing:
        resolver.distrust(settings.address);
        problem = {Failure::connect_timeout,
                   "no connection within " + limit +
                       "; is the host up, and does a firewall let this machine through?"};
        break;
      case State::handshaking:
        if (!session->banner_seen()) {
          problem = {Failure::banner_timeout, "connected, but no SSH version line came within " + limit};
        }
        break;
      case State::logging_in:
        problem.message = "the login was not answered within " + limit;
        break;
      case State::opening:
      case State::starting:
        problem = {Failure::command_timeout, "logged in, but no session was opened within " + limit};
        break;
      case State::down:
      case State::pausing:
      case State::up:
        break;
    }
    fail(std::move(problem), now);
    return true;
  }
  if (state == State::up && now >= answer_deadline) {
    fail({Failure::command_timeout,
          "no whole answer within " +
              text::human_duration(std::chrono::duration<double>(request->time_limit).count()) + " (" +
              text::human_bytes(static_cast<double>(received.size())) + " came)"},
         now);
    return true;
  }
  return false;
}

bool Connection::Impl::step_once(Clock::time_point now) {
  if (check_deadline(now)) return true;
  switch (state) {
    case State::down:
      return false;
    case State::pausing:
      if (now < pause_until) return false;
      connect();
      return true;
    case State::resolving:
      return look_up(now);
    case State::dialing:
      return dial_host(now);
    case State::handshaking:
      return handshake(now);
    case State::logging_in:
      return log_in(now);
    case State::opening:
      return open(now);
    case State::starting:
      return start(now);
    case State::up:
      return request ? exchange(now) : listen_idle();
  }
  return false;
}

Connection::Connection(ConnectionSettings settings, Resolver& resolver)
    : impl_(std::make_unique<Impl>(std::move(settings), resolver)) {}
Connection::~Connection() = default;

void Connection::submit(Request request, Clock::time_point now) {
  Impl& self = *impl_;
  self.request = std::move(request);
  self.retried = false;
  if (self.state == Impl::State::up) {
    self.ask(now);
  } else if (now < self.backoff.not_before()) {
    Problem problem = self.last_problem;
    const double wait = std::chrono::duration<double>(self.backoff.not_before() - now).count();
    problem.message += "; the next try is in " + text::human_duration(wait);
    return self.finish({std::move(problem), {}, {}});
  } else {
    self.connect_deadline = now + self.settings.connect_timeout;
    self.connect();
  }
  step(now);
}

bool Connection::busy() const { return impl_->request.has_value(); }

void Connection::step(Clock::time_point now) {
  while (impl_->step_once(now) && !has_more()) {
  }
}

int Connection::socket() const {
  if (impl_->dial) return impl_->dial->socket();
  return impl_->session ? impl_->session->socket() : -1;
}

short Connection::events() const {
  if (impl_->dial) return POLLOUT;
  return impl_->session ? impl_->session->events() : static_cast<short>(0);
}

Clock::time_point Connection::next_wake() const {
  Clock::time_point wake = std::min(impl_->connect_deadline, impl_->answer_deadline);
  if (impl_->state == Impl::State::pausing) wake = std::min(wake, impl_->pause_until);
  if (impl_->dial) wake = std::min(wake, impl_->dial->next_wake());
  return wake;
}

bool Connection::has_more() const { return impl_->session && impl_->session->has_more(); }
bool Connection::connected() const { return impl_->state == Impl::State::up; }
std::uint64_t Connection::logins() const { return impl_->logins; }
const ConnectionSettings& Connection::settings() const { return impl_->settings; }
void Connection::forget_backoff() { impl_->backoff.reset(); }

void Connection::extend_deadlines(Clock::duration by) {
  for (Clock::time_point* deadline : {&impl_->connect_deadline, &impl_->answer_deadline}) {
    if (*deadline != kNever) *deadline += by;
  }
}

}  // namespace pcb::ssh
