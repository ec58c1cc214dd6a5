#include "common/http/server.h"

#include <array>
#include <atomic>
#include <exception>
#include <mutex>
#include <thread>

#include <civetweb.h>
#include <sys/socket.h>

#include "common/http/access.h"
#include "common/http/civetweb/connection_access.h"
#include "common/http/connections.h"
#include "common/http/exchange.h"
#include "common/http/listen_address.h"
#include "common/http/request_head.h"
#include "common/http/router.h"
#include "common/http/tls_contexts.h"
#include "common/http/users.h"
#include "common/http/web_config.h"
#include "common/log/log.h"
#include "common/text.h"

namespace pcb::http {
namespace {

using Clock = Exchange::Clock;

constexpr int kMaxHeaders = 63;  // CivetWeb drops what is beyond 64 without a word

class CivetServer : public Server {
 public:
  CivetServer(const ServerSettings& settings, std::vector<Route> routes, std::unique_ptr<TlsContexts> tls)
      : settings_(settings),
        router_(std::move(routes)),
        tls_(std::move(tls)),
        connections_(settings.connections_per_address, settings.workers),
        web_(settings.web != nullptr ? settings.web : std::make_shared<const WebConfig>()) {}

  ~CivetServer() override {
    if (context_ != nullptr) ::mg_stop(context_);
    connections_.stop();
    if (watching_.joinable()) watching_.join();
  }

  Status listen(const ListenAddress& address);
  [[nodiscard]] std::uint16_t port() const override { return port_; }
  Status change_web(std::shared_ptr<const WebConfig> web) override;

 private:
  static CivetServer& of(const mg_connection* connection) {
    return *static_cast<CivetServer*>(::mg_get_user_data(::mg_get_context(connection)));
  }
  static Connections::Entry& entry_of(const mg_connection* connection) {
    return *static_cast<Connections::Entry*>(::mg_get_user_connection_data(connection));
  }

  static int on_connection(const mg_connection* connection, void** data) noexcept;
  static void on_close(const mg_connection* connection) noexcept;
  static int on_request(mg_connection* connection) noexcept;
  static int on_error(mg_connection* connection, int status, const char* message) noexcept;
  static int on_message(const mg_connection* connection, const char* message) noexcept;
  static int on_tls(void** context, void* self) noexcept;

  // Reads and answers one request; returns the status for CivetWeb's books.
  int serve(mg_connection* connection);
  std::shared_ptr<const WebConfig> web();
  // What to answer instead of calling the handler, or nothing when `request` is ready for it: first from the
  // head alone, then with the route and the login known, the body is read.
  std::optional<Response> read_head(const mg_request_info& info, Request& request, Framing& framing);
  std::optional<Response> prepare(Exchange& exchange, const mg_request_info& info, Request& request,
                                  const Handler*& handler);
  std::optional<Response> check_caller(Request& request) {
    return settings_.check ? settings_.check(request) : users_.check(request, web()->users);
  }
  Response own_answer(const Request& request, int status, HeaderPairs headers = {});
  Response call(const Handler& handler, const Request& request);
  void send(Exchange& exchange, const Response& response, bool head_only);
  Exchange exchange_of(mg_connection* connection);

  const ServerSettings settings_;
  const Router router_;
  const std::unique_ptr<TlsContexts> tls_;  // none: plain HTTP
  Connections connections_;
  Users users_;
  std::mutex web_mutex_;
  std::shared_ptr<const WebConfig> web_;  // never null
  std::atomic<int> streams_{0};
  std::atomic<bool> starting_{true};
  std::mutex message_mutex_;
  std::string last_message_;
  mg_context* context_ = nullptr;
  std::uint16_t port_ = 0;
  std::thread watching_;  // over connections_
};

Status CivetServer::listen(const ListenAddress& address) {
  static const unsigned features = ::mg_init_library(MG_FEATURES_TLS | MG_FEATURES_IPV6);
  if ((features & MG_FEATURES_TLS) == 0 || (features & MG_FEATURES_IPV6) == 0)
    return Error{"the web server library was built without TLS or IPv6; build the program again from clean"};
  mg_callbacks callbacks{};
  callbacks.init_connection = on_connection;
  callbacks.connection_close = on_close;
  callbacks.begin_request = on_request;
  callbacks.http_error = on_error;
  callbacks.log_message = on_message;
  if (tls_ != nullptr) callbacks.external_ssl_ctx = on_tls;
  const std::string where = to_string(address);
  const std::string listening_ports = where + (tls_ != nullptr ? "s" : "");  // CivetWeb's mark for TLS
  const std::string workers = std::to_string(settings_.workers);
  const std::string deadline = std::to_string(settings_.request_deadline.count());
  // decode_url: the path is decoded once, strictly, by us.
  const std::array options = {"listening_ports",
                              listening_ports.c_str(),
                              "num_threads",
                              workers.c_str(),
                              "request_timeout_ms",
                              deadline.c_str(),
                              "connection_queue",
                              "64",
                              "listen_backlog",
                              "256",
                              "enable_keep_alive",
                              "no",
                              "decode_url",
                              "no",
                              "tcp_nodelay",
                              "1",
                              static_cast<const char*>(nullptr)};
  mg_init_data init{&callbacks, this, const_cast<const char**>(options.data())};
  std::array<char, 256> text{};
  unsigned code = 0;
  mg_error_data error{&code, text.data(), text.size()};
  context_ = ::mg_start2(&init, &error);
  starting_ = false;
  if (context_ == nullptr) {
    const std::lock_guard lock(message_mutex_);
    return Error{"cannot listen on " + where + ": " + (last_message_.empty() ? text.data() : last_message_) +
                 "; stop the program that holds the address, or choose another one"};
  }
  mg_server_port listening{};
  if (::mg_get_server_ports(context_, 1, &listening) != 1) return Error{"cannot tell the port of " + where};
  port_ = static_cast<std::uint16_t>(listening.port);
  watching_ = std::thread([this] { connections_.watch(); });
  return Done{};
}

int CivetServer::on_message(const mg_connection* connection, const char* message) noexcept {
  try {
    CivetServer& self = of(connection);
    {
      const std::lock_guard lock(self.message_mutex_);
      // Setting up speaks twice of a failed bind; the first message has the reason.
      if (self.starting_ && self.last_message_.empty()) self.last_message_ = message;
    }
    log::debug("web server", {{"message", message}});
  } catch (const std::exception&) {
    return 1;  // no memory for a message: nothing better to do than to go on
  }
  return 1;
}

int CivetServer::on_tls(void** context, void* self) noexcept {
  *context = static_cast<CivetServer*>(self)->tls_->listener();
  return 1;  // ours: CivetWeb neither changes nor frees it
}

std::shared_ptr<const WebConfig> CivetServer::web() {
  const std::lock_guard lock(web_mutex_);
  return web_;
}

Status CivetServer::change_web(std::shared_ptr<const WebConfig> web) {
  if (web == nullptr) web = std::make_shared<const WebConfig>();
  if (web->tls.has_value() != (tls_ != nullptr))
    return Error{"TLS cannot be switched on or off while the server runs; restart it for that"};
  if (tls_ != nullptr) {
    if (auto changed = tls_->change(*web->tls); !changed) return changed;
  }
  const std::lock_guard lock(web_mutex_);
  web_ = std::move(web);
  return Done{};
}

int CivetServer::on_connection(const mg_connection* connection, void** data) noexcept {
  try {
    CivetServer& self = of(connection);
    const int socket = ::pcb_connection_socket(connection);
    Connections::Entry* entry = self.connections_.enter(socket, ::pcb_connection_remote_address(connection));
    *data = entry;
    if (!entry->refused) return 0;
    auto* writable =
        const_cast<mg_connection*>(connection);  // the callback's const is only a promise to look
    Exchange exchange(writable, Clock::now(), std::chrono::milliseconds(100));
    self.send(exchange, plain_answer(503), false);
    ::shutdown(socket, SHUT_RDWR);
  } catch (const std::exception& thrown) {
    log::error("cannot take a connection", {{"error", thrown.what()}});
  }
  return 0;
}

void CivetServer::on_close(const mg_connection* connection) noexcept {
  auto* entry = static_cast<Connections::Entry*>(::mg_get_user_connection_data(connection));
  if (entry != nullptr) of(connection).connections_.leave(entry);
}

Exchange CivetServer::exchange_of(mg_connection* connection) {
  return {connection, entry_of(connection).since + settings_.request_deadline, settings_.response_deadline};
}

void CivetServer::send(Exchange& exchange, const Response& response, bool head_only) {
  HeaderPairs extra = web()->headers;
  for (const auto& header : settings_.headers)
    if (!has_header(extra, header.first)) extra.push_back(header);
  if (response.status == 503) extra.emplace_back("Retry-After", "1");
  exchange.send(response, head_only, extra);
}

int CivetServer::on_error(mg_connection* connection, int status, const char* /*message*/) noexcept {
  try {
    if (::mg_get_user_connection_data(connection) == nullptr || entry_of(connection).refused) return 0;
    CivetServer& self = of(connection);
    Exchange exchange = self.exchange_of(connection);
    const bool late = Clock::now() >= entry_of(connection).since + self.settings_.request_deadline;
    const bool displaced = !self.connections_.finish_reading(&entry_of(connection));
    self.send(exchange, plain_answer(late || displaced ? 408 : status == 411 ? 400 : status), false);
    if (displaced) return 0;
    self.connections_.start_draining(&entry_of(connection));
    exchange.drain();
  } catch (const std::exception& thrown) {
    log::error("cannot answer a request", {{"error", thrown.what()}});
  }
  return 0;
}

int CivetServer::on_request(mg_connection* connection) noexcept {
  try {
    if (::mg_get_user_connection_data(connection) == nullptr) return 503;  // on_connection had no memory
    return of(connection).serve(connection);
  } catch (const std::exception& thrown) {
    log::error("cannot serve a request", {{"error", thrown.what()}});
    return 500;
  }
}

int CivetServer::serve(mg_connection* connection) {
  Connections::Entry& entry = entry_of(connection);
  if (entry.refused) return 503;
  const mg_request_info& info = *::mg_get_request_info(connection);
  Exchange exchange = exchange_of(connection);
  Request request;
  const Handler* handler = nullptr;
  auto refused = prepare(exchange, info, request, handler);
  // A request that had arrived whole before its connection was displaced is as good as any.
  const bool displaced = !connections_.finish_reading(&entry) && refused;
  if (displaced) refused = own_answer(request, 408);
  const bool head_only = request.method == "HEAD";
  if (refused) {
    send(exchange, *refused, head_only);
    if (!displaced) {  // otherwise its place is needed
      connections_.start_draining(&entry);
      exchange.drain();
    }
    return refused->status;
  }
  Response response = call(*handler, request);
  if (response.stream && streams_.fetch_add(1) >= settings_.event_streams) {
    streams_.fetch_sub(1);
    response = own_answer(request, 503);
  }
  const bool streams = static_cast<bool>(response.stream);
  if (!streams) connections_.start_sending(&entry);
  try {
    send(exchange, response, head_only);
  } catch (const std::exception& thrown) {
    log::error("a stream failed", {{"path", request.path}, {"error", thrown.what()}});
  }
  if (streams) streams_.fetch_sub(1);
  return response.status;
}

std::optional<Response> CivetServer::read_head(const mg_request_info& info, Request& request,
                                               Framing& framing) {
  request.method = info.request_method;
  request.remote_address = info.remote_addr;
  auto path = percent_decode(info.local_uri_raw, false);
  if (!path) return plain_answer(400);
  request.path = *std::move(path);  // first: in its form all else is refused
  if (info.num_headers > kMaxHeaders) return own_answer(request, 431);
  HeaderList headers;
  for (int i = 0; i < info.num_headers; ++i) {
    const mg_header& header = info.http_headers[i];
    headers.emplace_back(text::to_lower(header.name), header.value);
    std::string& joined = request.headers[headers.back().first];
    if (!joined.empty()) joined += ", ";
    joined += header.value;
  }
  framing = read_framing(headers);
  if (framing.refused_status != 0) return own_answer(request, framing.refused_status);
  auto query = read_query(info.query_string == nullptr ? "" : info.query_string);
  if (!query) return own_answer(request, 400);
  request.query = *std::move(query);
  return std::nullopt;
}

std::optional<Response> CivetServer::prepare(Exchange& exchange, const mg_request_info& info,
                                             Request& request, const Handler*& handler) {
  Framing framing;
  if (auto refused = read_head(info, request, framing)) return refused;
  const Router::Match match = router_.find(request.method, request.path);
  const Guarded* guarded = nullptr;
  if (match.route != nullptr) {
    handler = &match.route->handler;
    guarded = handler->target<Guarded>();
    if (guarded != nullptr) handler = &guarded->inner();
  }
  if (auto refused = guarded != nullptr ? guarded->check(request) : check_caller(request)) return refused;
  if (match.route == nullptr && match.allow.empty()) return own_answer(request, 404);
  if (match.route == nullptr) return own_answer(request, 405, {{"Allow", match.allow}});
  const auto expect = request.headers.find("expect");
  const bool expects_continue = expect != request.headers.end();
  if (expects_continue && !text::equal_ignoring_case(expect->second, "100-continue"))
    return own_answer(request, 417);
  const int refused =
      exchange.read_body(framing, match.route->max_body_bytes, expects_continue, request.body);
  if (refused == 0) return std::nullopt;
  if (match.route->on_refused_body) match.route->on_refused_body(refused);
  return own_answer(request, refused);
}

Response CivetServer::own_answer(const Request& request, int status, HeaderPairs headers) {
  Response answer = plain_answer(status);
  answer.headers = std::move(headers);
  return settings_.own_answer ? settings_.own_answer(request, std::move(answer)) : answer;
}

Response CivetServer::call(const Handler& handler, const Request& request) {
  try {
    return handler(request);
  } catch (const std::exception& thrown) {
    log::error("a request handler failed", {{"path", request.path}, {"error", thrown.what()}});
  } catch (...) {
    log::error("a request handler failed", {{"path", request.path}});
  }
  return own_answer(request, 500);
}

}  // namespace

Result<std::unique_ptr<Server>> Server::start(const ServerSettings& settings, std::vector<Route> routes) {
  const auto address = parse_listen_address(settings.listen);
  if (!address) return address.error();
  std::unique_ptr<TlsContexts> tls;
  if (settings.web != nullptr && settings.web->tls) {
    auto loaded = TlsContexts::load(*settings.web->tls);
    if (!loaded) return loaded.error();
    tls = std::move(loaded).value();
  }
  auto server = std::make_unique<CivetServer>(settings, std::move(routes), std::move(tls));
  if (auto listening = server->listen(*address); !listening) return listening.error();
  return Result<std::unique_ptr<Server>>(std::move(server));
}

}  // namespace pcb::http
