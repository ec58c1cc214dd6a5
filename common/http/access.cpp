#include "common/http/access.h"

#include <algorithm>
#include <chrono>
#include <map>
#include <mutex>

#include "common/base64.h"
#include "common/http/secret_digest.h"
#include "common/log/log.h"

namespace pcb::http {
namespace {

using Clock = std::chrono::steady_clock;
}  // namespace

std::optional<std::pair<std::string, std::string>> read_basic(std::string_view authorization) {
  const auto decoded = base64_decode(credentials_of(authorization, "Basic"));
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

namespace {

struct Secrets {
  std::optional<SecretDigest> bearer;
  std::optional<SecretDigest> basic;  // of user, NUL, password
  std::string user;
  FailureLimit limit;

  explicit Secrets(const Access& access) {
    if (access.bearer_token) bearer = digest_of(*access.bearer_token);
    if (access.basic) {
      user = access.basic->first;
      basic = digest_of(access.basic->first + '\0' + access.basic->second);
    }
  }
  std::optional<Response> check(Request& request);
};

std::optional<Response> Secrets::check(Request& request) {
  if (!bearer && !basic) return std::nullopt;
  if (!limit.may_try(request.remote_address)) return too_many_failures();
  const auto header = request.headers.find("authorization");
  const std::string_view authorization =
      header == request.headers.end() ? std::string_view{} : header->second;
  if (bearer) {
    const auto token = credentials_of(authorization, "Bearer");
    if (!token.empty() && equal(digest_of(token), *bearer)) return request.user = "token", std::nullopt;
  }
  if (basic) {
    const auto given = read_basic(authorization);
    if (given && equal(digest_of(given->first + '\0' + given->second), *basic))
      return request.user = user, std::nullopt;
  }
  if (!authorization.empty()) {  // a first request without credentials is how browsers ask for the login
    limit.failed(request.remote_address);
    log::warning("login refused", {{"address", request.remote_address}, {"path", request.path}});
  }
  return login_required(basic.has_value(), bearer.has_value());
}

}  // namespace

Guarded::Guarded(Check check, Handler inner)
    : check_(std::move(check)), inner_(std::make_shared<Handler>(std::move(inner))) {}

Response Guarded::operator()(const Request& request) const {
  Request checked = request;
  if (auto refused = check(checked)) return *std::move(refused);
  return inner()(checked);
}

Handler behind(Check check, Handler handler) { return Guarded(std::move(check), std::move(handler)); }

Handler require(const Access& access, Handler handler) {
  return behind([secrets = std::make_shared<Secrets>(access)](
                    Request& request) -> std::optional<Response> { return secrets->check(request); },
                std::move(handler));
}

}  // namespace pcb::http
