// Thresholds for a cluster, proposed from what was measured, each with its reason.
//
// Pure. Percent, as config.yaml has them. The product's defaults hold unless what is measured makes no sense
// of them: a cluster that is fuller than they allow even when it is spread perfectly would be in alarm for
// ever, so a host's threshold is raised until the mean use of all online hosts is kMargin below it, at most
// to kMost; and where every fifth running guest is above its own threshold, that one is raised to kMost. A
// measurement is one look: the reasons say what was seen. Tested by tests/evaluator/setup_test.cpp.
#pragma once

#include <string>
#include <vector>

#include "cluster/document.h"

namespace pcb {

struct Proposal {
  static constexpr int kMargin = 10;  // percent points between the mean use and the threshold
  static constexpr int kMost = 95;

  int cpu = 80, memory = 85;              // of hosts
  int guest_cpu = 90, guest_memory = 90;  // of guests, of their own limits
  std::vector<std::string> reasons;       // one sentence each; texts of hosts are printable in them
};

Proposal propose_thresholds(const Cluster& cluster);

// The thresholds of every host of the document: so that a plan holds it against what is proposed.
void apply(const Proposal& proposal, Cluster& cluster);

}  // namespace pcb
