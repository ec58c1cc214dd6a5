// The actor: carries moves out, on a thread of its own, so that slow hosts never hold up planning.
//
// A round: renew the cluster's lock; look at every operation whose end is open (after a restart these first:
// nothing starts while one of them may still be beginning); then start at most one move that the envelope
// allows. The order of a start: judge, ask Alertmanager, judge again, commit the intent, look at the red
// button and at the clock, send. What is heard is committed before anything is cleared away. In mode suggest,
// with nothing under way, no host is spoken to.
//
// run() is the actor's thread; see(), wake(), reconfigure() and stop() may be called from any. What the parts
// refer to must outlive it. Tested by tests/evaluator/actor_test.cpp and, in the lab, tests/e2e/test_act.py.
#pragma once

#include <condition_variable>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "cluster/config.h"
#include "evaluator/cli/outside.h"
#include "evaluator/cli/situation.h"
#include "evaluator/decide/envelope.h"
#include "evaluator/decide/migration.h"
#include "evaluator/journal/journal.h"
#include "evaluator/trigger/counters.h"
#include "evaluator/trigger/migrator.h"
#include "evaluator/trigger/red_button.h"

namespace pcb {

struct ActorParts {
  Journal& journal;
  ActBoard& board;
  Counters& counters;
  RedButton& button;
  Migrator& migrator;
  std::function<void()> on_message;    // the outbox has something new
  std::function<void()> on_change;     // a move has ended: the loop may look again
  std::function<double()> steady_now;  // seconds since boot: never jumps, and counts sleep
  MigrationRules rules = {};
};

class Actor {
 public:
  using MakeOutside = std::function<std::unique_ptr<Outside>(const Config&)>;
  Actor(ActorParts parts, std::shared_ptr<const Config> config, MakeOutside make_outside);

  void run();
  void round();  // one, on the caller's thread
  void see(Situation situation);
  void wake();
  void reconfigure(std::shared_ptr<const Config> config);
  void stop();

 private:
  struct Records;  // what a round reads of the journal

  void take_configuration();
  Result<Records> read_records(double now);
  void keep_lock(bool wanted);
  [[nodiscard]] bool holds_lock() const;
  void release_lock();

  void follow(const OperationRecord& operation);
  void watch(const OperationRecord& operation, const MigrationVerdict& verdict, const Observation& seen);
  void clear_away(const OperationRecord& operation);
  void start_guest_again(const OperationRecord& operation, const Operation& asked, const std::string& host);
  Status note(const OperationRecord& operation, const MigrationVerdict& verdict,
              const std::vector<MoveState>& steps, double now);
  Status judge_failures(Tables& tables, double now);

  [[nodiscard]] bool is_settled(const std::vector<OperationRecord>& open) const;
  void start_one(const Records& records, double now);
  [[nodiscard]] std::string mode() const;  // that the loop saw, or a lower one since a reload
  [[nodiscard]] Circumstances circumstances(const Records& records, double now) const;
  [[nodiscard]] Wish wish_of(const MoveRecord& move, const Records& records) const;
  bool confirm(Wish& wish, const MoveRecord& move);
  void start(const MoveRecord& move, const Wish& wish, double judged_at);
  Status intend(const OperationRecord& operation, const Wish& wish, double now);
  void hear(const OperationRecord& operation, const StartAnswer& answer);
  void skip(const OperationRecord& operation, const std::string& code, const std::string& sentence);
  void expire(const MoveRecord& move, double now);
  void ask_maintenance(const Records& records, double now);  // cli/actor_maintenance.cpp
  void note_refusals(const Refusals& refusals);
  void show(Refusals refusals, const std::string& what);

  ActorParts parts_;
  MakeOutside make_outside_;
  std::shared_ptr<const Config> config_;
  std::unique_ptr<Outside> outside_;
  std::shared_ptr<const Situation> now_seen_;    // of this round
  std::map<std::string, Migration> migrations_;  // by operation; those looked at since the start
  std::map<std::string, double> clear_again_at_;
  std::map<std::string, double> rests_until_;  // guests that a host refused: steady seconds
  std::set<std::string> overdue_told_;
  std::set<std::string>
      starts_asked_;  // operations whose container, left stopped, was asked for since the start
  std::vector<WatchedMove> watched_;
  std::string lock_owner_, lock_sentence_, last_refusals_;
  double lock_until_ = 0, lock_again_at_ = 0, maintenance_again_at_ = 0;
  double acting_since_ = 0;  // Unix seconds: when the lock was taken
  std::size_t under_way_ = 0;

  std::mutex mutex_;
  std::condition_variable changed_;
  std::shared_ptr<const Config> next_config_;  // guarded by mutex_, like all below
  std::shared_ptr<const Situation> situation_;
  bool woken_ = false, stopping_ = false;
};

}  // namespace pcb
