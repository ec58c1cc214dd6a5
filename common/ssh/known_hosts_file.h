// The known_hosts file on disk: read whole, appended to in one write, rewritten by rename.
//
// Touches the disk. A file that does not exist is empty. A new file is 0600, a rewritten one keeps mode and
// owner; the folder must exist.
// Not thread-safe; two processes may append at once (O_APPEND, one write per line).
// Tested by tests/common/ssh_known_hosts_test.cpp.
#pragma once

#include <string>
#include <string_view>

#include "common/result.h"
#include "common/ssh/known_hosts.h"

namespace pcb::ssh {

Result<KnownHosts> read_known_hosts(const std::string& path);
Status record_host_key(const std::string& path, std::string_view host, int port, std::string_view key_blob);
// Takes the host's old keys out and puts this one in. Gives the number of lines taken out.
Result<int> replace_host_key(const std::string& path, std::string_view host, int port,
                             std::string_view key_blob);

}  // namespace pcb::ssh
