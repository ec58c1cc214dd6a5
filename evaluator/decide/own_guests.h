// The guests that this program and its monitoring run in: they are never moved automatically.
//
// Pure. A guest is found by the MAC address of one of its network cards: those of the machine this runs on,
// and those under which the exporter, Prometheus and Alertmanager are reached, as the kernel's table of
// neighbours has them (/proc/net/arp: IPv4, the same network segment). Tested by
// tests/evaluator/own_guests_test.cpp.
#pragma once

#include <set>
#include <string>
#include <string_view>

#include "cluster/document.h"

namespace pcb {

// Of the neighbours with one of these addresses; those the kernel has no answer of are left out.
std::set<std::string> neighbour_macs(std::string_view arp_table, const std::set<std::string>& addresses);
// In lower case; absent what is no address of a card: zeros, or something else.
std::string card_mac(std::string_view text);
std::set<std::string> own_guests(const Cluster& cluster, const std::set<std::string>& macs);

}  // namespace pcb
