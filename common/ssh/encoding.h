// The encoding of SSH's keys: strings with a four-byte length in front (RFC 4251, section 5).
//
// Pure. Tested by tests/common/ssh_known_hosts_test.cpp.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace pcb::ssh {

// Takes one string off the front of `bytes`; nothing when there is none.
std::optional<std::string_view> take_string(std::string_view& bytes);
void append_uint32(std::string& out, std::uint32_t value);
void append_string(std::string& out, std::string_view bytes);

// "ssh-ed25519", "ecdsa-sha2-nistp256", …: the type a public key names itself by; empty when it is no key.
std::string key_type(std::string_view key_blob);
// "SHA256:…" as ssh-keygen -l prints it.
std::string fingerprint(std::string_view key_blob);

}  // namespace pcb::ssh
