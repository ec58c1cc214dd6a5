// Access's routes: logging in and out, and what a session is told of itself.
#include <algorithm>

#include "common/log/log.h"
#include "common/os/random.h"
#include "common/text.h"
#include "evaluator/access/access.h"
#include "evaluator/access/answers.h"
#include "evaluator/access/origin.h"

namespace pcb {
namespace {

constexpr std::size_t kSecretBytes = 32;
constexpr std::size_t kMostFormBytes = 4096;
constexpr std::size_t kLongestName = 64;

using Form = std::map<std::string, std::string>;

std::string field(const Form& form, const char* name) {
  const auto found = form.find(name);
  return found == form.end() ? std::string() : found->second;
}

std::string cookie(const std::string& value, bool tls, int seconds) {
  return cookie_name(tls) + "=" + value +
         "; Path=/; HttpOnly; SameSite=Strict; Max-Age=" + std::to_string(seconds) + (tls ? "; Secure" : "");
}

std::string next_of(const http::Request& request) {
  const auto found = request.query.find("next");
  return found == request.query.end() ? "/" : local_path(found->second);
}

}  // namespace

std::optional<Session> Access::judge_login(const http::Request& request, const Form& form, Failure& failure) {
  const Rules now_valid = rules();
  const auto& users = now_valid.web->users;
  Session session;
  if (users.empty()) {
    session.user = text::shortened(text::printable(text::trim(field(form, "user"))), kLongestName);
    if (session.user.empty()) session.user = "operator";
    const std::string given = field(form, "token");
    if (!token_failures_.may_try(request.remote_address)) {
      failure = Failure::too_many;
    } else if (!http::equal(http::digest_of(text::trim(given)), token_)) {
      token_failures_.failed(request.remote_address);
      failure = Failure::wrong_token;
    }
  } else {
    session.user = field(form, "user");
    const auto verdict = users_.judge(request.remote_address, session.user, field(form, "password"), users);
    if (verdict == http::Users::Verdict::right) {
      session.proof = users.at(session.user);
    } else {
      failure = verdict == http::Users::Verdict::wrong ? Failure::wrong_password : Failure::too_many;
    }
  }
  if (failure != Failure::none) return std::nullopt;
  return session;
}

http::Response Access::log_in(const http::Request& request) {
  const auto form = form_of(request);
  if (!form) return refused(request, 415, "the login is a form: application/x-www-form-urlencoded");
  Failure failure = Failure::none;
  auto session = judge_login(request, *form, failure);
  const Rules now_valid = rules();
  if (!session) {
    log::warning("login refused", {{"address", request.remote_address}, {"path", request.path}});
    LoginPage page;
    page.asks_for_token = now_valid.web->users.empty();
    page.next = local_path(field(*form, "next"));
    page.status = failure == Failure::too_many ? 429 : 403;
    page.problem = failure == Failure::too_many ? "Too many failed logins from this address; wait a second."
                   : page.asks_for_token        ? "That is not the operator's token."
                                                : "The user or the password is wrong.";
    http::Response answer = login_page(page);
    if (failure == Failure::too_many) answer.headers.emplace_back("Retry-After", "1");
    return answer;
  }
  const bool tls = now_valid.web->tls.has_value();
  const std::string id = os::random_hex(kSecretBytes);
  const std::string earlier = cookie_of(request, cookie_name(tls));
  session->csrf_token = os::random_hex(kSecretBytes);
  log::info("logged in", {{"user", session->user}, {"address", request.remote_address}});
  {
    const std::lock_guard lock(mutex_);
    if (!earlier.empty()) sessions_.close(http::digest_of(earlier));
    sessions_.open(http::digest_of(id), *std::move(session), now_());
  }
  http::Response answer = redirect(local_path(field(*form, "next")));
  answer.headers.emplace_back("Set-Cookie", cookie(id, tls, static_cast<int>(limits_.longest_seconds)));
  return answer;
}

http::Response Access::log_out(const http::Request& request) {
  const bool tls = rules().web->tls.has_value();
  {
    const std::lock_guard lock(mutex_);
    sessions_.close(http::digest_of(cookie_of(request, cookie_name(tls))));
  }
  http::Response answer = redirect("/");
  answer.headers.emplace_back("Set-Cookie", cookie("", tls, 0));
  return answer;
}

std::vector<http::Route> Access::routes() {
  std::vector<http::Route> routes;
  routes.push_back({"GET", "/login", [this](const http::Request& request) {
                      const Rules now_valid = rules();
                      LoginPage page;
                      page.asks_for_token = now_valid.web->users.empty();
                      page.next = next_of(request);
                      if (came_by_a_name(now_valid, request)) page.by_name = header_of(request, "host");
                      return login_page(page);
                    }});
  routes.push_back({"POST", "/login",
                    http::behind(
                        [](http::Request& request) -> std::optional<http::Response> {
                          if (comes_from_here(request)) return std::nullopt;
                          return foreign_page(request);
                        },
                        [this](const http::Request& request) { return log_in(request); }),
                    kMostFormBytes});
  routes.push_back({"POST", "/logout",
                    proven([this](const http::Request& request, const Caller&) { return log_out(request); }),
                    kMostFormBytes});
  routes.push_back({"GET", "/api/v1/session", [this](const http::Request& request) {
                      const Caller caller = caller_of(request);
                      http::Response answer;
                      answer.content_type = "application/json";
                      answer.body = "{\"user\":\"" + text::json_escape(caller.user) + "\",\"role\":\"" +
                                    std::string(name_of(caller.role)) + "\",\"how\":\"" +
                                    std::string(name_of(caller.how)) + "\",\"csrf_token\":\"" +
                                    caller.csrf_token + "\"}\n";
                      return answer;
                    }});
  return routes;
}

}  // namespace pcb
