#include "common/http/exchange.h"

#include <algorithm>
#include <array>
#include <cstdio>

#include <poll.h>
#include <sys/socket.h>

#include "common/http/chunked.h"
#include "common/http/civetweb/connection_access.h"
#include "common/os/fd.h"
#include "common/text.h"

namespace pcb::http {
namespace {

using Clock = Exchange::Clock;

double seconds_until(Clock::time_point deadline) {
  return std::chrono::duration<double>(deadline - Clock::now()).count();
}

// Not by gmtime() and strftime(): they read the time zone's file at the first call, and no request opens a
// file.
std::string http_date() {
  using namespace std::chrono;
  constexpr std::array kDays = {"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"};
  constexpr std::array kMonths = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                  "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
  const auto now = floor<seconds>(system_clock::now());
  const auto today = floor<days>(now);
  const year_month_day date(today);
  const hh_mm_ss time(now - today);
  std::array<char, 64> buffer{};
  std::snprintf(buffer.data(), buffer.size(), "%s, %02u %s %04d %02d:%02d:%02d GMT",
                kDays.at(weekday(today).c_encoding()), static_cast<unsigned>(date.day()),
                kMonths.at(static_cast<unsigned>(date.month()) - 1), static_cast<int>(date.year()),
                static_cast<int>(time.hours().count()), static_cast<int>(time.minutes().count()),
                static_cast<int>(time.seconds().count()));
  return buffer.data();
}

// A header's value comes from a handler and may quote foreign text: it must not end the line.
void append_header(std::string& head, std::string_view name, std::string_view value) {
  head += name;
  head += ": ";
  for (const char c : value) head += static_cast<unsigned char>(c) < 0x20 || c == 0x7f ? ' ' : c;
  head += "\r\n";
}

bool has_no_body(int status) { return status < 200 || status == 204 || status == 304; }

std::string render_head(const Response& response, const HeaderPairs& extra,
                        std::optional<std::size_t> length) {
  std::string head = "HTTP/1.1 " + std::to_string(response.status) + " ";
  (head += status_text(response.status)) += "\r\n";
  append_header(head, "Date", http_date());
  append_header(head, "Connection", "close");
  if (!has_header(response.headers, "X-Content-Type-Options") && !has_header(extra, "X-Content-Type-Options"))
    append_header(head, "X-Content-Type-Options", "nosniff");
  if (!has_header(response.headers, "Cache-Control")) append_header(head, "Cache-Control", "no-store");
  if (!has_no_body(response.status)) append_header(head, "Content-Type", response.content_type);
  if (length) append_header(head, "Content-Length", std::to_string(*length));
  for (const auto& [name, value] : response.headers) append_header(head, name, value);
  for (const auto& [name, value] : extra)
    if (!has_header(response.headers, name)) append_header(head, name, value);
  return head += "\r\n";
}

}  // namespace

bool has_header(const HeaderPairs& headers, std::string_view name) {
  return std::any_of(headers.begin(), headers.end(),
                     [&](const auto& header) { return text::equal_ignoring_case(header.first, name); });
}

std::string_view status_text(int status) {
  switch (status) {
    case 200:
      return "OK";
    case 201:
      return "Created";
    case 202:
      return "Accepted";
    case 204:
      return "No Content";
    case 301:
      return "Moved Permanently";
    case 302:
      return "Found";
    case 303:
      return "See Other";
    case 304:
      return "Not Modified";
    case 400:
      return "Bad Request";
    case 401:
      return "Unauthorized";
    case 403:
      return "Forbidden";
    case 404:
      return "Not Found";
    case 405:
      return "Method Not Allowed";
    case 406:
      return "Not Acceptable";
    case 408:
      return "Request Timeout";
    case 409:
      return "Conflict";
    case 410:
      return "Gone";
    case 413:
      return "Content Too Large";
    case 415:
      return "Unsupported Media Type";
    case 417:
      return "Expectation Failed";
    case 422:
      return "Unprocessable Content";
    case 429:
      return "Too Many Requests";
    case 431:
      return "Request Header Fields Too Large";
    case 500:
      return "Internal Server Error";
    case 501:
      return "Not Implemented";
    case 502:
      return "Bad Gateway";
    case 503:
      return "Service Unavailable";
    case 504:
      return "Gateway Timeout";
    case 505:
      return "HTTP Version Not Supported";
    default:
      return "Status";
  }
}

Response plain_answer(int status) {
  return {.status = status, .body = std::to_string(status) + " " + std::string(status_text(status)) + "\n"};
}

Exchange::Exchange(mg_connection* connection, Clock::time_point request_deadline,
                   std::chrono::milliseconds response_deadline)
    : connection_(connection), request_deadline_(request_deadline), response_deadline_(response_deadline) {}

int Exchange::read_body(const Framing& framing, std::size_t max_bytes, bool expects_continue,
                        std::string& body) {
  if (!framing.chunked && framing.length > max_bytes) return 413;
  if (!framing.chunked && framing.length == 0) return 0;
  if (expects_continue && !send_all("HTTP/1.1 100 Continue\r\n\r\n", request_deadline_)) return 408;
  ChunkedBody chunks(max_bytes);
  std::array<char, 16384> buffer;
  for (;;) {
    if (!framing.chunked && body.size() == framing.length) return 0;
    const double left = seconds_until(request_deadline_);
    if (left <= 0) return 408;
    const std::size_t wanted =
        framing.chunked
            ? buffer.size()
            : static_cast<std::size_t>(std::min<std::uint64_t>(buffer.size(), framing.length - body.size()));
    const int count = pcb_connection_read(connection_, buffer.data(), wanted, left);
    if (count < 0) return seconds_until(request_deadline_) <= 0 ? 408 : 400;
    const std::string_view bytes(buffer.data(), static_cast<std::size_t>(count));
    if (!framing.chunked) {
      body += bytes;
      continue;
    }
    switch (chunks.feed(bytes)) {
      case ChunkedBody::State::more:
        break;
      case ChunkedBody::State::done:
        body = std::move(chunks.body());
        return 0;
      case ChunkedBody::State::malformed:
        return 400;
      case ChunkedBody::State::too_large:
        return 413;
    }
  }
}

bool Exchange::send_all(std::string_view bytes, Clock::time_point deadline) {
  while (!bytes.empty()) {
    const double left = seconds_until(deadline);
    if (left <= 0) return false;
    const int count = pcb_connection_write(connection_, bytes.data(), bytes.size(), left);
    if (count < 0) return false;
    bytes.remove_prefix(static_cast<std::size_t>(count));
  }
  return true;
}

class Exchange::OpenStream : public Stream {
 public:
  explicit OpenStream(Exchange& exchange) : exchange_(exchange) {}
  bool send(std::string_view bytes) override {
    alive_ = alive_ && exchange_.send_all(bytes, Clock::now() + exchange_.response_deadline_);
    return alive_;
  }
  [[nodiscard]] bool open() const override {
    if (!alive_) return false;
    // A peer that is gone shows as an end of the stream; one read with no patience also sees the server stop.
    char byte = 0;
    return pcb_connection_read(exchange_.connection_, &byte, 1, 0) >= 0;
  }

 private:
  Exchange& exchange_;
  bool alive_ = true;
};

void Exchange::send(const Response& response, bool head_only, const HeaderPairs& extra) {
  const std::string& body = response.shared_body ? *response.shared_body : response.body;
  const bool no_body = head_only || has_no_body(response.status);
  const bool streams = static_cast<bool>(response.stream);
  const auto length = streams || has_no_body(response.status) ? std::nullopt : std::optional(body.size());
  const auto deadline = Clock::now() + response_deadline_ + std::chrono::seconds(body.size() >> 20U);
  std::string head = render_head(response, extra, length);
  constexpr std::size_t kOnePacket = 8192;  // small answers go out in one piece
  const bool together = !streams && !no_body && body.size() <= kOnePacket;
  if (together) head += body;
  if (!send_all(head, deadline) || no_body || together) return;
  if (streams) {
    OpenStream stream(*this);
    response.stream(stream);
  } else {
    send_all(body, deadline);
  }
}

void Exchange::drain() {
  constexpr auto kPatience = std::chrono::milliseconds(500);
  constexpr std::size_t kMaxBytes = 4U << 20U;
  const int socket = pcb_connection_socket(connection_);
  ::shutdown(socket, SHUT_WR);
  std::array<char, 16384> buffer;
  const auto deadline = Clock::now() + kPatience;
  for (std::size_t total = 0; total < kMaxBytes;) {
    const double left = seconds_until(deadline);
    pollfd waiting{socket, POLLIN, 0};
    if (left <= 0 || ::poll(&waiting, 1, static_cast<int>(left * 1000) + 1) <= 0) return;
    const ssize_t count = ::recv(socket, buffer.data(), buffer.size(), MSG_DONTWAIT);
    if (count <= 0) return;
    total += static_cast<std::size_t>(count);
  }
}

}  // namespace pcb::http
