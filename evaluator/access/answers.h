// What Access answers: the login's page, refusals as a page, as JSON or as text, by what the caller wants.
//
// Pure. Tested by tests/evaluator/access_test.cpp.
#pragma once

#include <string>
#include <string_view>

#include "common/http/server.h"

namespace pcb {

std::string cookie_name(bool tls);  // with TLS one that no other host's page can have set

// {"error": "…"} below /api/, a page to a form, else a line of text.
http::Response refused(const http::Request& request, int status, const std::string& sentence);
// For ServerSettings::own_answer: the same of what the server answers by itself, also a page to who wants
// one.
http::Response own_answer(const http::Request& request, http::Response answer);
http::Response too_many_failures(const http::Request& request);
http::Response foreign_page(const http::Request& request);
// 401, or for a browser the way to the login. `users`: the web configuration file has some.
http::Response login_needed(const http::Request& request, bool users);

// The same where reading needs no login by address, but the caller came by a name.
http::Response login_needed_by_a_name(const http::Request& request);

http::Response redirect(const std::string& path);  // 303, local

struct LoginPage {
  bool asks_for_token = false;  // else for a user's password
  std::string next = "/";       // where to go then
  std::string problem;          // with the last attempt
  std::string by_name;          // the name the caller came by, where reading needs no login by address
  int status = 200;
};
http::Response login_page(const LoginPage& page);

}  // namespace pcb
