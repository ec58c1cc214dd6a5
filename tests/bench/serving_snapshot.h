// A made-up cluster of any size, as the poller would hand it to the renderer: for the serving benches.
//
// The same arguments give the same values. About 1,500 series a host with its 30 guests; every family of the
// catalogue that a host, guest or storage can have is there, and one guest's name needs every escape.
#pragma once

#include <cstddef>

#include "exporter/poller/collected.h"

namespace pcb::bench {

Collected made_up_cluster(std::size_t hosts, std::size_t guests_per_host);

// The smallest cluster of hosts with 30 guests each whose page has at least so many series.
Collected cluster_of_series(std::size_t series);

// Lines of a metrics page that are samples.
std::size_t count_series(const std::string& page);

}  // namespace pcb::bench
