#include "common/http/users.h"

#include <cstring>
#include <memory>

#include <crypt.h>
#include <openssl/crypto.h>
#include <openssl/sha.h>

#include "common/log/log.h"

namespace pcb::http {
namespace {

constexpr std::size_t kMaxKnown = 256;

}  // namespace

bool Users::right(const std::string& name, const std::string& password, const std::string& hash) {
  if (password.size() > 72 || password.find('\0') != std::string::npos)
    return false;  // bcrypt reads 72 bytes
  const std::string proof = name + '\0' + password + '\0' + hash;
  Digest digest{};
  ::SHA256(reinterpret_cast<const unsigned char*>(proof.data()), proof.size(), digest.data());
  const std::lock_guard lock(mutex_);
  if (known_.count(digest) != 0) return true;
  const auto space = std::make_unique<crypt_data>();
  const char* made = ::crypt_r(password.c_str(), hash.c_str(), space.get());
  if (made == nullptr || std::strlen(made) != hash.size()) return false;
  if (::CRYPTO_memcmp(made, hash.data(), hash.size()) != 0) return false;
  if (known_.size() >= kMaxKnown) known_.clear();
  known_.insert(digest);
  return true;
}

std::optional<Response> Users::check(Request& request, const std::map<std::string, std::string>& hashes) {
  if (hashes.empty()) return std::nullopt;
  if (!limit_.may_try(request.remote_address)) return too_many_failures();
  const auto header = request.headers.find("authorization");
  if (header == request.headers.end()) return login_required(true, false);
  if (const auto basic = read_basic(header->second)) {
    const auto user = hashes.find(basic->first);
    const bool known = user != hashes.end();
    // For a name nobody has, another user's hash is worked through all the same, so that the time tells
    // nothing.
    const std::string& hash = known ? user->second : hashes.begin()->second;
    if (right(basic->first, basic->second, hash) && known) {
      request.user = basic->first;
      return std::nullopt;
    }
  }
  limit_.failed(request.remote_address);
  log::warning("login refused", {{"address", request.remote_address}, {"path", request.path}});
  return login_required(true, false);
}

}  // namespace pcb::http
