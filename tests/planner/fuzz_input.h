// One input of the planner's fuzzing: any bytes → document → every goal → JSON and text.
//
// Shared by tests/fuzz/fuzz_planner.cpp (libFuzzer) and tests/planner/fuzz_test.cpp (seeded mutations, in
// every run).
#pragma once

#include <string>
#include <string_view>

namespace pcb::reference {

// "" when all is well, also when the bytes are refused as they should be; else what is wrong.
std::string fuzz_planner(std::string_view bytes);

}  // namespace pcb::reference
