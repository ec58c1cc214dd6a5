#include "common/http/access.h"

#include <algorithm>
#include <array>
#include <chrono>
#include <map>
#include <mutex>

#include <openssl/crypto.h>
#include <openssl/sha.h>

#include "common/base64.h"
#include "common/log/log.h"
#include "common/text.h"

namespace pcb::http {
namespace {

using Clock = std::chrono::steady_clock;
using Digest = std::array<unsigned char, SHA256_DIGEST_LENGTH>;

Digest digest(std::string_view secret) {
  Digest result{};
  ::SHA256(reinterpret_cast<const unsigned char*>(secret.data()), secret.size(), result.data());
  return result;
}

bool equal(const Digest& a, const Digest& b) { return ::CRYPTO_memcmp(a.data(), b.data(), a.size()) == 0; }

// The credentials behind a scheme's name: "Bearer xyz" → "xyz".
std::optional<std::string_view> behind_scheme(std::string_view authorization, std::string_view scheme) {
  if (authorization.size() <= scheme.size() || authorization[scheme.size()] != ' ') return std::nullopt;
  if (!text::equal_ignoring_case(authorization.substr(0, scheme.size()), scheme)) return std::nullopt;
  return text::trim(authorization.substr(scheme.size()));
}

}  // namespace

std::optional<std::pair<std::string, std::string>> read_basic(std::string_view authorization) {
  const auto encoded = behind_scheme(authorization, "Basic");
  if (!encoded) return std::nullopt;
  const auto decoded = base64_decode(*encoded);
  if (!decoded) return std::nullopt;
  const std::size_t colon = decoded->find(':');
  if (colon == std::string::npos) return std::nullopt;
  return std::pair(decoded->substr(0, colon), decoded->substr(colon + 1));
}

struct FailureLimit::Impl {
  static constexpr double kBurst = 10;
  static constexpr double kPerSecond = 1;
  static constexpr std::size_t kMaxAddresses = 4096;
  struct Bucket {
    double left = kBurst;
    Clock::time_point at = Clock::now();
  };
  std::mutex mutex;
  std::map<std::string, Bucket> buckets;

  static void refill(Bucket& bucket, Clock::time_point now) {
    const double seconds = std::chrono::duration<double>(now - bucket.at).count();
    bucket.left = std::min(kBurst, bucket.left + seconds * kPerSecond);
    bucket.at = now;
  }
};

FailureLimit::FailureLimit() : impl_(std::make_unique<Impl>()) {}
FailureLimit::~FailureLimit() = default;
FailureLimit::FailureLimit(FailureLimit&&) noexcept = default;

bool FailureLimit::may_try(const std::string& address) {
  const std::lock_guard lock(impl_->mutex);
  const auto found = impl_->buckets.find(address);
  if (found == impl_->buckets.end()) return true;
  Impl::refill(found->second, Clock::now());
  return found->second.left >= 1;
}

void FailureLimit::failed(const std::string& address) {
  const std::lock_guard lock(impl_->mutex);
  const auto now = Clock::now();
  if (impl_->buckets.size() >= Impl::kMaxAddresses && impl_->buckets.count(address) == 0) {
    // Those that are full again need no memory; if none is, everyone starts anew.
    std::erase_if(impl_->buckets, [&](const auto& item) {
      Impl::Bucket bucket = item.second;
      Impl::refill(bucket, now);
      return bucket.left >= Impl::kBurst;
    });
    if (impl_->buckets.size() >= Impl::kMaxAddresses) impl_->buckets.clear();
  }
  Impl::Bucket& own = impl_->buckets[address];
  Impl::refill(own, now);
  own.left = std::max(0.0, own.left - 1);
}

Response too_many_failures() {
  return {.status = 429,
          .body = "Too many failed logins from this address; wait a second.\n",
          .headers = {{"Retry-After", "1"}}};
}

Response login_required(bool basic, bool bearer) {
  Response response{.status = 401, .body = "Log in with the right credentials.\n"};
  if (basic) response.headers.emplace_back("WWW-Authenticate", "Basic realm=\"balancer\", charset=\"UTF-8\"");
  if (bearer) response.headers.emplace_back("WWW-Authenticate", "Bearer realm=\"balancer\"");
  return response;
}

struct Guarded::Secrets {
  std::optional<Digest> bearer;
  std::optional<Digest> basic;  // of user, NUL, password
  std::string user;
  FailureLimit limit;
};

Guarded::Guarded(Access access, Handler inner)
    : secrets_(std::make_shared<Secrets>()), inner_(std::make_shared<Handler>(std::move(inner))) {
  if (access.bearer_token) secrets_->bearer = digest(*access.bearer_token);
  if (access.basic) {
    secrets_->user = access.basic->first;
    secrets_->basic = digest(access.basic->first + '\0' + access.basic->second);
  }
}

std::optional<Response> Guarded::check(Request& request) const {
  if (!secrets_->bearer && !secrets_->basic) return std::nullopt;
  if (!secrets_->limit.may_try(request.remote_address)) return too_many_failures();
  const auto header = request.headers.find("authorization");
  const std::string_view authorization =
      header == request.headers.end() ? std::string_view{} : header->second;
  if (secrets_->bearer) {
    const auto token = behind_scheme(authorization, "Bearer");
    if (token && equal(digest(*token), *secrets_->bearer)) return request.user = "token", std::nullopt;
  }
  if (secrets_->basic) {
    const auto basic = read_basic(authorization);
    if (basic && equal(digest(basic->first + '\0' + basic->second), *secrets_->basic))
      return request.user = secrets_->user, std::nullopt;
  }
  if (!authorization.empty()) {  // a first request without credentials is how browsers ask for the login
    secrets_->limit.failed(request.remote_address);
    log::warning("login refused", {{"address", request.remote_address}, {"path", request.path}});
  }
  return login_required(secrets_->basic.has_value(), secrets_->bearer.has_value());
}

Response Guarded::operator()(const Request& request) const {
  Request checked = request;
  if (auto refused = check(checked)) return *std::move(refused);
  return inner()(checked);
}

Handler require(Access access, Handler handler) { return Guarded(std::move(access), std::move(handler)); }

}  // namespace pcb::http
