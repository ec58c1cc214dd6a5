// What a browser tells of where a request comes from, and the small parts of forms and cookies.
//
// Pure. Sources: Fetch Metadata Request Headers (W3C), RFC 6454, RFC 6265.
// Tested by tests/evaluator/access_origin_test.cpp.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>

#include "common/http/server.h"

namespace pcb {

// Whether no other site's page can have sent it: Sec-Fetch-Site, where the browser sends it, says so, and
// Origin, where there is one, names the host that was asked. A program sends neither and is let through: it
// holds no cookie of anybody else.
bool comes_from_here(const http::Request& request);
// Whether the host that was asked for is an address or localhost, which nobody else's name server can point
// here; so is a request without one, which no browser sends. By any other name it may be another site's page,
// whose name was made to lead to this machine ("DNS rebinding"): to the browser the answer is that site's
// own.
bool asks_for_an_address(const http::Request& request);
// A person's browser, which followed a link on another site: it has left out the session's cookie.
bool followed_a_foreign_link(const http::Request& request);
// A browser that wants a page, not a program that wants data.
bool wants_a_page(const http::Request& request);
// A browser that sends one of our pages' forms, and will show the answer as a page.
bool sends_a_form(const http::Request& request);
// The page of ours that a form was sent from, as a local path; "/" where the browser does not tell.
std::string page_of_form(const http::Request& request);

// What an open page asks for by itself, without anybody sitting there: its script with the header
// X-Renewal, a refresh without scripts with the field kRenewalField of its address, the stream of events.
bool asks_by_itself(const http::Request& request);
inline constexpr const char* kRenewalField = "renewal";

std::string_view header_of(const http::Request& request, const std::string& name);  // empty: none
// The cookie of this name; empty when there is none, or more than one.
std::string cookie_of(const http::Request& request, std::string_view name);

// The fields of a form that was sent as application/x-www-form-urlencoded; nothing when it is none, or
// broken.
std::optional<std::map<std::string, std::string>> form_of(const http::Request& request);

// A path of this server, as a redirect may name it; anything else becomes "/".
std::string local_path(std::string_view wanted);

}  // namespace pcb
