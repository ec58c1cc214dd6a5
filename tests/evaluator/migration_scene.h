// Looks at hosts, for tests of what is concluded from them; everything not said is as it is on a healthy
// host.
#pragma once

#include <algorithm>
#include <sstream>

#include "evaluator/decide/migration.h"

namespace pcb::test {

using UnitState = UnitSample::State;

inline const std::string kId(32, 'a');

inline std::vector<std::string> lines_of(const char* text) {
  std::vector<std::string> lines;
  std::istringstream in(text);
  for (std::string line; std::getline(in, line);) lines.push_back(line);
  return lines;
}

// One look, made of what differs from: everything answers, all is quorate, nothing is there.
struct Scene {
  Operation operation;
  HostSample from, to;
  std::vector<HostSample> more;
  std::vector<std::string> silent;

  Scene& unit(UnitState state, const char* log = "", double seconds = 6) {
    from.unit = {state, operation.id, false, std::nullopt, seconds};
    if (state == UnitState::succeeded) from.unit.exit_status = 0;
    if (state == UnitState::failed) from.unit.exit_status = 255;
    from.log = lines_of(log);
    return *this;
  }
  Scene& start_unit(const std::string& host, UnitState state) {
    HostSample& sample = host == "pve1" ? from : to;
    sample.unit = {state, operation.id, true, std::nullopt, 1.0};
    return *this;
  }
  Scene& at(std::vector<std::string> places, const std::string& lock = "") {
    from.places = to.places = std::move(places);
    from.lock = to.lock = lock;
    return *this;
  }
  Scene& runs(const std::string& host) {
    (host == "pve1" ? from : to).running = true;
    return *this;
  }
  Scene& paused(const std::string& host) {
    HostSample& sample = host == "pve1" ? from : to;
    sample.running = sample.paused = true;
    return *this;
  }
  Scene& ha(const std::string& state, const std::string& node, const std::string& target = "") {
    from.ha = to.ha = HaSample{true, state, node, target};
    return *this;
  }
  Scene& no_quorum() {
    from.quorate = to.quorate = false;
    return *this;
  }
  Scene& without(const std::string& host) {
    silent.push_back(host);
    return *this;
  }
  [[nodiscard]] Observation look(double at_seconds) const {
    Observation seen;
    seen.at_seconds = at_seconds;
    for (const HostSample* sample : {&from, &to}) {
      if (std::find(silent.begin(), silent.end(), sample->host) != silent.end())
        seen.unreachable.emplace_back(sample->host, "no answer");
      else
        seen.hosts.push_back(*sample);
    }
    for (const HostSample& sample : more) seen.hosts.push_back(sample);
    return seen;
  }
};

inline Operation operation_of(const std::string& guest, MoveMethod method, bool running = true) {
  Operation operation;
  operation.id = kId;
  operation.guest = guest;
  operation.from = "pve1";
  operation.to = "pve2";
  operation.method = method;
  operation.was_running = running;
  return operation;
}

inline Scene scene(const Operation& operation) {
  Scene made;
  made.operation = operation;
  made.from.host = "pve1";
  made.to.host = "pve2";
  for (HostSample* sample : {&made.from, &made.to}) {
    sample->quorate = true;
    sample->uptime_seconds = 5000;
    sample->ha = HaSample{};
  }
  return made;
}

inline const Operation kContainer = operation_of("lxc/101", MoveMethod::restart);
inline const Operation kMachine = operation_of("qemu/201", MoveMethod::live);
inline const Operation kStopped = operation_of("lxc/104", MoveMethod::offline, false);
inline const Operation kHa = operation_of("lxc/103", MoveMethod::ha);

// A migration that is looked at every 2 seconds.
class Watch {
 public:
  explicit Watch(const Operation& operation, bool start_known = true)
      : migration_(operation, MigrationRules{}, 0.0, start_known) {}
  // The verdict of the last of these looks.
  MigrationVerdict see(const Scene& scene, int times = 1) {
    MigrationVerdict verdict;
    for (int i = 0; i < times; ++i) verdict = migration_.see(scene.look(now_ += 2.0));
    return verdict;
  }
  void skip(double seconds) { now_ += seconds; }

 private:
  Migration migration_;
  double now_ = 0.0;
};

}  // namespace pcb::test
