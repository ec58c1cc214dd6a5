// How this program's memory goes back to the system.
//
// A page of metrics, an answer of a host, a document are large and live for one cycle. glibc takes a first
// such block from the system and gives it back at its end, but then keeps blocks of that size in its heaps,
// one heap for each of several threads: a program that renders a page a cycle grows to several times what it
// uses. Tested by tests/common/os_memory_test.cpp.
#pragma once

namespace pcb::os {

// Blocks of 256 KiB and more go back to the system as soon as they are freed, and threads share two heaps.
// Call it at the start of main(), before there are threads.
void return_large_blocks();

}  // namespace pcb::os
