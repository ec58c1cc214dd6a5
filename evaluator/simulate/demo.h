// A made-up trace for demonstration: the same seed gives the same bytes.
//
// Pure. Four hosts of mixed size and 40 guests: offices that are busy by day and idle at the weekend, batch
// work at night, services that hardly change, bursts of half an hour to a few hours, memory that grows until
// a restart. Guests that are busy at the same time start on the same host, as they do in real life. Some
// cannot move (a bind mount), two are kept apart. Tested by tests/evaluator/trace_test.cpp.
#pragma once

#include <cstdint>

#include "evaluator/simulate/trace.h"

namespace pcb {

inline constexpr double kDemoStepSeconds = 300;

Trace demo_trace(std::uint64_t seed, double days);

}  // namespace pcb
