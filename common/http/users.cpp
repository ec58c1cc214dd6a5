#include "common/http/users.h"

#include <cstring>
#include <memory>

#include <crypt.h>
#include <openssl/crypto.h>

#include "common/log/log.h"

namespace pcb::http {
namespace {

constexpr std::size_t kMaxKnown = 256;

}  // namespace

bool Users::is_known(const SecretDigest& digest) {
  const std::lock_guard lock(mutex_);
  return known_.count(digest) != 0;
}

bool Users::right(const std::string& name, const std::string& password, const std::string& hash) {
  if (password.size() > 72 || password.find('\0') != std::string::npos)
    return false;  // bcrypt reads 72 bytes
  const std::string proof = name + '\0' + password + '\0' + hash;
  const SecretDigest digest = digest_of(proof);
  if (is_known(digest)) return true;
  const std::lock_guard one_at_a_time(hashing_);
  if (is_known(digest)) return true;  // by now: several requests came with a new password at once
  const auto space = std::make_unique<crypt_data>();
  const char* made = ::crypt_r(password.c_str(), hash.c_str(), space.get());
  if (made == nullptr || std::strlen(made) != hash.size()) return false;
  if (::CRYPTO_memcmp(made, hash.data(), hash.size()) != 0) return false;
  const std::lock_guard lock(mutex_);
  if (known_.size() >= kMaxKnown) known_.clear();
  known_.insert(digest);
  return true;
}

Users::Verdict Users::judge(const std::string& address, const std::string& name, const std::string& password,
                            const std::map<std::string, std::string>& hashes) {
  if (!limit_.may_try(address)) return Verdict::too_many_failures;
  const auto user = hashes.find(name);
  const bool known = user != hashes.end();
  // For a name nobody has, another user's hash is worked through all the same, so that the time tells
  // nothing.
  if (!hashes.empty() && right(name, password, known ? user->second : hashes.begin()->second) && known)
    return Verdict::right;
  limit_.failed(address);
  return Verdict::wrong;
}

std::optional<Response> Users::check(Request& request, const std::map<std::string, std::string>& hashes) {
  if (hashes.empty()) return std::nullopt;
  const auto header = request.headers.find("authorization");
  if (header == request.headers.end())
    return limit_.may_try(request.remote_address) ? login_required(true, false) : too_many_failures();
  const auto given = read_basic(header->second).value_or(std::pair<std::string, std::string>());
  const Verdict verdict = judge(request.remote_address, given.first, given.second, hashes);
  if (verdict == Verdict::too_many_failures) return too_many_failures();
  if (verdict == Verdict::right) {
    request.user = given.first;
    return std::nullopt;
  }
  log::warning("login refused", {{"address", request.remote_address}, {"path", request.path}});
  return login_required(true, false);
}

}  // namespace pcb::http
