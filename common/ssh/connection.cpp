#include "common/ssh/connection.h"

#include <algorithm>
#include <utility>

#include <poll.h>

#include "common/ssh/connection_impl.h"
#include "common/text.h"

namespace pcb::ssh {
namespace {

constexpr auto kNever = Clock::time_point::max();
constexpr std::size_t kMostIdleBytes = 1U << 20U;  // what a host may say unasked before we hang up

double random_unit() {
  static std::mt19937_64 source{std::random_device{}()};
  return std::uniform_real_distribution<double>(0.0, 1.0)(source);
}

}  // namespace

void Connection::Impl::hang_up() {
  dial.reset();
  tunnel.reset();
  if (tunnels) tunnels->fail_all({Failure::connection_lost, "the connection to the jump host was lost"});
  session.reset();
  trust.reset();
  state = State::down;
  peer = Peer::unknown;
  received.clear();
  outgoing.clear();
  sent = 0;
}

void Connection::Impl::fail(Problem problem, Clock::time_point now, bool try_again) {
  const bool was_connecting = connecting();
  const std::string where =
      settings.name + " (" + settings.address + " port " + std::to_string(settings.port) + "): ";
  // Before hanging up: who waits for a tunnel is told the reason itself.
  if (tunnels) tunnels->fail_all({problem.failure, where + problem.message});
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
  problem.message = where + problem.message;
  last_problem = problem;
  finish({std::move(problem), {}, {}});
}

void Connection::Impl::finish(Outcome outcome) {
  if (!request) return;
  const auto done = std::move(request->done);
  request.reset();
  connect_deadline = answer_deadline = kNever;
  done(std::move(outcome));
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
    // A packet that is half on the wire must be finished before anything else may be sent, also by a read.
    if (progress == Progress::wait && (session->events() & POLLOUT) != 0) return false;
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
  if (!request && !tunnels) return false;
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
      case State::tunnelling:
        problem = {Failure::connect_timeout, "the jump host made no connection within " + limit};
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
    case State::tunnelling:
      return await_tunnel(now);
    case State::handshaking:
      return handshake(now);
    case State::logging_in:
      return log_in(now);
    case State::opening:
      return open(now);
    case State::starting:
      return start(now);
    case State::up:
      if (tunnels) {
        if (!tunnels->step(*session)) hang_up();
        return false;
      }
      return request ? exchange(now) : listen_idle();
  }
  return false;
}

Connection::Connection(ConnectionSettings settings, Resolver& resolver, Connection* via)
    : impl_(std::make_unique<Impl>(std::move(settings), resolver, via)) {}
Connection::~Connection() { impl_->hang_up(); }

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
    return self.finish({std::move(problem), {}, {}, false});
  } else {
    self.connect_deadline = now + self.settings.connect_timeout;
    self.connect();
  }
  step(now);
}

std::shared_ptr<TunnelEnd> Connection::open_tunnel(const std::string& address, int port,
                                                   Clock::time_point now) {
  Impl& self = *impl_;
  if (!self.tunnels) self.tunnels = std::make_unique<Tunnels>();
  auto end = self.tunnels->open(address, port);
  if (self.state == Impl::State::down) {
    if (now < self.backoff.not_before()) {
      self.tunnels->fail_all(self.last_problem);
    } else {
      self.connect_deadline = now + self.settings.connect_timeout;
      self.state = Impl::State::resolving;
    }
  }
  step(now);
  return end;
}

bool Connection::is_jump() const { return impl_->tunnels != nullptr; }
bool Connection::waits_for_tunnel() const { return impl_->state == Impl::State::tunnelling; }

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

bool Connection::has_more() const {
  if (impl_->tunnel) return impl_->tunnel->open || impl_->tunnel->problem.failure != Failure::none;
  if (impl_->tunnels && impl_->tunnels->has_more()) return true;
  return impl_->session && impl_->session->has_more();
}
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
