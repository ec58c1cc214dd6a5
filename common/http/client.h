// http::Client: one bounded HTTP request at a time, over libcurl.
//
// Never follows redirects, speaks only http and https, verifies certificates, ignores proxies from the
// environment. Every call ends by `timeout`; an answer above `max_body_bytes` is an error. An answer with any
// status is a success here: callers judge it. Errors name the URL without its credentials.
// One Client belongs to one thread at a time; it keeps its connection between calls.
// Tested by tests/common/http_client_test.cpp.
#pragma once

#include <chrono>
#include <cstddef>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "common/result.h"

namespace pcb::http {

struct ClientSettings {
  std::chrono::milliseconds timeout{5000};
  std::size_t max_body_bytes = 16U << 20U;
  std::string ca_file = {};
  std::string basic_user = {};  // with basic_password: Authorization: Basic
  std::string basic_password = {};
  std::string bearer_token = {};
  std::vector<std::pair<std::string, std::string>> headers = {};
};

struct ClientResponse {
  int status = 0;
  std::string content_type = {};
  std::string body = {};
  std::string peer = {};  // the address that answered: "192.0.2.7", "::1"
};

class Client {
 public:
  explicit Client(ClientSettings settings);
  ~Client();
  Client(Client&&) noexcept;
  Client& operator=(Client&&) noexcept;

  Result<ClientResponse> get(const std::string& url);
  Result<ClientResponse> post(const std::string& url, const std::string& body,
                              const std::string& content_type = "application/json");
  // application/x-www-form-urlencoded, as Prometheus's query API takes it.
  Result<ClientResponse> post_form(const std::string& url,
                                   const std::vector<std::pair<std::string, std::string>>& fields);

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

std::string client_library_version();  // "libcurl 7.88.1"
// libcurl is set up, once for the process; false: there is no memory for it.
bool library_is_ready();

}  // namespace pcb::http
