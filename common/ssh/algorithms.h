// What the linked libssh2 can do: asked of the library itself, so that a newer one is used to the full.
//
// RSA counts only with SHA-2 signatures (libssh2 1.11 and newer): servers since OpenSSH 8.8 refuse SHA-1.
// Thread-safe after library_ready(). Tested by tests/common/ssh_connection_test.cpp.
#pragma once

#include <string>
#include <vector>

#include "common/result.h"

namespace pcb::ssh {

// Initialises libssh2 once and ignores SIGPIPE. Call before any thread starts.
Status library_ready();
std::string library_version();  // "1.10.0"

// Host key algorithms worth offering, best first.
const std::vector<std::string>& host_key_algorithms();
bool can_sign_with_rsa();
// The algorithms that may show a key of one of these known_hosts types, as method_pref takes them:
// "ssh-ed25519,ecdsa-sha2-nistp256". Empty: none of the types can be checked by this library.
std::string algorithms_for(const std::vector<std::string>& key_types);
std::string all_host_key_algorithms();

}  // namespace pcb::ssh
