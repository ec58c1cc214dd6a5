// A slow way to a host: a TCP proxy in the host's network namespace that holds every byte back for a while.
//
// Stands in for tc netem, which not every kernel has: connections to port 22 are redirected to the proxy,
// which passes them on to sshd, each direction late by the same time. Its process ends when its parent does.
// Tested by tests/lab/checks/lab_test.cpp.
#pragma once

#include <sys/types.h>

#include "common/result.h"

namespace pcb::lab {

inline constexpr int kDelayPort = 2222;

// Starts the proxy in the namespace of `host`; the caller redirects to kDelayPort once this returns.
Result<pid_t> start_delay(pid_t host, double seconds_each_way);

}  // namespace pcb::lab
