#include "common/http/router.h"

#include <algorithm>
#include <set>
#include <utility>

#include "common/text.h"

namespace pcb::http {
namespace {

// How well a route's path matches: 0 not at all, longer is better, exact is best.
std::size_t fit(std::string_view pattern, std::string_view path) {
  if (pattern == path) return std::string_view::npos;
  if (!pattern.ends_with("/*")) return 0;
  pattern.remove_suffix(1);
  return path.starts_with(pattern) ? pattern.size() : 0;
}

}  // namespace

Router::Router(std::vector<Route> routes) : routes_(std::move(routes)) {}

Router::Match Router::find(std::string_view method, std::string_view path) const {
  std::size_t best = 0;
  for (const Route& route : routes_) best = std::max(best, fit(route.path, path));
  if (best == 0) return {};
  const std::string_view wanted = method == "HEAD" ? "GET" : method;
  std::set<std::string> allowed;
  for (const Route& route : routes_) {
    if (fit(route.path, path) != best) continue;
    if (route.method == wanted) return {.route = &route, .allow = {}};
    allowed.insert(route.method);
    if (route.method == "GET") allowed.insert("HEAD");
  }
  return {.route = nullptr, .allow = text::join({allowed.begin(), allowed.end()}, ", ")};
}

}  // namespace pcb::http
