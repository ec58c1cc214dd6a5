// The page at "/": what this is, how each host is, where to go.
//
// Pure. Every word from a host or a file is escaped. Tested by tests/exporter/poller_pages_test.cpp.
#pragma once

#include <string>

#include "exporter/snapshot.h"

namespace pcb {

// snapshot: null before the first round.
std::string render_landing(const Snapshot* snapshot, std::string_view version, double now_unix_seconds);

}  // namespace pcb
