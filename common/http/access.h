// Guarded: what require() makes of a handler, so that the server can ask for credentials before it reads a
// body.
//
// Secrets are kept as SHA-256 only and compared in constant time. Thread-safe.
// Tested by tests/common/http_server_test.cpp.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "common/http/server.h"

namespace pcb::http {

// "user:password" out of an Authorization header of the Basic kind (RFC 7617); nothing when it is malformed.
std::optional<std::pair<std::string, std::string>> read_basic(std::string_view authorization);

// How many failed logins an address has left: 10 at once, then one a second. Bounded in memory.
class FailureLimit {
 public:
  FailureLimit();
  ~FailureLimit();
  FailureLimit(FailureLimit&&) noexcept;
  bool may_try(const std::string& address);
  void failed(const std::string& address);

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

// 429 with Retry-After, and 401 with WWW-Authenticate (`schemes`: "Basic", "Bearer", or both with a comma).
Response too_many_failures();
Response login_required(bool basic, bool bearer);

class Guarded {
 public:
  Guarded(Check check, Handler inner);

  // Sets request.user and returns nothing when the credentials are right; else the answer.
  std::optional<Response> check(Request& request) const { return check_(request); }
  const Handler& inner() const { return *inner_; }

  Response operator()(const Request& request) const;

 private:
  Check check_;
  std::shared_ptr<Handler> inner_;
};

}  // namespace pcb::http
