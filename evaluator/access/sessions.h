// Sessions: who has logged in at the page, until they leave, stay away too long, or too long altogether.
//
// In memory only: a restart of the evaluator ends all. Kept under the digest of the cookie's value, never
// under the value itself. Pure but for its own state: time is an argument (seconds, of any clock that does
// not jump). Not thread-safe: Access holds the lock. Tested by tests/evaluator/access_sessions_test.cpp.
#pragma once

#include <cstddef>
#include <map>
#include <optional>
#include <string>

#include "common/http/secret_digest.h"

namespace pcb {

struct Session {
  std::string user;
  std::string proof;  // what the login was checked against: when that changes, the session is over
  std::string csrf_token;
  double began_at = 0, used_at = 0;
};

struct SessionLimits {
  double idle_seconds = 2 * 3600;
  double longest_seconds = 12 * 3600;
  std::size_t most = 256;  // beyond, the one that was unused for longest makes room
};

class Sessions {
 public:
  explicit Sessions(SessionLimits limits) : limits_(limits) {}

  void open(const http::SecretDigest& key, Session session, double now);
  // `use`: it counts as used now. Nothing when there is none, or it is over.
  std::optional<Session> find(const http::SecretDigest& key, double now, bool use);
  void close(const http::SecretDigest& key) { sessions_.erase(key); }
  [[nodiscard]] std::size_t size() const { return sessions_.size(); }

 private:
  [[nodiscard]] bool is_over(const Session& session, double now) const;

  SessionLimits limits_;
  std::map<http::SecretDigest, Session> sessions_;
};

}  // namespace pcb
