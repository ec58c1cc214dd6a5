#include "common/ssh/fetch_host_key.h"

#include <poll.h>

#include "common/ssh/algorithms.h"
#include "common/ssh/dial.h"
#include "common/ssh/host_trust.h"
#include "common/ssh/session.h"

namespace pcb::ssh {
namespace {

// False when the deadline has come first.
bool wait_for(int fd, short events, Clock::time_point deadline) {
  const auto left = std::chrono::ceil<std::chrono::milliseconds>(deadline - Clock::now()).count();
  if (left <= 0) return false;
  pollfd waiting{fd, events, 0};
  ::poll(&waiting, 1, static_cast<int>(left));
  return Clock::now() < deadline;
}

}  // namespace

Result<std::string> fetch_host_key(const std::string& address, int port, std::chrono::milliseconds limit) {
  const auto failed = [&](const std::string& why) {
    return Error{address + " port " + std::to_string(port) + ": " + why};
  };
  if (auto ready = library_ready(); !ready.ok()) return ready.error();
  std::string error;
  auto addresses = system_look_up(address, error);
  if (addresses.empty()) return failed("the name cannot be resolved (" + error + ")");
  const auto deadline = Clock::now() + limit;
  Dial dial(std::move(addresses), port, deadline);
  for (;;) {
    const Dial::State state = dial.step(Clock::now());
    if (state == Dial::State::connected) break;
    if (state == Dial::State::failed) return failed(dial.problem().message);
    wait_for(dial.socket(), POLLOUT, dial.next_wake());
  }
  Session session(dial.take_socket(), all_host_key_algorithms());
  for (;;) {
    const Progress progress = session.handshake();
    if (progress == Progress::done) return session.host_key();
    if (progress == Progress::failed) {
      const std::string& message = session.problem().message;
      return failed(message == kNoCommonAlgorithm ? HostTrust("", address, port, false).no_common_algorithm()
                                                  : message);
    }
    if (!session.has_more() && !wait_for(session.socket(), session.events(), deadline)) {
      return failed("the handshake did not finish in time");
    }
  }
}

}  // namespace pcb::ssh
