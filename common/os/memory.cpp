#include "common/os/memory.h"

#include <malloc.h>

namespace pcb::os {

void return_large_blocks() {
  constexpr int kLargeBytes = 256 * 1024;
  constexpr int kHeaps = 2;
  // Either says no only where the C library has no such setting: then there is nothing to set.
  static_cast<void>(::mallopt(M_MMAP_THRESHOLD, kLargeBytes));
  static_cast<void>(::mallopt(M_ARENA_MAX, kHeaps));
}

}  // namespace pcb::os
