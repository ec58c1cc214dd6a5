// A TCP proxy that holds every byte back for a while: stands in for tc netem, which not every kernel has.
//
// One thread, poll(): each listener passes its connections on to a port of 127.0.0.1, and each direction is
// late by the same time, to about a tenth of a millisecond; nothing is dropped or reordered.
// Tested by tests/lab/checks/lab_test.cpp and tests/bench/test_collecting.py.
#pragma once

#include <vector>

namespace pcb::test {

struct DelayRoute {
  int listener = -1;  // listening, non-blocking
  int port = 0;       // of 127.0.0.1, where its connections go
};

// A non-blocking listener on an IPv4 address (host byte order); port 0: a free one. -1: cannot be had.
int delay_listener(unsigned address, int port);
int port_of(int listener);

[[noreturn]] void run_delay_proxy(const std::vector<DelayRoute>& routes, double seconds_each_way);

}  // namespace pcb::test
