// Where a server listens: "127.0.0.1:9722", "[::1]:9722", "localhost:0".
//
// Pure. Only addresses, no names but localhost: a name could mean another address after the next boot.
// Tested by tests/common/http_head_test.cpp.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "common/result.h"

namespace pcb::http {

struct ListenAddress {
  std::string host;  // without brackets
  std::uint16_t port = 0;
  bool ipv6 = false;
  bool loopback = false;  // reachable from this machine only
};

Result<ListenAddress> parse_listen_address(std::string_view listen);
std::string to_string(const ListenAddress& address);  // "host:port" or "[host]:port"

}  // namespace pcb::http
