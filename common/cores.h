// Cores as people read them.
//
// Pure. Tested by tests/common/text_test.cpp.
#pragma once

#include <string>

namespace pcb::text {

// To two digits behind the point: "1 core", "2.5 cores", "0 cores".
std::string human_cores(double cores);

}  // namespace pcb::text
