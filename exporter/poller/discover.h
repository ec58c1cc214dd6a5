// Which hosts to read when `exporter.discover` is set: those of the configuration, and the other members of
// the cluster as .members has them.
//
// Pure. A discovered host gets the login of the first configured one and the address that .members gives.
// Members that are configured already, by name, by address, or by what the host has told its name to be, are
// not added again, whoever tells of them; neither are odd names and addresses that are no IP addresses: what
// stands in .members came from a host and is not trusted. Tested by tests/exporter/poller_discover_test.cpp.
#pragma once

#include <vector>

#include "common/ssh/connection.h"
#include "exporter/host_report.h"

namespace pcb {

// The newest view of the cluster that has quorum; null: nobody can tell who is a member.
const ClusterView* members_view(const std::vector<const HostReport*>& reports);

// Whether `view` says nothing that `newest` does not say better: an older one of the same cluster. Every host
// can tell of the whole cluster, and does when guests change; kept by each of n hosts that is n² in all.
bool is_outdone(const ClusterView& view, const ClusterView& newest);

// Whether the host can be asked about the whole cluster: its pmxcfs answers, and has quorum. `before`: what
// held until now, for a host that has not told of the cluster since.
bool tells_of_cluster(const HostReport& report, bool before);

std::vector<ssh::ConnectionSettings> with_members(const std::vector<ssh::ConnectionSettings>& configured,
                                                  const Members& members,
                                                  const std::vector<const HostReport*>& reports);

}  // namespace pcb
