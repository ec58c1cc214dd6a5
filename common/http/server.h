// http::Server: answers HTTP requests on one address with a fixed table of routes.
//
// A wrapper around CivetWeb (built from Debian's source, see cmake/civetweb.cmake). Handlers run on worker
// threads, several at once: a handler must be thread-safe and must not block on anything slower than memory
// or one local disk commit. Bodies are read by our own loop under `request_deadline` and the route's
// `max_body_bytes` before the handler is called; a request over a bound never reaches it (413, 408, 400).
// Unknown path: 404. Known path, other method: 405 with Allow. HEAD is answered wherever GET is.
// A handler that throws gives 500 and a log line, never a dead process.
// One request per connection: every answer says "Connection: close". A connection holds a worker thread, so
// one address may hold `connections_per_address`; at that bound a newcomer displaces the address's oldest
// connection that is still sending its request, or gets 503 when none is. Requests beyond the workers wait in
// a queue; while workers run short, whoever is slow to send or to take is cut (common/http/connections.h), so
// that slow clients, however many, cannot keep others waiting. The server stops when destroyed; that waits
// for running handlers and cuts event streams. Tested by tests/common/http_server_test.cpp and
// http_crowd_test.cpp.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "common/result.h"

namespace pcb::http {

struct WebConfig;  // common/http/web_config.h

struct Request {
  std::string method = {};                             // "GET"
  std::string path = {};                               // decoded, without the query
  std::multimap<std::string, std::string> query = {};  // decoded
  std::map<std::string, std::string> headers = {};     // names in lower case
  std::string body = {};
  std::string remote_address = {};
  std::string user = {};  // who logged in, empty where no login is asked
};

// An answer without an end, as server-sent events need it. Used by one thread, inside Response::stream only.
class Stream {
 public:
  virtual ~Stream() = default;
  virtual bool send(std::string_view bytes) = 0;  // false: the peer is gone or the server stops
  [[nodiscard]] virtual bool open() const = 0;  // the same question without sending; ask at least each second
};

struct Response {
  int status = 200;
  std::string content_type = "text/plain; charset=utf-8";
  std::string body = {};
  // Sent instead of body when set: rendered once, handed out often.
  std::shared_ptr<const std::string> shared_body = {};
  std::vector<std::pair<std::string, std::string>> headers = {};
  std::function<void(Stream&)> stream = {};  // when set: called behind the head instead of sending a body
};

using Handler = std::function<Response(const Request&)>;
// Looks at a request before its body is read: nothing lets it in (and sets request.user), else the answer.
using Check = std::function<std::optional<Response>(Request&)>;

struct Route {
  std::string method = {};  // "GET", "POST"
  std::string path = {};    // exact, or a prefix when it ends in "/*"
  Handler handler = {};
  std::size_t max_body_bytes = 0;
  // Called, like a handler, when a caller with the right credentials sent a body that was not taken: 413, 408
  // or 400. What it carried is lost here.
  std::function<void(int status)> on_refused_body = {};
};

// Who may call one route. Checked in constant time before the body is read, and alone: a route with require()
// does not ask for the users of the web configuration file, every other answer does, 404 included.
struct Access {
  std::optional<std::string> bearer_token = {};
  std::optional<std::pair<std::string, std::string>> basic = {};  // user, password
};

struct ServerSettings {
  std::string listen = "127.0.0.1:0";                  // "host:port", "[::1]:9722"; port 0 takes a free one
  int workers = 64;                                    // connections served at a time
  std::chrono::milliseconds request_deadline{5000};    // from the first byte to the end of the body; then 408
  std::chrono::milliseconds response_deadline{15000};  // of the first MiB; a second more for each further
  int connections_per_address = 48;
  std::shared_ptr<const WebConfig> web = {};  // TLS, users and headers; none: plain HTTP, no login
  int event_streams = 8;                      // answers with a stream at a time; more get 503
  // Asked in place of web's users, of every request that is not for a route with require(); 404 included.
  Check check = {};
  std::vector<std::pair<std::string, std::string>> headers = {};  // of answers, unless they or web set them
  // Says what the server answers by itself (404, 405, 413 …) in the form of the path that was asked for.
  std::function<Response(const Request&, Response)> own_answer = {};
};

class Server {
 public:
  // Fails when the address is taken or cannot be parsed.
  static Result<std::unique_ptr<Server>> start(const ServerSettings& settings, std::vector<Route> routes);
  virtual ~Server() = default;
  [[nodiscard]] virtual std::uint16_t port() const = 0;
  // Users, headers and TLS settings from now on. Fails, changing nothing, when a certificate cannot be used
  // or TLS would be switched on or off, which needs a restart. Certificates that only change in their files
  // need no call.
  virtual Status change_web(std::shared_ptr<const WebConfig> web) = 0;
};

// The handler, called only with the right credentials; otherwise 401 with WWW-Authenticate. An Access that
// asks for nothing lets everyone in. After 10 failures an address may try once a second and gets 429 in
// between. Request::user is the user's name, or "token".
Handler require(const Access& access, Handler handler);
// The same with a check of the caller's own.
Handler behind(Check check, Handler handler);

}  // namespace pcb::http
