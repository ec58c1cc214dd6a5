// gzip compression of whole bodies, for handlers that hand out ready bytes (Content-Encoding: gzip).
//
// Pure; safe from several threads. Whether a client takes gzip: accepts_gzip() in common/negotiate.h.
// Tested by tests/common/http_gzip_test.cpp.
#pragma once

#include <string>
#include <string_view>

#include "common/result.h"

namespace pcb::http {

// `level` 1 (quick) to 9 (small). Fails only when memory is short.
Result<std::string> gzip(std::string_view body, int level = 5);

}  // namespace pcb::http
