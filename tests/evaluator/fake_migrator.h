// A Migrator in memory, for tests of what calls it: three hosts and their guests, moves that take as many
// looks as the test says, and answers that the test puts in the way. It keeps the rules of the real one that
// a caller leans on: one unit of a guest at a time, refusals, a unit that stays until it is cleared, a lock
// that one owner has. Not for tests of migrations themselves: those run on the lab.
#pragma once

#include <algorithm>
#include <deque>
#include <functional>
#include <map>
#include <string>
#include <vector>

#include "evaluator/trigger/migrator.h"

namespace pcb::test {

class FakeMigrator final : public Migrator {
 public:
  struct Guest {
    std::string host;
    bool running = true;
    std::string lock;
    bool ha = false;
  };
  struct Unit {
    Operation operation;
    bool starts_guest = false;
    int looks_left = 0;
    std::optional<int> exit_status;
  };
  enum class End { moves, stays, left_stopped, keeps_lock, on_target_stopped };

  std::map<std::string, Guest> guests;  // "lxc/101" → …
  int looks_per_move = 2;               // looks that still see the unit running
  End end = End::moves;
  std::deque<StartAnswer> next_starts;  // given before anything is looked at; what they say also happens
  std::deque<StartAnswer> next_guest_starts;  // given before anything is done, which nothing then is
  std::vector<std::string> log;               // what the unit of a migration has written
  std::vector<std::string> silent_hosts;
  bool clears = true;  // false: a host cannot be asked to clear away
  std::string lock_owner;
  bool lock_reachable = true;
  double now_seconds = 0;  // of look(); goes on by `seconds_per_look`
  double seconds_per_look = 2;
  std::function<void(const char*)> called;  // with the name of every call, before it does anything

  std::vector<Operation> starts;  // that began a migration, in order
  std::vector<std::string> guest_starts;
  std::vector<std::string> maintenance_asked;  // "enable pve1"; what comes of it is the test's to do
  std::vector<std::string> cleared;            // operations
  std::map<std::string, Unit> units;           // by guest
  bool interrupted = false;

  StartAnswer start(const Operation& operation) override {
    note("start");
    if (const auto fault = fault_of(operation)) return {StartAnswer::Kind::refused, "grammar", *fault, ""};
    if (!next_starts.empty()) {
      StartAnswer answer = next_starts.front();
      next_starts.pop_front();
      if (answer.kind == StartAnswer::Kind::started) begin(operation, false);
      return answer;
    }
    const auto unit = units.find(operation.guest);
    if (unit != units.end()) {
      if (unit->second.operation.id == operation.id) return {StartAnswer::Kind::started, "", "", ""};
      return {StartAnswer::Kind::refused, "unit_exists", "a migration of it is there already",
              unit->second.operation.id};
    }
    const auto guest = guests.find(operation.guest);
    if (guest == guests.end() || guest->second.host != operation.from)
      return {StartAnswer::Kind::refused, "not_here", operation.guest + " is not on " + operation.from, ""};
    if (!guest->second.lock.empty())
      return {StartAnswer::Kind::refused, "locked", operation.guest + " is locked", ""};
    if (guest->second.running != operation.was_running)
      return {StartAnswer::Kind::refused, "run_state", operation.guest + " does not run as before", ""};
    begin(operation, false);
    return {StartAnswer::Kind::started, "", "", ""};
  }

  // What `nobody_knows` hides may have happened: call this to say that it has.
  void begin(const Operation& operation, bool starts_guest) {
    units[operation.guest] = {operation, starts_guest, looks_per_move, std::nullopt};
    if (!starts_guest) starts.push_back(operation);
  }

  Observation look(const Operation& operation) override {
    note("look");
    now_seconds += seconds_per_look;
    advance(operation.guest);
    Observation seen;
    seen.at_seconds = now_seconds;
    for (const std::string& host : {operation.from, operation.to}) {
      if (interrupted || std::count(silent_hosts.begin(), silent_hosts.end(), host) > 0)
        seen.unreachable.emplace_back(host, "no answer");
      else
        seen.hosts.push_back(sample(operation, host));
    }
    return seen;
  }

  Status clear(const Operation& operation) override {
    note("clear");
    if (!clears) return Error{"no answer"};
    const auto unit = units.find(operation.guest);
    if (unit == units.end() || unit->second.operation.id != operation.id) return Done{};
    if (!unit->second.exit_status) return Error{"it still runs"};
    units.erase(unit);
    cleared.push_back(operation.id);
    return Done{};
  }

  StartAnswer start_guest(const Operation& operation, const std::string& host) override {
    note("start_guest");
    if (!next_guest_starts.empty()) {
      const StartAnswer answer = next_guest_starts.front();
      next_guest_starts.pop_front();
      return answer;
    }
    Guest& guest = guests[operation.guest];
    if (guest.host != host) return {StartAnswer::Kind::refused, "not_here", "it is not there", ""};
    guest_starts.push_back(operation.guest + "@" + host);
    guest.running = true;
    return {StartAnswer::Kind::started, "", "", ""};
  }

  StartAnswer maintenance(const std::string& host, bool begins) override {
    note("maintenance");
    if (!next_starts.empty()) {
      StartAnswer answer = next_starts.front();
      next_starts.pop_front();
      return answer;
    }
    maintenance_asked.push_back((begins ? "enable " : "disable ") + host);
    return {StartAnswer::Kind::started, "", "", ""};
  }

  LockAnswer take_lock(const std::string& owner) override {
    note("take_lock");
    if (!lock_reachable || interrupted) return {LockAnswer::Kind::unknown, 0, "no host answers"};
    if (lock_owner.empty()) lock_owner = owner;
    if (lock_owner != owner) return {LockAnswer::Kind::other, 0, "another evaluator has the lock"};
    return {LockAnswer::Kind::held, 60, ""};
  }
  LockAnswer renew_lock(const std::string& owner) override {
    note("renew_lock");
    if (!lock_reachable || interrupted) return {LockAnswer::Kind::unknown, 0, "no host answers"};
    if (lock_owner != owner) return {LockAnswer::Kind::lost, 0, "another evaluator has the lock"};
    return {LockAnswer::Kind::held, 60, ""};
  }
  Status release_lock(const std::string& owner) override {
    note("release_lock");
    if (lock_owner == owner) lock_owner.clear();
    return Done{};
  }
  void interrupt() override { interrupted = true; }

 private:
  void note(const char* name) {
    if (called) called(name);
  }

  void advance(const std::string& id) {
    const auto found = units.find(id);
    if (found == units.end() || found->second.exit_status) return;
    Unit& unit = found->second;
    if (unit.looks_left-- > 0) return;
    Guest& guest = guests[id];
    const bool moved = end == End::moves || end == End::keeps_lock || end == End::on_target_stopped;
    if (moved) guest.host = unit.operation.to;
    if (end == End::left_stopped || end == End::on_target_stopped) guest.running = false;
    if (end == End::keeps_lock) guest.lock = "migrate";
    unit.exit_status = end == End::moves ? 0 : 255;
  }

  [[nodiscard]] HostSample sample(const Operation& operation, const std::string& host) const {
    HostSample seen;
    seen.host = host;
    seen.uptime_seconds = 1000 + now_seconds;
    seen.quorate = true;
    const auto guest = guests.find(operation.guest);
    if (guest != guests.end()) {
      seen.places = {guest->second.host};
      seen.lock = guest->second.lock;
      seen.running = guest->second.running && guest->second.host == host;
      seen.ha = HaSample{guest->second.ha, guest->second.ha ? "started" : "", guest->second.host, ""};
    }
    const auto unit = units.find(operation.guest);
    if (unit != units.end() && host == unit->second.operation.from) {
      using State = UnitSample::State;
      seen.unit.operation = unit->second.operation.id;
      seen.unit.starts_guest = unit->second.starts_guest;
      seen.log = log;
      seen.unit.exit_status = unit->second.exit_status;
      seen.unit.state = !unit->second.exit_status        ? State::running
                        : *unit->second.exit_status == 0 ? State::succeeded
                                                         : State::failed;
    }
    return seen;
  }
};

}  // namespace pcb::test
