#include "heap.h"

#include <algorithm>
#include <cstdlib>
#include <new>

#include <malloc.h>

namespace {

std::size_t now = 0, peak = 0;

void* counted(std::size_t size) {
  void* const block = std::malloc(size);
  if (block == nullptr) throw std::bad_alloc();
  now += malloc_usable_size(block);
  peak = std::max(peak, now);
  return block;
}

void forget(void* block) {
  if (block == nullptr) return;
  now -= malloc_usable_size(block);
  std::free(block);
}

}  // namespace

void* operator new(std::size_t size) { return counted(size); }
void* operator new[](std::size_t size) { return counted(size); }
void operator delete(void* block) noexcept { forget(block); }
void operator delete[](void* block) noexcept { forget(block); }
void operator delete(void* block, std::size_t) noexcept { forget(block); }
void operator delete[](void* block, std::size_t) noexcept { forget(block); }

namespace pcb::bench {

std::size_t heap_now() { return now; }
std::size_t heap_peak() { return peak; }
void heap_forget_peak() { peak = now; }

}  // namespace pcb::bench
