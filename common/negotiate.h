// What a client takes, read from its Accept and Accept-Encoding headers (RFC 9110, chapter 12).
//
// Pure; a malformed element is skipped, so the worst a client can do is to get plain text uncompressed.
// Tested by tests/common/negotiate_test.cpp.
#pragma once

#include <string_view>

#include "common/metrics_text.h"

namespace pcb {

// True when gzip is named, or "*", with a quality above 0. No header: false.
bool accepts_gzip(std::string_view accept_encoding);

// OpenMetrics only for a client that names it, in a version we write, and prefers it to text/plain or likes
// both the same; everyone else gets Prometheus's text format.
Exposition choose_exposition(std::string_view accept);

}  // namespace pcb
