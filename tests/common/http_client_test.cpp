#include <atomic>
#include <cstdlib>
#include <latch>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "common/http/client.h"
#include "common/http/server.h"

namespace pcb::http {
namespace {

using namespace std::chrono_literals;
using testing::AllOf;
using testing::HasSubstr;
using testing::Not;

class HttpClient : public testing::Test {
 protected:
  void SetUp() override {
    const auto echo = [](const Request& request) {
      std::string shown = request.method + "|" + request.body;
      for (const char* name : {"authorization", "content-type", "x-own", "user-agent"})
        if (const auto found = request.headers.find(name); found != request.headers.end())
          shown += "|" + found->second;
      return Response{.body = shown};
    };
    std::vector<Route> routes = {
        {.method = "GET", .path = "/echo", .handler = echo},
        {.method = "POST", .path = "/echo", .handler = echo, .max_body_bytes = 4U << 20U},
        {.method = "GET",
         .path = "/large",
         .handler = [](const Request&) { return Response{.body = std::string(100000, 'x')}; }},
        {.method = "GET",
         .path = "/moved",
         .handler =
             [](const Request&) {
               return Response{.status = 302, .headers = {{"Location", "/target"}}};
             }},
        {.method = "GET",
         .path = "/target",
         .handler =
             [this](const Request&) {
               ++target_calls_;
               return Response{};
             }},
        {.method = "GET",
         .path = "/hang",
         .handler =
             [this](const Request&) {
               hang_.wait();
               return Response{};
             }},
        {.method = "GET", .path = "/teapot", .handler = [](const Request&) {
           return Response{.status = 418, .content_type = "application/json", .body = "{}"};
         }}};
    auto server = Server::start({}, std::move(routes));
    ASSERT_TRUE(server.ok()) << server.error().message;
    server_ = std::move(server).value();
    port_ = std::to_string(server_->port());
  }
  void TearDown() override { hang_.count_down(); }

  std::string url(const std::string& path) { return "http://127.0.0.1:" + port_ + path; }

  std::atomic<int> target_calls_{0};
  std::latch hang_{1};
  std::unique_ptr<Server> server_;
  std::string port_;
};

TEST_F(HttpClient, SendsWhatItIsTold) {
  Client client({.bearer_token = "tok", .headers = {{"X-Own", "1"}}});
  EXPECT_EQ(client.get(url("/echo"))->body, "GET||Bearer tok|1|proxmox-cluster-balancer");
  EXPECT_THAT(client.post(url("/echo"), "{\"a\":1}")->body,
              HasSubstr("POST|{\"a\":1}|Bearer tok|application/json"));
  EXPECT_THAT(client.post_form(url("/echo"), {{"query", "up{a=\"b&c\"}"}, {"time", "1.5"}})->body,
              AllOf(HasSubstr("POST|query=up%7ba%3d%22b%26c%22%7d&time=1.5|"),
                    HasSubstr("application/x-www-form-urlencoded")));
  const std::string large(3U << 20U, 'y');
  EXPECT_THAT(client.post(url("/echo"), large)->body.size(), testing::Gt(large.size()));
  EXPECT_EQ(client.get(url("/echo"))->body,
            "GET||Bearer tok|1|proxmox-cluster-balancer");  // no trace of the post
  Client basic({.basic_user = "ann", .basic_password = "pa:ss"});
  EXPECT_THAT(basic.get(url("/echo"))->body, HasSubstr("Basic YW5uOnBhOnNz"));
}

TEST_F(HttpClient, EveryStatusIsAnAnswer) {
  Client client({});
  const auto answer = client.get(url("/teapot"));
  ASSERT_TRUE(answer.ok());
  EXPECT_EQ(answer->status, 418);
  EXPECT_EQ(answer->content_type, "application/json");
  EXPECT_EQ(answer->peer, "127.0.0.1");
  EXPECT_EQ(client.get(url("/none"))->status, 404);
}

TEST_F(HttpClient, RedirectsAreNotFollowed) {
  Client client({});
  EXPECT_EQ(client.get(url("/moved"))->status, 302);
  EXPECT_EQ(target_calls_, 0);
  ASSERT_TRUE(client.get(url("/target")).ok());
  EXPECT_EQ(target_calls_, 1) << "who goes there is counted";
}

TEST_F(HttpClient, AnswersAboveTheCapAreRefused) {
  Client exact({.max_body_bytes = 100000});
  EXPECT_EQ(exact.get(url("/large"))->body.size(), 100000U);
  Client small({.max_body_bytes = 99999});
  EXPECT_THAT(small.get(url("/large")).error().message, HasSubstr("larger than 97.7 KiB"));
}

TEST_F(HttpClient, ASilentServerIsGivenUpInTime) {
  Client client({.timeout = 200ms});
  const auto begin = std::chrono::steady_clock::now();
  const auto answer = client.get(url("/hang"));
  EXPECT_LT(std::chrono::steady_clock::now() - begin, 3s);
  ASSERT_FALSE(answer.ok());
  EXPECT_THAT(answer.error().message,
              AllOf(HasSubstr(url("/hang") + ": "), HasSubstr("no answer within 200 ms")));
}

TEST_F(HttpClient, ErrorsSayWhatToDoAndHideCredentials) {
  Client client({.timeout = 3000ms});
  server_.reset();
  const auto refused = client.get("http://ann:s3cret@127.0.0.1:" + port_ + "/x?token=hidden");
  ASSERT_FALSE(refused.ok());
  EXPECT_THAT(refused.error().message,
              AllOf(HasSubstr("http://127.0.0.1:" + port_ + "/x: "), HasSubstr("see whether the server runs"),
                    Not(HasSubstr("s3cret")), Not(HasSubstr("hidden")), Not(HasSubstr("ann"))));
  EXPECT_THAT(client.get("http://no-such-host.invalid/").error().message,
              HasSubstr("check the name and the DNS"));
  for (const char* other : {"file:///etc/passwd", "ftp://127.0.0.1/", "gopher://127.0.0.1/", "nonsense://x"})
    EXPECT_THAT(client.get(other).error().message, HasSubstr("write the URL like http://host:port/path"))
        << other;
  EXPECT_FALSE(client.get("").ok());
  Client forged({.headers = {{"X-A", "1\r\nX-B: 2"}}});
  EXPECT_THAT(forged.get("http://127.0.0.1:1/").error().message, HasSubstr("holds a line end"));
}

TEST_F(HttpClient, ProxiesOfTheEnvironmentAreIgnored) {
  ::setenv("http_proxy", "http://127.0.0.1:1", 1);
  ::setenv("ALL_PROXY", "http://127.0.0.1:1", 1);
  Client client({});
  const auto answer = client.get(url("/echo"));
  ::unsetenv("http_proxy");
  ::unsetenv("ALL_PROXY");
  EXPECT_TRUE(answer.ok()) << answer.error().message;
}

TEST_F(HttpClient, MovesAndIsReused) {
  Client first({});
  EXPECT_TRUE(first.get(url("/echo")).ok());
  Client second = std::move(first);
  EXPECT_TRUE(second.get(url("/echo")).ok());
}

}  // namespace
}  // namespace pcb::http
