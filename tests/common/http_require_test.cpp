// Who may call: bearer tokens, users and passwords, asked before a body is read.
#include <stdexcept>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "common/http/server.h"
#include "tests/common/raw_client.h"

namespace pcb::http {
namespace {

using testing::HasSubstr;

Response text_answer(std::string body) { return {.body = std::move(body)}; }

std::unique_ptr<Server> start(std::vector<Route> routes) {
  routes.push_back(
      {.method = "GET", .path = "/open", .handler = [](const Request&) { return text_answer("open"); }});
  auto server = Server::start({}, std::move(routes));
  if (!server) throw std::runtime_error(server.error().message);
  return std::move(server).value();
}

std::string ask(const Server& server, std::string_view request) {
  return RawClient(server.port()).ask(request);
}

TEST(HttpRequire, CredentialsAreAskedBeforeTheBodyIsRead) {
  const Access access{.bearer_token = "tok3n", .basic = std::pair("ann", "pa:ss")};
  const auto server =
      start({{.method = "POST",
              .path = "/in",
              .handler = require(access, [](const Request& r) { return text_answer(r.user); }),
              .max_body_bytes = 10}});
  const auto post = [&](const std::string& authorization) {
    return ask(*server, "POST /in HTTP/1.1\r\nContent-Length: 2\r\n" + authorization + "\r\nok");
  };
  EXPECT_THAT(post("Authorization: Bearer tok3n\r\n"), HasSubstr("\r\n\r\ntoken"));
  EXPECT_THAT(post("Authorization: bEARER   tok3n\r\n"), HasSubstr("\r\n\r\ntoken"));
  EXPECT_THAT(post("Authorization: Basic YW5uOnBhOnNz\r\n"), HasSubstr("\r\n\r\nann"));
  for (const char* wrong : {"", "Authorization: Bearer tok3\r\n", "Authorization: Bearer tok3nn\r\n",
                            "Authorization: Basic YW5uOnBhOnN6\r\n", "Authorization: Basic !!!\r\n",
                            "Authorization: tok3n\r\n", "Authorization: Bearer\r\n"}) {
    const std::string answer = post(wrong);
    EXPECT_EQ(status_of(answer), 401) << wrong;
    EXPECT_THAT(answer, HasSubstr("\r\nWWW-Authenticate: Basic realm="));
    EXPECT_THAT(answer, HasSubstr("\r\nWWW-Authenticate: Bearer realm="));
  }
  // Not a byte of the body is waited for: 8 MiB are announced and none is sent.
  EXPECT_EQ(status_of(ask(*server, "POST /in HTTP/1.1\r\nContent-Length: 8388608\r\n\r\n")), 401);
  EXPECT_EQ(status_of(ask(*server, "GET /open HTTP/1.1\r\nAuthorization: Bearer " + std::string(8000, 'x') +
                                       "\r\n\r\n")),
            200);
}

TEST(HttpRequire, GuessingIsSlowedDownPerAddress) {
  const auto server = start(
      {{.method = "GET", .path = "/in", .handler = require({.bearer_token = "right"}, [](const Request&) {
                                          return text_answer("in");
                                        })}});
  const auto get = [&](const std::string& token, const char* from) {
    return RawClient(server->port(), from)
        .ask("GET /in HTTP/1.1\r\nAuthorization: Bearer " + token + "\r\n\r\n");
  };
  int refused = 0;
  for (int i = 0; i < 20; ++i) refused += status_of(get("wrong", "127.0.0.1")) == 429 ? 1 : 0;
  EXPECT_GE(refused, 5);
  EXPECT_THAT(get("right", "127.0.0.9"), HasSubstr("\r\n\r\nin"));  // others are not punished
}

TEST(HttpRequire, ARequireWithoutCredentialsLetsEveryoneIn) {
  const Handler handler = require({}, [](const Request&) { return text_answer("in"); });
  EXPECT_EQ(handler(Request{}).body, "in");
  const Handler closed = require({.bearer_token = "t"}, [](const Request&) { return text_answer("in"); });
  EXPECT_EQ(closed(Request{}).status, 401);
  EXPECT_EQ(closed(Request{.headers = {{"authorization", "Bearer t"}}}).body, "in");
}

}  // namespace
}  // namespace pcb::http
