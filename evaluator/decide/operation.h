// One migration as it is asked of the hosts, and what is heard of it: answers to a start, and what one look
// at a host saw.
//
// Pure values. `id` names the operation everywhere: in the journal, in the description of the unit that runs
// it on the host, and in every request. It is 32 lower-case hex digits, chosen before the intent is written.
// What a host did not say is absent. Host names and guest ids come out of Proxmox; the texts (log lines,
// sentences that quote them) are hostile and must be escaped where they are shown.
// Made by evaluator/trigger/migrator.h, judged by evaluator/decide/migration.h.
// Tested by tests/evaluator/migrate_answer_test.cpp and migration_test.cpp.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace pcb {

enum class MoveMethod { live, restart, offline, ha };

const char* name_of(MoveMethod method);
std::optional<MoveMethod> move_method_from(std::string_view name);

struct Operation {
  std::string id;
  std::string guest;  // lxc/101, qemu/201
  std::string from, to;
  MoveMethod method = MoveMethod::live;
  bool was_running = true;                           // refused where it is not so any more
  bool with_local_disks = false;                     // live: its local disks may be copied too
  std::optional<double> bandwidth_bytes_per_second;  // of copies; absent: Proxmox's own limit
  double target_memory_bytes = 0;                    // what the target must have free; 0: not checked
};

bool is_container(const Operation& operation);
std::string vmid_of(const Operation& operation);
// Whether the operation may be put into a request at all; else what is wrong with it. Holds every field
// against the same grammar as node-migrate.sh, which checks again.
std::optional<std::string> fault_of(const Operation& operation);

struct StartAnswer {
  enum class Kind {
    started,       // the host has started it (the same operation started twice is `started` again)
    refused,       // the host looked and did not start it: `code` says why. A move that is skipped
    not_started,   // it was surely not started: the host was not reached, or was asked nothing
    nobody_knows,  // the request went out and no answer came back: look at the host until it is known
  };
  Kind kind = Kind::not_started;
  std::string code;  // refused: one of the codes of docs/safety.md ("locked", "not_here", "unit_exists", …)
  std::string sentence;         // for people: what was found and what to do
  std::string other_operation;  // refused with unit_exists: whose unit it is, where that could be read
};

// The transient service that carries a migration out on the source host.
struct UnitSample {
  enum class State { absent, running, succeeded, failed };
  State state = State::absent;
  std::string operation;      // from its description; empty where the unit is not one of ours
  bool starts_guest = false;  // made by start_guest, not by start
  std::optional<int> exit_status;
  std::optional<double> seconds;  // how long it ran, or has run
};

struct HaSample {
  bool managed = false;
  std::string state;   // started, stopped, migrate, relocate, error, …
  std::string node;    // where the HA manager has it
  std::string target;  // where it is taking it; empty: nowhere
};

// What one look at one host saw.
struct HostSample {
  std::string host;  // its own name for itself
  double uptime_seconds = 0;
  bool quorate = false;
  std::vector<std::string> places;  // hosts that have the guest's configuration, by this host's /etc/pve
  std::string lock;                 // of that configuration
  bool running = false;             // here
  bool paused = false;              // a VM that is there but does not run
  UnitSample unit;                  // on this host
  std::vector<std::string> log;     // the last lines of the unit's output
  std::optional<HaSample> ha;       // absent: could not be read
};

// One look at all hosts that matter: source, target, and where else the configuration is.
struct Observation {
  double at_seconds = 0;  // the caller's clock; only differences count
  std::vector<HostSample> hosts;
  std::vector<std::pair<std::string, std::string>> unreachable;  // host, why
};

struct LockAnswer {
  enum class Kind {
    held,     // ours, until `valid_seconds` after the call began
    other,    // another evaluator has it
    lost,     // it is not ours any more, or cannot be renewed; stop at once
    unknown,  // no host could be asked, or there is no quorum: as if not held
  };
  Kind kind = Kind::unknown;
  double valid_seconds = 0;  // counted from before the request went out; half of pmxcfs's 120 s
  std::string sentence;
};

}  // namespace pcb
