// Users: checks Basic credentials against the bcrypt hashes of a web configuration file.
//
// bcrypt is slow on purpose, so one password is hashed at a time and right ones are remembered (as SHA-256 of
// name, password and hash; forgotten when the file changes): who is known never waits for a guess of another.
// An unknown name costs as much time as a known one. Failures are limited per address. Thread-safe. Tested by
// tests/common/http_tls_test.cpp.
#pragma once

#include <map>
#include <mutex>
#include <optional>
#include <set>
#include <string>

#include "common/http/access.h"
#include "common/http/secret_digest.h"
#include "common/http/server.h"

namespace pcb::http {

class Users {
 public:
  // Sets request.user and returns nothing when the credentials are right; else the answer. `hashes` is the
  // file's basic_auth_users; an empty one asks nobody.
  std::optional<Response> check(Request& request, const std::map<std::string, std::string>& hashes);

  // The same of a name and a password that came another way, from `address`.
  enum class Verdict { right, wrong, too_many_failures };
  Verdict judge(const std::string& address, const std::string& name, const std::string& password,
                const std::map<std::string, std::string>& hashes);

 private:
  bool right(const std::string& name, const std::string& password, const std::string& hash);
  bool is_known(const SecretDigest& digest);

  FailureLimit limit_;
  std::mutex hashing_;  // held for a whole bcrypt; taken before mutex_
  std::mutex mutex_;    // of known_: held for a moment
  std::set<SecretDigest> known_;
};

}  // namespace pcb::http
