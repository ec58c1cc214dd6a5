#include "evaluator/access/access.h"

#include <algorithm>
#include <array>

#include "common/log/log.h"
#include "common/text.h"
#include "evaluator/access/answers.h"
#include "evaluator/access/origin.h"

namespace pcb {
namespace {

constexpr std::string_view kTokenUser = "operator";

bool is_open_to_all(const http::Request& request) {
  return request.path == "/login" || request.path.starts_with("/assets/");
}

// What a scraper or a watchdog asks for, by whatever name it was told.
bool is_for_programs(const http::Request& request) {
  return request.method == "GET" &&
         (request.path == "/metrics" || request.path == "/-/healthy" || request.path == "/-/ready");
}

}  // namespace

std::string_view name_of(Role role) {
  constexpr std::array<std::string_view, 3> kNames = {"none", "viewer", "operator"};
  return kNames.at(static_cast<std::size_t>(role));
}

std::string_view name_of(How how) {
  constexpr std::array<std::string_view, 6> kNames = {"nobody", "open",     "certificate",
                                                      "token",  "password", "session"};
  return kNames.at(static_cast<std::size_t>(how));
}

std::vector<std::pair<std::string, std::string>> security_headers() {
  // Not "no-referrer": with it browsers send "Origin: null" from our own forms.
  return {{"Content-Security-Policy", kContentPolicy},
          {"Referrer-Policy", "same-origin"},
          {"X-Frame-Options", "DENY"},
          {"Cross-Origin-Opener-Policy", "same-origin"},
          {"Cross-Origin-Resource-Policy", "same-origin"}};
}

Access::Access(const std::string& operator_token, std::function<double()> now, SessionLimits limits)
    : token_(http::digest_of(operator_token)),
      now_(std::move(now)),
      limits_(limits),
      rules_{std::make_shared<const http::WebConfig>(), {}},
      sessions_(limits) {}

void Access::configure(std::shared_ptr<const http::WebConfig> web, std::vector<std::string> operators) {
  if (web == nullptr) web = std::make_shared<const http::WebConfig>();
  for (const std::string& name : operators) {
    if (web->users.count(name) == 0)
      log::warning("an operator is no user of the web configuration file and cannot log in",
                   {{"operator", name}});
  }
  const std::lock_guard lock(mutex_);
  rules_ = {std::move(web), std::move(operators)};
}

Access::Rules Access::rules() const {
  const std::lock_guard lock(mutex_);
  return rules_;
}

// With TLS the browser has held the name against the certificate.
bool Access::came_by_a_name(const Rules& rules, const http::Request& request) const {
  return loopback_ && rules.web->users.empty() && !rules.web->tls && !asks_for_an_address(request);
}

Role Access::role_of(const Rules& rules, const std::string& user) {
  const bool decides =
      std::find(rules.operators.begin(), rules.operators.end(), user) != rules.operators.end();
  return decides ? Role::decider : Role::viewer;
}

Caller Access::of_session(const Rules& rules, const http::Request& request, bool use) {
  const std::string id = cookie_of(request, cookie_name(rules.web->tls.has_value()));
  if (id.empty()) return {};
  const http::SecretDigest key = http::digest_of(id);
  const std::lock_guard lock(mutex_);
  const auto session = sessions_.find(key, now_(), use && !asks_by_itself(request));
  if (!session) return {};
  if (session->proof.empty()) {  // by the token, which logs in only where there are no users
    if (rules.web->users.empty()) return {session->user, Role::decider, How::session, session->csrf_token};
  } else {
    const auto user = rules.web->users.find(session->user);
    if (user != rules.web->users.end() && user->second == session->proof)
      return {session->user, role_of(rules, session->user), How::session, session->csrf_token};
  }
  sessions_.close(key);  // the user is gone, or has another password
  return {};
}

Caller Access::identify(const http::Request& request, bool use, Failure& failure) {
  const Rules now_valid = rules();
  const auto& users = now_valid.web->users;
  const std::string_view authorization = header_of(request, "authorization");
  if (const auto token = http::credentials_of(authorization, "Bearer"); !token.empty()) {
    if (!token_failures_.may_try(request.remote_address)) {
      failure = Failure::too_many;
    } else if (http::equal(http::digest_of(token), token_)) {
      return {std::string(kTokenUser), Role::decider, How::token, ""};
    } else {
      failure = Failure::wrong_token;
    }
  } else if (const auto given = http::read_basic(authorization); given && !users.empty()) {
    const auto verdict = users_.judge(request.remote_address, given->first, given->second, users);
    if (verdict == http::Users::Verdict::right)
      return {given->first, role_of(now_valid, given->first), How::password, ""};
    failure = verdict == http::Users::Verdict::wrong ? Failure::wrong_password : Failure::too_many;
  } else if (Caller caller = of_session(now_valid, request, use); caller.role != Role::none) {
    return caller;
  }
  if (!users.empty()) return {};
  if (came_by_a_name(now_valid, request)) {
    if (failure == Failure::none) failure = Failure::by_a_name;
    return {};
  }
  return {"", Role::viewer, now_valid.web->asks_for_login() ? How::certificate : How::open, ""};
}

Caller Access::caller_of(const http::Request& request, bool use) {
  Failure failure = Failure::none;
  return identify(request, use, failure);
}

http::Response Access::refusal(const http::Request& request, Failure failure, const Caller& caller) {
  if (failure == Failure::too_many) return too_many_failures(request);
  if (failure == Failure::by_a_name) return login_needed_by_a_name(request);
  if (failure == Failure::wrong_token) token_failures_.failed(request.remote_address);
  if (failure != Failure::none)
    log::warning("login refused", {{"address", request.remote_address}, {"path", request.path}});
  if (failure == Failure::none && caller.how != How::nobody && caller.how != How::open &&
      caller.how != How::certificate)
    return refused(
        request, 403,
        caller.user + " may look, but not decide: evaluator.operators of config.yaml names who may");
  return login_needed(request, !rules().web->users.empty());
}

std::optional<http::Response> Access::check_reading(http::Request& request) {
  if (is_open_to_all(request)) return std::nullopt;
  Failure failure = Failure::none;
  const Caller caller = identify(request, true, failure);
  if (failure == Failure::by_a_name && is_for_programs(request)) return std::nullopt;
  if (caller.role == Role::none) return refusal(request, failure, caller);
  if (request.method == "POST" && !comes_from_here(request)) return foreign_page(request);
  request.user = caller.user;
  return std::nullopt;
}

std::optional<http::Response> Access::check_deciding(http::Request& request) {
  Failure failure = Failure::none;
  const Caller caller = identify(request, true, failure);
  if (caller.role != Role::decider) return refusal(request, failure, caller);
  if (caller.how == How::token) return std::nullopt;  // no browser sends it by itself
  if (!comes_from_here(request)) return foreign_page(request);
  // A browser that remembers a password sends it along with another site's form, but a form is never JSON.
  if (caller.how == How::password && !header_of(request, "content-type").starts_with("application/json"))
    return refused(request, 415, "with a password the body must be sent as Content-Type: application/json");
  return std::nullopt;
}

http::Handler Access::proven(DecidingHandler handler) {
  return [this, handler = std::move(handler)](const http::Request& request) -> http::Response {
    const Caller caller = caller_of(request);
    if (caller.how != How::session) return handler(request, caller);
    std::string given(header_of(request, "x-csrf-token"));
    if (const auto form = form_of(request); given.empty() && form) {
      const auto field = form->find("csrf");
      if (field != form->end()) given = field->second;
    }
    if (!http::equal(http::digest_of(given), http::digest_of(caller.csrf_token))) {
      log::warning("a request without the session's CSRF token is refused",
                   {{"user", caller.user}, {"address", request.remote_address}, {"path", request.path}});
      return refused(request, 403, "the page is out of date or not ours: load it again");
    }
    return handler(request, caller);
  };
}

http::Check Access::reading() {
  return [this](http::Request& request) { return check_reading(request); };
}

http::Handler Access::deciding(DecidingHandler handler) {
  DecidingHandler only = [handler = std::move(handler)](const http::Request& request, const Caller& caller) {
    // Asked again behind the body: the session may have ended meanwhile.
    if (caller.role != Role::decider) return refused(request, 403, "the login is over: log in again");
    return handler(request, caller);
  };
  return http::behind([this](http::Request& request) { return check_deciding(request); },
                      proven(std::move(only)));
}

}  // namespace pcb
