// HostTrust: may this host show this key? The decision and its sentences, over the known_hosts file.
//
// Touches the disk: the file is read for every connection, so that a mended file counts at once, and a new
// key is recorded where `accept_new` allows it. A key that changed, or is revoked, is never accepted, and
// neither is a first key of another type for a host that is known already: that is how a man in the middle
// would look. One thread. Tested by tests/common/ssh_connection_test.cpp.
#pragma once

#include <string>
#include <string_view>

#include "common/ssh/failure.h"
#include "common/ssh/known_hosts.h"

namespace pcb::ssh {

class HostTrust {
 public:
  HostTrust(std::string known_hosts_path, std::string address, int port, bool accept_new);

  // Reads the file and chooses what host keys to ask for: those of the types known for the host, else all.
  Problem load();
  [[nodiscard]] const std::string& algorithms() const { return algorithms_; }
  Problem check(std::string_view key_blob);
  // The sentence for a handshake without a common algorithm.
  [[nodiscard]] std::string no_common_algorithm() const;

 private:
  [[nodiscard]] std::string accept_command() const;

  std::string path_;
  std::string address_;
  int port_;
  bool accept_new_;
  KnownHosts known_;
  std::string algorithms_;
  bool narrowed_ = false;  // only some types are asked for, because only those are known
};

}  // namespace pcb::ssh
