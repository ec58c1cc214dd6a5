// Times as Alertmanager writes them (RFC 3339) and as people read them.
//
// Pure. Times are whole milliseconds since 1970 UTC, so that the same instant written with three or nine
// digits compares equal. parse_rfc3339() takes "2026-11-22T16:43:30.323Z", any offset, 0 to 9 digits; it
// refuses everything else, also impossible dates. Go's zero time (year 1) parses and is negative. Tested by
// tests/common/rfc3339_test.cpp.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace pcb {

std::optional<std::int64_t> parse_rfc3339(std::string_view text);  // milliseconds

// "2026-11-22T16:43:30Z"; times outside the years 1 to 9999 are clamped.
std::string format_rfc3339(double unix_seconds);

}  // namespace pcb
