// The evaluator's routes on a journal of their own, called as the server calls them, without a socket.
#pragma once

#include <algorithm>
#include <memory>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "common/http/access.h"
#include "common/http/router.h"
#include "common/text.h"
#include "evaluator/cli/act_routes.h"
#include "evaluator/cli/api_routes.h"
#include "evaluator/cli/routes.h"
#include "tests/evaluator/journal_fixture.h"
#include "tests/evaluator/schema_check.h"

namespace pcb {

class ApiTest : public ::testing::Test {
 protected:
  static constexpr const char* kToken = "0123456789abcdef";

  ApiTest() {
    routes_ = evaluator_routes({current_, *journal_, intake_, board_, act_board_, counters_, [] {},
                                [] { return Status(Done{}); }, "0.1.0"});
    add(act_routes({*journal_, board_, button_, [] {}, access_,
                    [](const http::Request&, const std::string&, int status, const std::string& why) {
                      return http::Response{.status = status, .body = why};
                    }}));
    add(api_routes({*journal_, board_, act_board_}, access_, current_));
    add(access_.routes());
    router_ = std::make_unique<http::Router>(routes_);
  }

  http::Response ask(const std::string& method, const std::string& path,
                     std::multimap<std::string, std::string> query = {}, const std::string& body = "",
                     std::map<std::string, std::string> headers = {}) {
    http::Request request;
    request.method = method;
    request.path = path;
    request.query = std::move(query);
    request.headers = std::move(headers);
    request.headers.emplace("host", "127.0.0.1:9723");
    request.remote_address = "192.0.2.7";
    request.body = body;
    const auto match = router_->find(method, path);
    if (match.route == nullptr) return {.status = match.allow.empty() ? 404 : 405};
    if (match.route->handler.target<http::Guarded>() == nullptr) {
      if (auto refused = access_.reading()(request)) return *refused;
    }
    return match.route->handler(request);
  }
  http::Response get(const std::string& path, std::multimap<std::string, std::string> query = {}) {
    return ask("GET", path, std::move(query));
  }
  http::Response decide(const std::string& path, const std::string& body = "{}") {
    return ask("POST", path, {}, body, {{"authorization", std::string("Bearer ") + kToken}});
  }

  // What the description says of this answer is so; nothing is said of other media types than JSON.
  void expect_described(const std::string& method, const std::string& path, const http::Response& answer) {
    const test::Json operation = operation_of(method, path);
    ASSERT_FALSE(operation.is_null()) << method << " " << path << " is not in docs/openapi.json";
    const auto& responses = operation["responses"];
    const std::string status = std::to_string(answer.status);
    ASSERT_TRUE(responses.contains(status))
        << method << " " << path << " answers " << status << ": " << answer.body;
    if (!responses[status].contains("content") || answer.content_type != "application/json") return;
    ASSERT_TRUE(responses[status]["content"].contains("application/json")) << path;
    const auto value = test::Json::parse(answer.body, nullptr, false);
    ASSERT_FALSE(value.is_discarded()) << answer.body;
    EXPECT_EQ(test::SchemaCheck(document_).faults(responses[status]["content"]["application/json"]["schema"],
                                                  value),
              std::vector<std::string>())
        << path;
  }

  // By a path like "/api/v1/plans/12"; a template's part fits any one piece.
  test::Json operation_of(const std::string& method, const std::string& path) {
    std::string verb = method;
    std::transform(verb.begin(), verb.end(), verb.begin(),
                   [](char c) { return static_cast<char>(c | 0x20); });
    for (const auto& [pattern, item] : document_["paths"].items())
      if (fits(pattern, path) && item.contains(verb)) return item[verb];
    return nullptr;
  }

  static bool fits(const std::string& pattern, const std::string& path) {
    const auto left = text::split(pattern, '/');
    const auto right = text::split(path, '/');
    return left.size() == right.size() &&
           std::equal(left.begin(), left.end(), right.begin(),
                      [](auto a, auto b) { return a == b || (a.starts_with('{') && !b.empty()); });
  }

  void add(std::vector<http::Route> more) {
    routes_.insert(routes_.end(), std::make_move_iterator(more.begin()), std::make_move_iterator(more.end()));
  }

  static std::shared_ptr<const Config> config() {
    auto made = std::make_shared<Config>();
    made->cluster = "lab";
    return made;
  }

  test::TemporaryFolder folder_;
  std::unique_ptr<Journal> journal_ = open_journal(folder_.path());
  Current current_{config()};
  Intake intake_{*journal_, {}, [] {}};
  Board board_;
  ActBoard act_board_;
  Counters counters_;
  RedButton button_{folder_.path()};
  Access access_{kToken, [] { return 1000.0; }};
  std::vector<http::Route> routes_;
  std::unique_ptr<http::Router> router_;
  const test::Json document_ = test::Json::parse(kOpenApiDocument);
};

}  // namespace pcb
