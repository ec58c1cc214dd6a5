#include "common/os/random.h"

#include <array>
#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <string_view>

#include <sys/random.h>

namespace pcb::os {

std::string random_hex(std::size_t bytes) {
  constexpr std::string_view kDigits = "0123456789abcdef";
  std::string result;
  std::array<unsigned char, 256> buffer{};
  while (result.size() < 2 * bytes) {
    const ssize_t count = ::getrandom(buffer.data(), buffer.size(), 0);
    if (count < 0 && errno == EINTR) continue;
    if (count <= 0) {
      std::fputs("the kernel gives no random bytes\n", stderr);
      std::abort();
    }
    for (ssize_t i = 0; i < count && result.size() < 2 * bytes; ++i) {
      const unsigned value = buffer[static_cast<std::size_t>(i)];
      result += kDigits[value >> 4U];
      result += kDigits[value & 0xfU];
    }
  }
  return result;
}

}  // namespace pcb::os
