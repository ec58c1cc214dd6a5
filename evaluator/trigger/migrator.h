// Migrator: the hands of the evaluator on the hosts. Starts a migration, looks at it, clears up after it.
//
// Every call blocks, at most `MigratorSettings::call_limit` per host asked, and never throws. Nothing here
// decides: the caller has written its intent before start(), journals what it heard before clear(), and asks
// evaluator/decide/migration.h what a look means. start() is never repeated by itself: after `nobody_knows`
// look() finds out. A migration once started goes on whatever happens to this process or its connections.
// One thread; interrupt() alone may be called from any thread or signal handler.
// Implemented by evaluator/trigger/migrate.h over SSH, by tests/evaluator/fake_migrator.h in memory.
#pragma once

#include <string>

#include "common/result.h"
#include "evaluator/decide/operation.h"

namespace pcb {

class Migrator {
 public:
  Migrator() = default;
  virtual ~Migrator() = default;
  Migrator(const Migrator&) = delete;
  Migrator& operator=(const Migrator&) = delete;

  // Checks on the target and on the source, and starts in the same script as it checks. Give it only with a
  // lock that is held, and an intent that is on disk.
  virtual StartAnswer start(const Operation& operation) = 0;

  // What source, target and any third place of the guest say now. Hosts that do not answer stand under
  // `unreachable`; the time is that of the call, in seconds since boot.
  virtual Observation look(const Operation& operation) = 0;

  // Takes the ended unit of this operation off the source and the target host. Done also where there is none;
  // an error where a host could not be asked, or the unit still runs.
  virtual Status clear(const Operation& operation) = 0;

  // Starts the guest where its configuration is: for a container that a failed migration left stopped.
  // Refused where it runs anywhere, is locked, or is not on `host`. Runs as a unit of the operation in place
  // of the migration's, which is cleared: journal what look() saw before. look() sees it, clear() takes it
  // away.
  virtual StartAnswer start_guest(const Operation& operation, const std::string& host) = 0;

  // Asks Proxmox's HA for node maintenance of `host`, or for its end; `started`: it is queued. Asked again it
  // changes nothing. What comes of it shows in the state of the host and the places of its guests.
  virtual StartAnswer maintenance(const std::string& host, bool begins) = 0;

  // The cluster's lock, of which there is one: corosync decides. `owner` is 32 hex digits, the same for the
  // whole life of one journal. take_lock() by who has it already renews it.
  virtual LockAnswer take_lock(const std::string& owner) = 0;
  virtual LockAnswer renew_lock(const std::string& owner) = 0;
  virtual Status release_lock(const std::string& owner) = 0;

  // Ends the call under way, and every later one at once, as if no host answered.
  virtual void interrupt() = 0;
};

}  // namespace pcb
