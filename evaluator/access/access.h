// Access: who calls the evaluator, what they may do, and how they log in.
//
// A viewer may read, an operator may decide. Who calls shows, in this order, by the operator's token
// (Authorization: Bearer), by a user's password of the web configuration file (Basic), by the cookie of a
// session, or by a client certificate; where that file asks for nothing, everyone may read, but on loopback
// only by address: who comes by a name logs in (origin.h says why), and what programs ask for by any name,
// /metrics and the state of health, stays open. The users named by evaluator.operators are operators, and so
// is who holds the token.
//
// A route that decides is a POST behind deciding(). A browser's request must come from our own pages and, in
// a session, carry the session's CSRF token: as header X-CSRF-Token or as the form's field "csrf".
// Thread-safe. Tested by tests/evaluator/access_test.cpp and serve_access_test.cpp.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "common/http/access.h"
#include "common/http/server.h"
#include "common/http/users.h"
#include "common/http/web_config.h"
#include "evaluator/access/sessions.h"

namespace pcb {

enum class Role { none, viewer, decider };  // decider: "operator", which is a word of C++
enum class How { nobody, open, certificate, token, password, session };
std::string_view name_of(Role role);  // "none", "viewer", "operator"
std::string_view name_of(How how);

struct Caller {
  std::string user;  // empty: not known by name
  Role role = Role::none;
  How how = How::nobody;
  std::string csrf_token;  // of the session, for forms and scripts of our pages; else empty
};

// Also the answer's own: what a page may load, and from where.
inline constexpr const char* kContentPolicy =
    "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self' data:; connect-src 'self'; "
    "form-action 'self'; frame-ancestors 'none'; base-uri 'none'";
// What every answer of the evaluator carries.
std::vector<std::pair<std::string, std::string>> security_headers();

class Access {
 public:
  using DecidingHandler = std::function<http::Response(const http::Request&, const Caller&)>;
  // `now` gives seconds of a clock that does not jump.
  Access(const std::string& operator_token, std::function<double()> now, SessionLimits limits = {});
  // Of the address the server listens on; before it starts. By default it is loopback.
  void listens_on_loopback(bool loopback) { loopback_ = loopback; }

  // At the start and at each reload. `web` may be null: nobody is asked to log in.
  void configure(std::shared_ptr<const http::WebConfig> web, std::vector<std::string> operators);

  // Counts nothing as a failure. `use`: a session counts as used, unless the page asks by itself (origin.h).
  Caller caller_of(const http::Request& request, bool use = true);

  // For ServerSettings::check: lets viewers read; /login and /assets/ are open to everyone.
  http::Check reading();
  // For POST routes that change something.
  http::Handler deciding(DecidingHandler handler);
  // GET and POST /login, POST /logout, GET /api/v1/session.
  std::vector<http::Route> routes();

 private:
  struct Rules {
    std::shared_ptr<const http::WebConfig> web;  // never null
    std::vector<std::string> operators;
  };
  enum class Failure { none, wrong_token, wrong_password, too_many, by_a_name };
  Rules rules() const;
  // Whether without a login it would be told only what is told to a stranger: see listens_on_loopback().
  [[nodiscard]] bool came_by_a_name(const Rules& rules, const http::Request& request) const;
  static Role role_of(const Rules& rules, const std::string& user);
  Caller identify(const http::Request& request, bool use, Failure& failure);
  Caller of_session(const Rules& rules, const http::Request& request, bool use);
  http::Response refusal(const http::Request& request, Failure failure, const Caller& caller);
  std::optional<http::Response> check_reading(http::Request& request);
  std::optional<http::Response> check_deciding(http::Request& request);
  http::Handler proven(DecidingHandler handler);  // a session's request carries its CSRF token
  std::optional<Session> judge_login(const http::Request& request,
                                     const std::map<std::string, std::string>& form, Failure& failure);
  http::Response log_in(const http::Request& request);
  http::Response log_out(const http::Request& request);

  const http::SecretDigest token_;
  const std::function<double()> now_;
  const SessionLimits limits_;
  bool loopback_ = true;
  http::Users users_;
  http::FailureLimit token_failures_;
  mutable std::mutex mutex_;
  Rules rules_;        // guarded by mutex_
  Sessions sessions_;  // guarded by mutex_
};

}  // namespace pcb
