#include "common/http/secret_digest.h"

#include <openssl/crypto.h>
#include <openssl/sha.h>

#include "common/text.h"

namespace pcb::http {

SecretDigest digest_of(std::string_view secret) {
  SecretDigest result{};
  static_assert(std::tuple_size_v<SecretDigest> == SHA256_DIGEST_LENGTH);
  ::SHA256(reinterpret_cast<const unsigned char*>(secret.data()), secret.size(), result.data());
  return result;
}

bool equal(const SecretDigest& a, const SecretDigest& b) {
  return ::CRYPTO_memcmp(a.data(), b.data(), a.size()) == 0;
}

std::string_view credentials_of(std::string_view authorization, std::string_view scheme) {
  if (authorization.size() <= scheme.size() || authorization[scheme.size()] != ' ') return {};
  if (!text::equal_ignoring_case(authorization.substr(0, scheme.size()), scheme)) return {};
  return text::trim(authorization.substr(scheme.size()));
}

}  // namespace pcb::http
