// Secrets as SHA-256: kept instead of what they are made of, and compared in constant time.
//
// Pure; safe from several threads. Tested by tests/common/http_require_test.cpp.
#pragma once

#include <array>
#include <string_view>

namespace pcb::http {

using SecretDigest = std::array<unsigned char, 32>;

SecretDigest digest_of(std::string_view secret);
bool equal(const SecretDigest& a, const SecretDigest& b);

// The credentials behind a scheme's name: "Bearer xyz" with "Bearer" → "xyz"; empty when they are of another
// scheme.
std::string_view credentials_of(std::string_view authorization, std::string_view scheme);

}  // namespace pcb::http
