// Exchange: one request and its answer on one CivetWeb connection, every wait under an absolute deadline.
//
// Belongs to the worker thread that serves the connection. Behind server.cpp; handlers never see it.
// Tested by tests/common/http_server_test.cpp.
#pragma once

#include <chrono>
#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "common/http/request_head.h"
#include "common/http/server.h"

struct mg_connection;

namespace pcb::http {

using HeaderPairs = std::vector<std::pair<std::string, std::string>>;

class Exchange {
 public:
  using Clock = std::chrono::steady_clock;

  Exchange(mg_connection* connection, Clock::time_point request_deadline,
           std::chrono::milliseconds response_deadline);

  // The body into `body`; 0, or the status to answer: 408, 413, 400. Answers "Expect: 100-continue" first.
  int read_body(const Framing& framing, std::size_t max_bytes, bool expects_continue, std::string& body);

  // The head and, unless it answers HEAD, the body or the stream. `extra` stands behind the response's own
  // headers.
  void send(const Response& response, bool head_only, const HeaderPairs& extra);

  // After an answer to a request that was not read to its end: ends our side and reads what still comes for a
  // short while, because a close with unread bytes would reset the connection and lose the answer.
  void drain();

 private:
  class OpenStream;
  bool send_all(std::string_view bytes, Clock::time_point deadline);

  mg_connection* connection_;
  Clock::time_point request_deadline_;
  std::chrono::milliseconds response_deadline_;
};

bool has_header(const HeaderPairs& headers, std::string_view name);
// "Not Found" for 404.
std::string_view status_text(int status);
// A plain answer "404 Not Found\n".
Response plain_answer(int status);

}  // namespace pcb::http
