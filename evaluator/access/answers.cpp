#include "evaluator/access/answers.h"

#include "common/http/access.h"
#include "common/text.h"
#include "evaluator/access/origin.h"

namespace pcb {
namespace {

http::Response page(int status, const std::string& head, const std::string& body,
                    const char* title = "Log in") {
  http::Response response;
  response.status = status;
  response.content_type = "text/html; charset=utf-8";
  response.body =
      "<!doctype html>\n<html lang=\"en\"><head><meta charset=\"utf-8\"><meta name=\"viewport\" "
      "content=\"width=device-width,initial-scale=1\">" +
      head + "<title>" + title +
      " · Proxmox Cluster Balancer</title><link rel=\"stylesheet\" href=\"/assets/page.css\">"
      "</head><body><main class=\"login\"><h1>Proxmox Cluster Balancer</h1>\n" +
      body + "</main></body></html>\n";
  return response;
}

std::string field(const char* label, const char* name, const char* type, const char* autocomplete,
                  bool required) {
  return std::string("<p><label for=\"") + name + "\">" + label + "</label><br><input id=\"" + name +
         "\" name=\"" + name + "\" type=\"" + type + "\" autocomplete=\"" + autocomplete +
         "\" maxlength=\"200\"" + (required ? " required" : "") + "></p>\n";
}

// What was asked for, its query as well: a permanent link leads behind the login to what it shows.
std::string address_of(const http::Request& request) {
  std::string address = request.path;
  char separator = '?';
  for (const auto& [name, value] : request.query) {
    if (name == kRenewalField) continue;
    address += separator + text::url_encode(name) + "=" + text::url_encode(value);
    separator = '&';
  }
  const std::string whole = local_path(address);
  return whole == address ? whole : local_path(request.path);
}

}  // namespace

std::string cookie_name(bool tls) { return tls ? "__Host-balancer_session" : "balancer_session"; }

http::Response refused(const http::Request& request, int status, const std::string& sentence) {
  if (sends_a_form(request))
    return page(status, "",
                "<p class=\"bad\" role=\"alert\">Nothing was done: " +
                    text::html_escape(text::printable(sentence)) + ".</p>\n<p><a href=\"" +
                    text::html_escape(page_of_form(request)) + "\">Back to the page</a></p>\n",
                "Nothing was done");
  http::Response response;
  response.status = status;
  if (request.path.starts_with("/api/")) {
    response.content_type = "application/json";
    response.body = "{\"error\":\"" + text::json_escape(sentence) + "\"}\n";
  } else {
    response.body = text::printable(sentence) + "\n";
  }
  return response;
}

http::Response own_answer(const http::Request& request, http::Response answer) {
  if (wants_a_page(request)) {
    const std::string what = answer.status == 404 ? "There is no such page." : text::html_escape(answer.body);
    return page(answer.status, "", "<p role=\"alert\">" + what + "</p>\n<p><a href=\"/\">Overview</a></p>\n",
                answer.status == 404 ? "No such page" : "Not answered");
  }
  if (!request.path.starts_with("/api/")) return answer;
  std::string sentence(text::trim(answer.body));
  if (answer.status == 404)
    sentence = "there is no such path; GET /api/v1/openapi.json names those there are";
  if (answer.status == 413) sentence = "the body is larger than this path takes";
  if (answer.status == 405)
    for (const auto& [name, value] : answer.headers)
      if (name == "Allow") sentence = "this path is not for " + request.method + ", but for " + value;
  http::Response told = refused(request, answer.status, sentence);
  told.headers.insert(told.headers.end(), answer.headers.begin(), answer.headers.end());
  return told;
}

http::Response too_many_failures(const http::Request& request) {
  http::Response response = refused(request, 429, "too many failed logins from this address; wait a second");
  response.headers.emplace_back("Retry-After", "1");
  return response;
}

http::Response foreign_page(const http::Request& request) {
  return refused(request, 403, "another site's page sent this; use the page of this evaluator");
}

http::Response login_needed(const http::Request& request, bool users) {
  if (wants_a_page(request)) {
    // The cookie of a session is not sent along when another site's link was followed. A page that loads the
    // same address again is ours, so that its request has the cookie.
    if (followed_a_foreign_link(request))
      return page(
          200,
          "<meta http-equiv=\"refresh\" content=\"0;url=" + text::html_escape(address_of(request)) + "\">",
          "<p><a href=\"" + text::html_escape(address_of(request)) + "\">Go on</a></p>\n");
    return redirect("/login?next=" + text::url_encode(address_of(request)));
  }
  if (sends_a_form(request)) {
    LoginPage login;
    login.asks_for_token = !users;
    login.next = page_of_form(request);
    login.problem = "Nothing was done: nobody is logged in, or the login is over. Log in and do it again.";
    login.status = 403;
    return login_page(login);
  }
  http::Response response = refused(request, 401, "log in with the right credentials");
  // A script of our page must not make the browser ask for a password of its own.
  if (!header_of(request, "sec-fetch-mode").empty()) return response;
  response.headers = http::login_required(users, request.method == "POST").headers;
  return response;
}

http::Response login_needed_by_a_name(const http::Request& request) {
  http::Response needed = login_needed(request, false);
  if (wants_a_page(request) || sends_a_form(request)) return needed;
  http::Response response =
      refused(request, 401,
              "ask by address, as in http://127.0.0.1:9723, or as localhost, or log in: by the name " +
                  std::string(header_of(request, "host")) +
                  " another site's page could read along (see docs/security.md)");
  response.headers = std::move(needed.headers);
  return response;
}

http::Response redirect(const std::string& path) {
  http::Response response;
  response.status = 303;
  response.body = "Go on at " + path + "\n";
  response.headers.emplace_back("Location", path);
  return response;
}

http::Response login_page(const LoginPage& login) {
  std::string form;
  if (!login.problem.empty())
    form += "<p class=\"bad\" role=\"alert\">" + text::html_escape(login.problem) + "</p>\n";
  form += "<form method=\"post\" action=\"/login\">\n";
  if (login.asks_for_token) {
    form += field("Your name, for the record", "user", "text", "username", false);
    form += field("Operator token", "token", "password", "current-password", true);
    form += "<p class=\"dim\">It is in the file operator_token of evaluator.state_directory. ";
    form +=
        login.by_name.empty()
            ? "Reading needs no login."
            : "By address, as in http://127.0.0.1:9723, or as localhost, reading needs no login. You came by "
              "the name " +
                  text::html_escape(login.by_name) +
                  ", behind which another site's page could read along: by it everything needs one.";
    form += "</p>\n";
  } else {
    form += field("User", "user", "text", "username", true);
    form += field("Password", "password", "password", "current-password", true);
  }
  form += "<input type=\"hidden\" name=\"next\" value=\"" + text::html_escape(login.next) +
          "\"><p><button type=\"submit\">Log in</button></p></form>\n";
  return page(login.status, "", form);
}

}  // namespace pcb
