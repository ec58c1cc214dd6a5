// The envelope's groups of limits; each adds its refusals. For decide/envelope*.cpp alone.
#pragma once

#include "evaluator/decide/envelope.h"

namespace pcb::envelope {

struct Case {
  const Wish& wish;
  const Circumstances& known;
  const EnvelopeSettings& settings;
  Refusals& refusals;

  void refuse(Restraint reason, std::string sentence) const {
    refusals.push_back({reason, std::move(sentence)});
  }
  [[nodiscard]] const std::string& from() const { return wish.move.from; }
  [[nodiscard]] const std::string& to() const { return wish.move.to; }
  [[nodiscard]] bool touches(const PastMove& past, const std::string& host) const {
    return past.from == host || past.to == host;
  }
  [[nodiscard]] bool automatic() const { return wish.by == Initiator::automatic; }
  [[nodiscard]] bool of_a_plan() const { return automatic() || wish.by == Initiator::approved; }
};

void judge_cluster(const Case& c);  // what holds for every move
void judge_hosts(const Case& c);    // source and target
void judge_guest(const Case& c);    // the guest as it is
void judge_rates(const Case& c);    // how much, how often
void judge_consent(const Case& c);  // who allowed it

const Host* find_host(const Cluster& cluster, const std::string& name);
const Guest* find_guest(const Cluster& cluster, const std::string& id);

}  // namespace pcb::envelope
