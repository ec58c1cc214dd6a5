#include "common/os/random.h"
#include "common/ssh/connection_impl.h"
#include "common/ssh/key_file.h"
#include "common/text.h"

namespace pcb::ssh {

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
  const int fd = dial->take_socket();
  dial.reset();
  return start_session(fd, now);
}

bool Connection::Impl::await_tunnel(Clock::time_point now) {
  if (!tunnel) tunnel = via->open_tunnel(settings.address, settings.port, now);
  if (tunnel->problem.failure != Failure::none) {
    Problem problem = tunnel->problem;
    problem.message = "through the jump host: " + problem.message;
    fail(std::move(problem), now);
    return true;
  }
  if (!tunnel->open) return false;
  const int fd = tunnel->take_socket();
  tunnel.reset();
  return start_session(fd, now);
}

bool Connection::Impl::start_session(int socket, Clock::time_point now) {
  trust.emplace(settings.known_hosts_path, settings.address, settings.port, settings.accept_new);
  Problem problem = trust->load();
  session.emplace(socket, trust->algorithms());  // owns the socket from here on
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
    if (problem.message == kNoCommonAlgorithm) problem.message = trust->no_common_algorithm();
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
  if (tunnels) {
    ++logins;
    backoff.succeeded();
    connect_deadline = Clock::time_point::max();
    state = State::up;
  }
  return true;
}

bool Connection::Impl::open(Clock::time_point now) {
  const Progress progress = session->open_channel();
  if (progress == Progress::wait) return false;
  if (progress == Progress::failed) {
    fail(session->problem(), now);
    return true;
  }
  script_wanted = "@@" + os::random_hex(8) + " send";
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

}  // namespace pcb::ssh
