// The key a host shows now, without logging in: for accept-host-key.
//
// Blocks up to `limit`. Prefers ed25519. Touches no file.
// Tested by tests/common/ssh_connection_test.cpp.
#pragma once

#include <chrono>
#include <string>

#include "common/result.h"

namespace pcb::ssh {

Result<std::string> fetch_host_key(const std::string& address, int port, std::chrono::milliseconds limit);

}  // namespace pcb::ssh
