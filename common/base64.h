// Base64 (RFC 4648, section 4). Pure. Decoding is strict: anything but canonical text is refused. Tested by
// tests/common/ssh_known_hosts_test.cpp.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace pcb {

std::string base64_encode(std::string_view bytes);
std::optional<std::string> base64_decode(std::string_view text);

}  // namespace pcb
