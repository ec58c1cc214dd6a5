// Random bytes from the kernel, for nonces, operation ids and tokens.
//
// Safe from several threads. The kernel's generator cannot fail once the machine has started; should it, the
// process ends rather than hand out something guessable.
// Tested by tests/common/os_process_test.cpp.
#pragma once

#include <cstddef>
#include <string>

namespace pcb::os {

// `bytes` random bytes as 2 × bytes lower-case hexadecimal digits.
std::string random_hex(std::size_t bytes);

}  // namespace pcb::os
