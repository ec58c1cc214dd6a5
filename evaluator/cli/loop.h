// The loop: the one place that sees alerts, state, planner and messages together.
//
// A tick: read Alertmanager's own list (at the start, on request, every five minutes, and while an incident
// is open), take in the alerts the journal holds, read the cluster document, close what is over; while one is
// open plan, and store a plan that is news with its messages in one transaction. Anything doubtful is a Hold:
// nothing is proposed, and why is shown, logged and told. It starts no migration: the actor gets a Situation.
//
// run() is the loop's thread; wake(), ask_alertmanager(), reconfigure() and stop() may be called from any.
// Journal, Board, Counters and what `on_message` touches must outlive it.
// Tested by tests/evaluator/loop_test.cpp and tests/evaluator/serve_test.cpp.
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
#include "evaluator/decide/cluster_state.h"
#include "evaluator/decide/errand.h"
#include "evaluator/decide/suggestion.h"
#include "evaluator/decide/webhook.h"
#include "evaluator/journal/journal.h"
#include "evaluator/page/view.h"
#include "evaluator/trigger/counters.h"
namespace pcb {

struct LoopParts {
  Journal& journal;
  Board& board;
  Counters& counters;
  std::function<void()> on_message;                                       // the outbox has something new
  std::function<void(Situation)> on_situation = [](const Situation&) {};  // for the actor
};

class Loop {
 public:
  using MakeOutside = std::function<std::unique_ptr<Outside>(const Config&)>;
  Loop(LoopParts parts, std::shared_ptr<const Config> config, MakeOutside make_outside);

  void run(const std::function<void()>& feed_watchdog);
  void tick();  // one round, on the caller's thread
  void wake();
  void ask_alertmanager();
  void reconfigure(std::shared_ptr<const Config> config);
  void stop();

 private:
  using Lists = AlertLists;
  void take_configuration();
  [[nodiscard]] bool list_is_due(double now) const;
  Lists read_lists(double now);
  Status store_listed(const Lists& lists, double now);
  Status take_in(double now);
  Status expire(const Lists& lists, double now);
  Status settle_mode(double now);
  Status forget_old(double now);
  Hold read_document();
  Status close(double now);
  Hold read_state(ClusterState& state);
  std::vector<Incident> incidents_to_plan(const std::optional<Lists>& lists, Hold& silenced) const;
  void plan_for(const std::vector<Incident>& open, double now);
  Status tell_plan(const std::vector<Incident>& open, Plan fresh, const Cluster& cluster, double now);
  // cli/loop_act.cpp, cli/loop_errand.cpp, cli/loop_balance.cpp
  Status read_acting(double now);
  void remember_moves(Cluster& cluster) const;
  Status watch_members(double now);
  [[nodiscard]] bool is_moving() const;
  [[nodiscard]] bool looked_before_the_last_end() const;
  [[nodiscard]] Policy policy() const;
  Status confirm_standing(const Cluster& cluster);
  void count_wish(const Plan& fresh, double now);
  Status judge_outcomes(double now);
  bool run_errand(const Hold& hold, double now);
  bool run_balance(const Hold& hold, double now);
  Status begin_balance(const Cluster& cluster, double now);
  Status plan_errand(ErrandRecord errand, const Cluster& cluster, double now);
  Status end_errand(Tables& tables, ErrandRecord errand, bool complete, double now);
  [[nodiscard]] std::vector<TakenAway> taken_from(const std::string& host) const;
  Status note_outcome(OutcomeRecord outcome, const std::optional<Figures>& now_figures, double now);
  Result<std::int64_t> store(Tables& tables, const Plan& plan, const std::vector<std::size_t>& owners,
                             const std::vector<Incident>& open, double now);
  Status cancel_waiting(Tables& tables, std::optional<std::int64_t> incident, const std::string& reason,
                        double now);
  Status withdraw(const std::string& reason, double now);
  void set_hold(Hold hold, double now);
  void tell_hold(const std::vector<Incident>& open, double now);
  Status record(Tables& tables, const IncidentEvent& event, double now);
  Status notify(Tables& tables, const std::string& key, const Message& message,
                std::optional<std::int64_t> incident, double now);

  LoopParts parts_;
  MakeOutside make_outside_;
  std::shared_ptr<const Config> config_;  // what this tick uses
  std::unique_ptr<Outside> outside_;

  std::vector<Incident> incidents_;              // the live ones, and those of the last day
  std::map<std::string, double> missing_since_;  // fingerprints that Alertmanager does not list
  std::set<std::string> listed_;                 // "fingerprint/start" stored from the list
  std::map<std::string, int> quiet_ticks_;       // ticks in a row with the same answer that is no plan
  std::set<std::string> told_;                   // event keys queued since the start
  double last_list_at_ = 0, next_forgetting_at_ = 0;
  std::vector<OperationRecord> operations_;  // of the last weeks, and what is under way
  std::string breaker_, wanted_;             // why it is open; goal and scope of the last ticks' plans
  Situation situation_;
  View view_;

  std::mutex mutex_;
  std::condition_variable changed_;
  std::shared_ptr<const Config> next_config_;  // guarded by mutex_, like all below
  bool woken_ = false, list_wanted_ = true, stopping_ = false;
};
}  // namespace pcb
