// The user's private key: read with the same distrust that ssh(1) has, and told what it is.
//
// Touches the disk. A key that others can read, that belongs to another user, or whose folder others can
// write to is refused (systemd's credentials, which show as mode 0440, are not), as is a kind that cannot
// work: RSA (libssh2 before 1.11 signs only with SHA-1, which servers refuse), DSA, keys on security tokens.
// Every error carries the command that mends it. Tested by tests/common/ssh_key_file_test.cpp.
#pragma once

#include <string>
#include <string_view>

#include "common/result.h"

namespace pcb::ssh {

struct PrivateKey {
  std::string text;  // as in the file
  std::string type;  // "ssh-ed25519", …; empty where only the passphrase could tell
  bool encrypted = false;
};

Result<PrivateKey> read_private_key(const std::string& path);
// Pure: what a key file's text holds. `path` is for the sentences.
Result<PrivateKey> examine_private_key(std::string text, const std::string& path);

}  // namespace pcb::ssh
