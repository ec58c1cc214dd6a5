// What rude and broken clients do, the same over plain HTTP and over TLS: tests/faults.md lists it.
#include <chrono>
#include <memory>
#include <stdexcept>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <openssl/ssl.h>

#include "common/http/server.h"
#include "common/http/web_config.h"
#include "tests/common/raw_client.h"
#include "tests/common/test_certificates.h"

namespace pcb::http {
namespace {

using namespace std::chrono_literals;
using testing::HasSubstr;
using testing::Not;

struct FreeContext {
  void operator()(SSL_CTX* context) const { ::SSL_CTX_free(context); }
};
struct FreeSsl {
  void operator()(SSL* ssl) const { ::SSL_free(ssl); }
};

// RawClient's like with TLS around its bytes; certificates are another test's matter.
class TlsClient {
 public:
  explicit TlsClient(std::uint16_t port) : socket_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    sockaddr_in target{};
    target.sin_family = AF_INET;
    target.sin_port = htons(port);
    target.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    const timeval patience{20, 0};
    ::setsockopt(socket_.get(), SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
    context_.reset(::SSL_CTX_new(::TLS_client_method()));
    ssl_.reset(::SSL_new(context_.get()));
    if (::connect(socket_.get(), reinterpret_cast<const sockaddr*>(&target), sizeof target) != 0 ||
        ::SSL_set_fd(ssl_.get(), socket_.get()) != 1 || ::SSL_connect(ssl_.get()) != 1)
      throw std::runtime_error("no TLS connection");
  }
  bool send(const std::string& bytes) {
    return ::SSL_write(ssl_.get(), bytes.data(), static_cast<int>(bytes.size())) > 0;
  }
  std::string read_all() {
    std::string all;
    char buffer[4096];
    for (;;) {
      const int count = ::SSL_read(ssl_.get(), buffer, sizeof buffer);
      if (count <= 0) return all;
      all.append(buffer, static_cast<std::size_t>(count));
    }
  }

 private:
  os::Fd socket_;
  std::unique_ptr<SSL_CTX, FreeContext> context_;
  std::unique_ptr<SSL, FreeSsl> ssl_;
};

class HttpFault : public testing::TestWithParam<bool> {
 protected:
  HttpFault() {
    auto web = std::make_shared<WebConfig>();
    if (GetParam()) {
      const TestCa ca(dir_, "ca");
      const auto pair = ca.issue("server");
      web->tls.emplace();
      web->tls->cert_file = pair.certificate;
      web->tls->key_file = pair.key;
    }
    settings_.web = web;
    start(1000ms);
  }

  void start(std::chrono::milliseconds request_deadline) {
    settings_.request_deadline = request_deadline;
    const auto echo = [](const Request& request) { return Response{.body = "<" + request.body + ">"}; };
    auto server =
        Server::start(settings_, {{.method = "GET", .path = "/quick", .handler = echo},
                                  {.method = "POST", .path = "/in", .handler = echo, .max_body_bytes = 1000},
                                  {.method = "POST",
                                   .path = "/token",
                                   .handler = require({.bearer_token = "tok3n"}, echo),
                                   .max_body_bytes = 1000}});
    if (!server) throw std::runtime_error(server.error().message);
    server_ = std::move(server).value();
  }

  // A client that sends these bytes and then only listens.
  class Client {
   public:
    Client(bool tls, std::uint16_t port) {
      if (tls) {
        tls_ = std::make_unique<TlsClient>(port);
      } else {
        plain_ = std::make_unique<RawClient>(port);
      }
    }
    bool send(const std::string& bytes) { return tls_ ? tls_->send(bytes) : plain_->send(bytes); }
    std::string read_all() { return tls_ ? tls_->read_all() : plain_->read_all(); }

   private:
    std::unique_ptr<TlsClient> tls_;
    std::unique_ptr<RawClient> plain_;
  };
  std::unique_ptr<Client> connect() { return std::make_unique<Client>(GetParam(), server_->port()); }
  std::string ask(const std::string& bytes) {
    const auto client = connect();
    client->send(bytes);
    return client->read_all();
  }
  // 0: no answer within the client's 20 s.
  int status_of_a_quick_request() { return status_of(ask("GET /quick HTTP/1.1\r\n\r\n")); }

  // Far above what a client waits for: who has to wait for it is not served.
  static constexpr auto kNever = 300s;
  test::TemporaryFolder dir_;
  ServerSettings settings_;
  std::unique_ptr<Server> server_;
};

TEST_P(HttpFault, SlowBodiesAndHeadsAreCutAtTheDeadlineWhileOthersAreServed) {
  const auto slow_clients = [&] {
    std::vector<std::unique_ptr<Client>> slow;
    for (int i = 0; i < 20; ++i) {
      slow.push_back(connect());
      slow.back()->send(i % 2 == 0 ? "POST /in HTTP/1.1\r\nContent-Length: 900\r\n\r\nx"
                                   : "GET /quick HTTP/1.1\r\nX: ");
    }
    return slow;
  };
  for (auto& client : slow_clients()) EXPECT_EQ(status_of(client->read_all()), 408);
  start(kNever);
  const auto slow = slow_clients();
  for (int i = 0; i < 10; ++i) EXPECT_EQ(status_of_a_quick_request(), 200);
}

TEST_P(HttpFault, BodiesThatAreTooLargeOrAmbiguousAreRefused) {
  const auto status = [&](const std::string& head, const std::string& body = "") {
    return status_of(ask("POST /in HTTP/1.1\r\n" + head + "\r\n" + body));
  };
  EXPECT_EQ(status("Content-Length: 5\r\n", "hello"), 200) << "the control";
  EXPECT_EQ(status("Content-Length: 1001\r\n"), 413);
  EXPECT_EQ(status("Transfer-Encoding: chunked\r\n", "3e9\r\n" + std::string(1001, 'x') + "\r\n0\r\n\r\n"),
            413);
  EXPECT_EQ(status("Transfer-Encoding: chunked\r\n", "5\r\nhello\r\n"), 408) << "without an end";
  EXPECT_EQ(status("Content-Length: 5\r\nTransfer-Encoding: chunked\r\n", "0\r\n\r\n"), 400);
  for (const char* length : {"-1", "+5", "5, 5", "0x5", "99999999999999999999", "five"})
    EXPECT_EQ(status("Content-Length: " + std::string(length) + "\r\n", "hello"), 400) << length;
}

TEST_P(HttpFault, CredentialsAreAskedWhateverTheirLengthAndThenSlowedDown) {
  const auto status = [&](const std::string& authorization) {
    return status_of(ask("POST /token HTTP/1.1\r\nContent-Length: 2\r\n" + authorization + "\r\nok"));
  };
  EXPECT_EQ(status("Authorization: Bearer tok3n\r\n"), 200);
  EXPECT_EQ(status(""), 401);
  EXPECT_EQ(status("Authorization: Bearer " + std::string(8000, 'x') + "\r\n"), 401);
  int slowed_down = 0;
  for (int i = 0; i < 30 && slowed_down == 0; ++i)
    slowed_down += static_cast<int>(status("Authorization: Bearer wrong\r\n") == 429);
  EXPECT_EQ(slowed_down, 1);
}

TEST_P(HttpFault, PathsReachNoFile) {
  for (const char* path :
       {"/..%2f..%2fetc/passwd", "/../../etc/passwd", "//etc/passwd", "/etc/passwd", "/%2e%2e/"})
    EXPECT_EQ(status_of(ask("GET " + std::string(path) + " HTTP/1.1\r\n\r\n")), 404) << path;
  EXPECT_EQ(status_of(ask("GET /quick%00 HTTP/1.1\r\n\r\n")), 400);
  EXPECT_EQ(status_of(ask("GET /" + std::string(8000, 'a') + " HTTP/1.1\r\n\r\n")), 404);
}

TEST_P(HttpFault, WhoConnectsAndSaysNothingTakesNobodysPlace) {
  const auto silent_clients = [&] {
    std::vector<std::unique_ptr<RawClient>> silent;  // with TLS they do not even greet
    silent.reserve(40);
    for (int i = 0; i < 40; ++i) silent.push_back(std::make_unique<RawClient>(server_->port()));
    return silent;
  };
  for (auto& client : silent_clients()) EXPECT_THAT(client->read_all(), Not(HasSubstr("(timeout)")));
  start(kNever);
  const auto silent = silent_clients();
  for (int i = 0; i < 5; ++i) EXPECT_EQ(status_of_a_quick_request(), 200);
}

TEST_P(HttpFault, WhatIsNoRequestIsNotServed) {
  for (const std::string& bytes : {std::string("\x16\x03\x01\x02\x00\x01\x00", 7), std::string(300, '\0'),
                                   std::string("GET\r\n\r\n"), std::string("SSH-2.0-x\r\n")}) {
    RawClient client(server_->port());
    client.send(bytes);
    client.end_sending();
    EXPECT_NE(status_of(client.read_all()), 200);
  }
  EXPECT_EQ(status_of_a_quick_request(), 200);
}

INSTANTIATE_TEST_SUITE_P(Over, HttpFault, testing::Bool(),
                         [](const auto& test) { return test.param ? "Tls" : "Plain"; });

}  // namespace
}  // namespace pcb::http
