// The page at /pve?target=HOST&cluster=1&node=1: what prometheus-pve-exporter shows, from the snapshot.
//
// Pure. Names, labels and meanings are those of its release 3.10, with the gauges that it has given up but
// still shows. cluster=1 is the whole cluster, whichever host is the target; node=1 is what it reads from the
// target's guest configurations. Tested by tests/exporter/render_pve_test.cpp.
#pragma once

#include <compare>
#include <string>

#include "common/metrics_text.h"
#include "exporter/snapshot.h"

namespace pcb {

struct PveParts {
  bool cluster = true, node = true;

  // NOLINTNEXTLINE(modernize-use-nullptr): clang-tidy 14 sees the literal 0 in <=>
  auto operator<=>(const PveParts&) const = default;
};

// host: its name in the cluster; empty: the node part of all hosts.
std::string render_pve(const Snapshot& snapshot, const std::string& host, const PveParts& parts,
                       Exposition exposition);

// The answer of /sd: the hosts that are read, as Prometheus's HTTP service discovery takes them.
std::string render_discovery(const Snapshot& snapshot);

}  // namespace pcb
