#include "evaluator/access/origin.h"

#include <algorithm>

#include "common/http/listen_address.h"
#include "common/http/request_head.h"
#include "common/text.h"

namespace pcb {

std::string_view header_of(const http::Request& request, const std::string& name) {
  const auto found = request.headers.find(name);
  return found == request.headers.end() ? std::string_view() : std::string_view(found->second);
}

bool comes_from_here(const http::Request& request) {
  const std::string_view site = header_of(request, "sec-fetch-site");
  if (!site.empty() && site != "same-origin") return false;
  const std::string_view origin = header_of(request, "origin");
  if (origin.empty()) return true;
  // A page that hides its address sends "null": only the other header can vouch for it.
  if (origin == "null") return site == "same-origin";
  const std::size_t host = origin.find("://");
  return host != std::string_view::npos &&
         text::equal_ignoring_case(origin.substr(host + 3), header_of(request, "host"));
}

bool asks_for_an_address(const http::Request& request) {
  std::string host = text::to_lower(header_of(request, "host"));
  if (host.empty()) return true;
  const std::size_t colon = host.rfind(':');
  const bool has_port = colon != std::string::npos && host.find(']', colon) == std::string::npos;
  if (!has_port) host += ":80";
  return http::parse_listen_address(host).ok();
}

bool followed_a_foreign_link(const http::Request& request) {
  const std::string_view site = header_of(request, "sec-fetch-site");
  return site == "cross-site" || site == "same-site";
}

bool wants_a_page(const http::Request& request) {
  return request.method == "GET" && !request.path.starts_with("/api/") &&
         header_of(request, "accept").find("text/html") != std::string_view::npos;
}

bool sends_a_form(const http::Request& request) {
  return request.method == "POST" &&
         header_of(request, "accept").find("text/html") != std::string_view::npos &&
         header_of(request, "content-type").starts_with("application/x-www-form-urlencoded");
}

std::string page_of_form(const http::Request& request) {
  const std::string_view referer = header_of(request, "referer");
  const std::size_t scheme = referer.find("://");
  if (scheme == std::string_view::npos) return "/";
  const std::string_view address = referer.substr(scheme + 3);
  const std::size_t path = std::min(address.find('/'), address.size());
  if (!text::equal_ignoring_case(address.substr(0, path), header_of(request, "host"))) return "/";
  return local_path(address.substr(path));
}

bool asks_by_itself(const http::Request& request) {
  return request.method != "POST" &&
         (request.headers.count("x-renewal") != 0 || request.query.count(kRenewalField) != 0 ||
          request.path == "/api/v1/events");
}

std::string cookie_of(const http::Request& request, std::string_view name) {
  std::string found;
  for (const std::string_view piece : text::split(header_of(request, "cookie"), ';')) {
    const std::string_view pair = text::trim(piece);
    if (pair.size() <= name.size() || pair[name.size()] != '=' || !pair.starts_with(name)) continue;
    if (!found.empty()) return "";  // which of them is ours cannot be told
    found = pair.substr(name.size() + 1);
  }
  return found;
}

std::optional<std::map<std::string, std::string>> form_of(const http::Request& request) {
  const std::string_view type = text::trim(text::split(header_of(request, "content-type"), ';').front());
  if (!text::equal_ignoring_case(type, "application/x-www-form-urlencoded")) return std::nullopt;
  const auto fields = http::read_query(request.body);
  if (!fields) return std::nullopt;
  return std::map<std::string, std::string>(fields->begin(), fields->end());  // the first of a name counts
}

std::string local_path(std::string_view wanted) {
  const bool ours = wanted.size() < 1024 && wanted.starts_with('/') && !wanted.starts_with("//") &&
                    std::all_of(wanted.begin(), wanted.end(),
                                [](char c) { return c > 0x20 && c < 0x7f && c != '\\' && c != '"'; });
  return ours ? std::string(wanted) : "/";
}

}  // namespace pcb
