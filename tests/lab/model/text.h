// Numbers and lines of the lab's files, written.
#pragma once

#include <string>

namespace pcb::lab {

// printf into a string; the format is always a literal.
[[gnu::format(printf, 1, 2)]] std::string form(const char* format, ...);

inline std::string whole(double value) { return form("%.0f", value < 0.0 ? 0.0 : value); }

}  // namespace pcb::lab
