// Readers of the host's network: counters of its devices, and its bridges.
//
// Pure. A guest's device is veth<id>i<n> (container) or tap<id>i<n> (VM); what the host receives there, the
// guest has sent. Firewall bridges (fwbr, fwpr, fwln) carry the same traffic once more and are left out; so
// do the host's own bridges, bonds and VLANs, which is why its traffic is that of its network cards alone.
// Tested by tests/exporter/parse_proc_test.cpp.
#pragma once

#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "cluster/document.h"
#include "common/result.h"
#include "exporter/file_map.h"

namespace pcb {

struct NetTraffic {
  double received_bytes = 0, transmitted_bytes = 0;
};

struct NetCounters {
  std::map<std::string, NetTraffic> devices;  // of the host itself, by name
  std::map<std::string, NetTraffic> guests;   // "lxc/101" → seen from the guest
};
Result<NetCounters> parse_net_dev(std::string_view text);

// nics: names of the devices with hardware behind them. Empty (not told, or a host that is itself a
// container): by their names, en*, eth*, nic* (pinned by Proxmox VE 9), ib*, wl*, usb*. Absent: there is
// none.
std::optional<NetTraffic> host_traffic(const NetCounters& counters, const std::set<std::string>& nics);

// From /sys/class/net/X/bridge/{stp_state,vlan_filtering}, /sys/class/net/X/mtu, and for Open vSwitch
// /etc/network/interfaces. nullopt: the host's devices were not read at all.
std::optional<std::vector<Bridge>> parse_bridges(const FileMap& files);

}  // namespace pcb
