// Logging in and deciding over HTTP, of the program itself: sessions, roles, headers, TLS, the address it
// listens on.
#include <csignal>
#include <fstream>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "evaluator/access/access.h"
#include "tests/evaluator/serve_access_fixture.h"

namespace pcb {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

TEST_F(ServeAccess, EveryAnswerSaysWhatAPageMayDo) {
  const auto program = start();
  for (const char* path : {"/api/v1/status", "/login", "/nowhere", "/-/healthy", "/metrics"}) {
    const std::string answer = ask("GET", path);
    EXPECT_THAT(answer, HasSubstr(std::string("\r\nContent-Security-Policy: ") + kContentPolicy + "\r\n"))
        << path;
    EXPECT_THAT(answer, HasSubstr("\r\nX-Content-Type-Options: nosniff\r\n")) << path;
    EXPECT_THAT(answer, HasSubstr("\r\nReferrer-Policy: same-origin\r\n")) << path;
    EXPECT_THAT(answer, HasSubstr("\r\nX-Frame-Options: DENY\r\n")) << path;
    EXPECT_THAT(answer, HasSubstr("\r\nCache-Control: no-store\r\n")) << path;
  }
}

TEST_F(ServeAccess, WhatTheApiDoesNotTakeIsSaidInItsOwnForm) {
  const auto program = start();
  const std::string token = "Authorization: Bearer " + operator_token() + "\r\n";
  const auto told = [&](const std::string& method, const std::string& path, const std::string& body = "") {
    const std::string answer = ask(method, path, token, body);
    return std::to_string(status_of(answer)) + answer.substr(answer.find("\r\n\r\n") + 3);
  };
  EXPECT_EQ(told("GET", "/api/v1/nowhere"),
            "404\n{\"error\":\"there is no such path; GET /api/v1/openapi.json names those there are\"}\n");
  EXPECT_EQ(told("DELETE", "/api/v1/plans/1"),
            "405\n{\"error\":\"this path is not for DELETE, but for GET, HEAD, POST\"}\n");
  EXPECT_EQ(told("POST", "/api/v1/drain", std::string(5000, ' ')),
            "413\n{\"error\":\"the body is larger than this path takes\"}\n");
  EXPECT_EQ(told("GET", "/api/v1/history?limit=%zz"), "400\n{\"error\":\"400 Bad Request\"}\n");
  const std::string refused = ask("DELETE", "/api/v1/status", token);
  EXPECT_THAT(refused, HasSubstr("\r\nAllow: GET, HEAD\r\n"));
  EXPECT_THAT(refused, HasSubstr("\r\nContent-Type: application/json\r\n"));
  EXPECT_EQ(told("GET", "/nowhere"), "404\n404 Not Found\n") << "no path of the API";
}

TEST_F(ServeAccess, AnOperatorDecidesByTheSessionAndIsRecorded) {
  const auto program = start_with_users();
  EXPECT_EQ(status("GET", "/api/v1/status"), 401);
  const std::string ann = cookie_by("user=ann&password=opensesame");
  const std::string bob = cookie_by("user=bob&password=hi");
  EXPECT_EQ(status("GET", "/api/v1/status", bob), 200);
  EXPECT_EQ(status("POST", "/api/v1/pause", bob + "X-CSRF-Token: " + csrf_of(bob) + "\r\n"), 403);
  EXPECT_EQ(status("POST", "/api/v1/pause", ann), 403) << "without the CSRF token";
  EXPECT_EQ(status("POST", "/api/v1/pause",
                   ann + "Sec-Fetch-Site: cross-site\r\nX-CSRF-Token: " + csrf_of(ann) + "\r\n"),
            403);
  EXPECT_EQ(status("GET", "/api/v1/pause", ann), 405) << "a link must not decide";
  EXPECT_THAT(ask("GET", "/api/v1/status", ann), HasSubstr("\"paused\":\"\""));
  const std::string done =
      ask("POST", "/api/v1/pause", ann + kForm, "back=/now&user=eve&reason=smoke&csrf=" + csrf_of(ann));
  EXPECT_EQ(status_of(done), 303) << done;
  EXPECT_THAT(done, HasSubstr("\r\nLocation: /now\r\n"));
  EXPECT_THAT(ask("GET", "/api/v1/history", ann), HasSubstr("\"actor\":\"ann\",\"subject\":\"red button\""));
  EXPECT_EQ(status("POST", "/api/v1/resume", "Authorization: Bearer " + operator_token() + "\r\n"), 200);
  EXPECT_EQ(status("POST", "/logout", ann + "X-CSRF-Token: " + csrf_of(ann) + "\r\n"), 303);
  EXPECT_EQ(status("GET", "/api/v1/status", ann), 401);
}

TEST_F(ServeAccess, OnLoopbackAnotherSitesNameReadsNothingAndProgramsGoOn) {
  const auto program = start();
  const auto status_by_name = [&](const std::string& head, const std::string& more = "") {
    return status_of(RawClient(static_cast<std::uint16_t>(port_))
                         .ask(head + " HTTP/1.1\r\nHost: evil.example:" + std::to_string(port_) + "\r\n" +
                              more + "Content-Length: 0\r\n\r\n"));
  };
  for (const char* path : {"/", "/api/v1/status", "/api/v1/history"}) {
    EXPECT_EQ(status_by_name(std::string("GET ") + path), 401) << path;
    EXPECT_EQ(status("GET", path), 200) << path;
  }
  EXPECT_EQ(status_by_name("GET /metrics"), 200) << "Prometheus may know it by a name";
  EXPECT_EQ(status_by_name("GET /-/healthy"), 200);
  EXPECT_EQ(status_by_name("POST /webhook", "Authorization: Bearer sesame\r\n"), 400)
      << "Alertmanager may, too: it has a token of its own, and said nothing here";
  EXPECT_EQ(status_by_name("GET /api/v1/status", "Authorization: Bearer " + operator_token() + "\r\n"), 200);
}

TEST_F(ServeAccess, AReloadTakesRightsAwayFromOpenSessions) {
  const auto program = start_with_users();
  const std::string ann = cookie_by("user=ann&password=opensesame");
  EXPECT_THAT(ask("GET", "/api/v1/session", ann), HasSubstr("\"role\":\"operator\""));
  write_config("  web_config: " + folder_.file("web.yml") + "\n  operators: [bob]\n");
  program->send_signal(SIGHUP);
  EXPECT_TRUE(wait_until(
      [&] { return ask("GET", "/api/v1/session", ann).find("\"role\":\"viewer\"") != std::string::npos; }));
}

TEST_F(ServeAccess, OnLoopbackTheTokenLogsIn) {
  const auto program = start();
  EXPECT_THAT(ask("GET", "/api/v1/session"), HasSubstr("\"role\":\"viewer\",\"how\":\"open\""));
  EXPECT_EQ(cookie_by("token=wrong"), "");
  const std::string cookie = cookie_by("user=ann&token=" + operator_token());
  EXPECT_EQ(status("POST", "/api/v1/pause", cookie + "X-CSRF-Token: " + csrf_of(cookie) + "\r\n"), 200);
  EXPECT_THAT(get("/api/v1/history").body, HasSubstr("\"actor\":\"ann\""));
}

TEST_F(ServeAccess, BeyondLoopbackItListensOnlyWithTlsAndUsersOrWhenToldByName) {
  const auto refused_with = [&](const std::string& more) {
    std::ifstream file(config_);
    std::string yaml((std::istreambuf_iterator<char>(file)), {});
    const std::string loopback = "  listen: \"127.0.0.1:" + std::to_string(port_);
    yaml.replace(yaml.find(loopback), loopback.size(), more + "  listen: \"0.0.0.0:" + std::to_string(port_));
    test::write_text(folder_.file("wide.yaml"), yaml);
    return run_program({"serve", "--config", folder_.file("wide.yaml")});
  };
  for (const std::string& more : {std::string(), "  web_config: " + web_file() + "\n"}) {
    const Finished refused = refused_with(more);
    EXPECT_EQ(refused.code, 78) << more;
    EXPECT_THAT(refused.output, HasSubstr("evaluator.listen_without_tls")) << more;
  }
}

}  // namespace
}  // namespace pcb
