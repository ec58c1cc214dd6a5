// Any bytes as a cluster document, planned for every goal: refused with the place of the fault, or a plan
// that holds together. No crash, no hang (-timeout).
#include <cstdio>
#include <cstdlib>

#include "tests/planner/fuzz_input.h"

extern "C" int LLVMFuzzerTestOneInput(const unsigned char* data, size_t size);

extern "C" int LLVMFuzzerTestOneInput(const unsigned char* data, size_t size) {
  const std::string fault =
      pcb::reference::fuzz_planner(std::string_view(reinterpret_cast<const char*>(data), size));
  if (fault.empty()) return 0;
  std::fprintf(stderr, "%s\n", fault.c_str());
  std::abort();
}
