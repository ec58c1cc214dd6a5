// What becomes of a started migration: interprets one look after another, and never believes an exit code.
//
// Pure: a state machine over Observations. Done is only: the configuration under the target alone, no lock,
// run state as before, in `samples` looks that span `settle_seconds`. Everything else Proxmox can leave
// behind (a container stopped, a lock, a paused VM, HA that moves it back, a third host) is told as what it
// is, with the command that a person should type. It survives a restart: a new Migration with
// `start_known = false` finds out from the hosts alone.
// Sources of the traps: docs/safety.md. Tested by tests/evaluator/migration_test.cpp and
// migration_ha_test.cpp.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "evaluator/decide/move_state.h"
#include "evaluator/decide/operation.h"

namespace pcb {

struct MigrationRules {
  int samples = 3;                   // looks that must agree
  double settle_seconds = 4;         // and the time between the first and the last of them
  double start_doubt_seconds = 60;   // after this, a start that left no trace did not happen
  double ha_patience_seconds = 180;  // how long the HA manager may take to begin
  double ha_settle_seconds = 25;     // in place of settle_seconds: the HA manager may take a guest back
  double start_again_seconds = 30;   // between two requests to start a container that was left stopped
  double overdue_seconds = 1800;     // then a person is told; nothing is ever killed
  double silent_seconds = 120;       // nobody who matters answers for this long: unknown
};

struct MigrationVerdict {
  MoveState state = MoveState::starting;  // starting, running, verifying, done, failed, unknown
  std::string sentence;                   // what is known, for people and the journal; hostile text escaped
  std::string command;                    // what a person should type; empty: nothing
  std::string start_guest_on;             // not empty: call Migrator::start_guest with this host now, once
  bool clear_unit = false;                // the end is known: journal it, then call Migrator::clear
  bool not_started = false;               // failed because nothing was ever begun: the move was skipped
  bool overdue = false;
  std::optional<double> duration_seconds;  // of the migration, by the host's own clock where it says so
  std::optional<double> downtime_seconds;  // from the host's log
};

class Migration {
 public:
  // begun_at: when the start was sent, on the clock of Observation::at_seconds. start_known: the host has
  // answered `started`.
  Migration(Operation operation, MigrationRules rules, double begun_at_seconds, bool start_known);

  // The verdict after this look. `done` and `failed` are final; `unknown` is left when a later look knows.
  MigrationVerdict see(const Observation& observation);

  [[nodiscard]] const Operation& operation() const { return operation_; }

 private:
  struct Picture;     // what one look says of this guest
  struct Conclusion;  // what it would mean if it stays so
  void remember(const Picture& picture);
  [[nodiscard]] Conclusion conclude(const Picture& picture) const;
  [[nodiscard]] Conclusion conclude_ha(const Picture& picture) const;
  [[nodiscard]] Conclusion conclude_at_rest(const Picture& picture) const;
  [[nodiscard]] Conclusion conclude_stopped(const Picture& picture) const;
  MigrationVerdict settle(const Conclusion& conclusion, double now);
  void ask_to_start(MigrationVerdict& verdict, const std::string& host, double now);
  [[nodiscard]] std::string tool() const;  // pct or qm
  [[nodiscard]] std::string reason() const;

  Operation operation_;
  MigrationRules rules_;
  double begun_at_;
  bool start_known_;

  MoveState state_ = MoveState::starting;
  double news_at_;           // of the last look that told something
  std::string settling_;     // the conclusion that is being confirmed
  int agreed_ = 0;           // looks that came to it
  double agreed_since_ = 0;  // the first of them
  UnitSample ended_;         // our unit, once it has ended; it may be cleared since
  std::vector<std::string> log_;
  std::optional<double> shutdown_at_, downtime_;
  bool ha_moved_ = false;  // the HA manager was seen at it
  bool was_on_target_ = false;
  int start_requests_ = 0;
  double start_asked_at_ = 0;
  UnitSample start_unit_;  // of start_guest
};

}  // namespace pcb
