// How much of the heap is in use, and how much was at most: operator new and delete of this program count it.
#pragma once

#include <cstddef>

namespace pcb::bench {

std::size_t heap_now();
std::size_t heap_peak();
void heap_forget_peak();

}  // namespace pcb::bench
