// The contract of docs/planner.md written a second time, slowly and plainly, without a line of the planner's
// code.
//
// Names instead of indices, sums made anew for every question. Tests hold plans against it: every figure,
// every step, every order that `after` permits, and (oracle.h) the best result that exists.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "cluster/document.h"
#include "evaluator/planner/plan.h"
#include "evaluator/planner/planner.h"

namespace pcb::reference {

using Places = std::map<std::string, std::string>;  // guest id → host

struct Use {
  double cpu = 0, memory = 0;
};

class Reference {
 public:
  Reference(const Cluster& cluster, const Goal& goal, const Policy& policy);

  [[nodiscard]] const Places& start() const { return start_; }
  [[nodiscard]] Use use(const Places& places, const std::string& host, bool with_high) const;
  [[nodiscard]] Use limit(const std::string& host) const;

  // "" when the guest may go to the host now; else the name of the limit. `group` moves with it.
  [[nodiscard]] std::string forbids(const Places& places, const std::string& guest, const std::string& to,
                                    const std::vector<std::string>& group) const;
  // Apart from room and company.
  [[nodiscard]] std::string never(const std::string& guest, const std::string& to) const;
  [[nodiscard]] std::string own_limit(const std::string& guest) const;

  [[nodiscard]] bool broken(const Rule& rule, const Places& places) const;
  [[nodiscard]] int offences(const Rule& rule, const Places& places) const;
  [[nodiscard]] std::vector<std::string> broken_hosts(const Rule& rule, const Places& places) const;
  [[nodiscard]] std::vector<std::string> group_of(const std::string& guest) const;  // itself included

  [[nodiscard]] double copy_bytes(const std::string& guest, const std::string& to) const;
  [[nodiscard]] double downtime_seconds(const std::string& guest) const;
  [[nodiscard]] double cost(const std::string& guest, const std::string& to) const;
  [[nodiscard]] double overload(const Places& places, const std::vector<std::string>& hosts) const;
  [[nodiscard]] double peak(const Places& places) const;
  [[nodiscard]] double imbalance(const Places& places) const;
  [[nodiscard]] std::vector<std::string> online() const;
  [[nodiscard]] std::vector<std::string> over_limit(const Places& places) const;

  // The goal's score of an end state that was reached with so many moves at such a cost; smaller is better.
  [[nodiscard]] std::vector<double> score(const Places& places, double cost, int moves) const;
  // Relieve: hosts outside the scope do not end worse.
  [[nodiscard]] bool spares_others(const Places& places) const;

  // Everything wrong with the plan, one sentence each.
  [[nodiscard]] std::vector<std::string> check(const Plan& plan) const;

  [[nodiscard]] const Host& host(const std::string& name) const { return *hosts_.at(name); }
  [[nodiscard]] const Guest& guest(const std::string& id) const { return *guests_.at(id); }
  [[nodiscard]] const Cluster& cluster() const { return cluster_; }

 private:
  void check_steps(const Plan& plan, std::vector<std::string>& faults) const;
  void check_orders(const Plan& plan, std::vector<std::string>& faults) const;
  void check_figures(const Plan& plan, std::vector<std::string>& faults) const;
  void check_rejected(const Plan& plan, std::vector<std::string>& faults) const;
  void check_words(const Move& move, const std::string& where, std::vector<std::string>& faults) const;
  void check_fixes(const Plan& plan, std::vector<std::string>& faults) const;
  void check_place(const Plan& plan, std::vector<std::string>& faults) const;
  void check_survive(const Plan& plan, std::vector<std::string>& faults) const;
  [[nodiscard]] std::string storage_forbids(const Places& places, const std::string& guest,
                                            const std::string& to, bool room) const;

  const Cluster& cluster_;
  Goal goal_;
  Policy policy_;
  std::map<std::string, const Host*> hosts_;
  std::map<std::string, const Guest*> guests_;
  Places start_;
  std::map<std::string, Use> rest_;  // what a host uses beyond its guests
  std::vector<std::string> scope_, was_over_;
  std::map<std::string, bool> can_be_lowered_;
};

}  // namespace pcb::reference
