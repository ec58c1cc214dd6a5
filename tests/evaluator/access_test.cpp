#include "evaluator/access/access.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "common/base64.h"
#include "evaluator/access/answers.h"
#include "evaluator/access/origin.h"

namespace pcb {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;

// Of "opensesame", cost 4.
constexpr const char* kHash = "$2b$04$abcdefghijklmnopqrstuuFuhxWRTXIsURoluSTZ1N4tYaWGn9oOi";
constexpr const char* kToken = "0123456789abcdef";

class AccessTest : public ::testing::Test {
 protected:
  void configure(std::vector<std::string> users, std::vector<std::string> operators, bool tls = false) {
    auto web = std::make_shared<http::WebConfig>();
    for (const std::string& user : users) web->users[user] = kHash;
    if (tls) web->tls.emplace();
    access.configure(web, std::move(operators));
  }
  static http::Request ask(const std::string& method, const std::string& path,
                           std::map<std::string, std::string> headers = {}, const std::string& body = "") {
    http::Request request;
    request.method = method;
    request.path = path;
    request.headers = std::move(headers);
    request.headers.emplace("host", "127.0.0.1:9723");
    request.remote_address = "192.0.2.7";
    request.body = body;
    return request;
  }
  // As the server does: the check of the route, or the common one, then the handler.
  http::Response call(http::Request request) {
    const auto routes = access.routes();
    for (const http::Route& route : routes) {
      if (route.path != request.path || route.method != request.method) continue;
      if (route.handler.target<http::Guarded>() == nullptr) {
        if (auto refused = access.reading()(request)) return *refused;
      }
      return route.handler(request);
    }
    if (auto refused = access.reading()(request)) return *refused;
    return {.status = 200, .body = "read by " + request.user};
  }
  http::Response decide(http::Request request) {
    return access.deciding([](const http::Request&, const Caller& caller) {
      return http::Response{.status = 200, .body = "decided by " + caller.user};
    })(request);
  }
  static std::string header(const http::Response& response, const std::string& name) {
    for (const auto& [key, value] : response.headers)
      if (key == name) return value;
    return "";
  }
  http::Response log_in(const std::string& form) {
    return call(ask("POST", "/login", {{"content-type", "application/x-www-form-urlencoded"}}, form));
  }
  // The headers of a session's browser.
  std::map<std::string, std::string> session(const std::string& form) {
    const std::string set = header(log_in(form), "Set-Cookie");
    return {{"cookie", set.substr(0, set.find(';'))}};
  }
  std::string csrf(const std::map<std::string, std::string>& headers) {
    return access.caller_of(ask("GET", "/", headers)).csrf_token;
  }
  static std::map<std::string, std::string> basic(const std::string& pair) {
    return {{"authorization", "Basic " + base64_encode(pair)}};
  }

  double now_ = 1000;
  Access access{kToken, [this] { return now_; }, {.idle_seconds = 60, .longest_seconds = 300, .most = 4}};
};

TEST_F(AccessTest, WithoutUsersEveryoneReadsAndTheTokenDecides) {
  EXPECT_EQ(call(ask("GET", "/api/v1/status")).status, 200);
  EXPECT_EQ(decide(ask("POST", "/api/v1/pause")).status, 401);
  EXPECT_EQ(decide(ask("POST", "/api/v1/pause", basic("ann:opensesame"))).status, 401);
  EXPECT_EQ(decide(ask("POST", "/api/v1/pause", {{"authorization", "Bearer wrong"}})).status, 401);
  EXPECT_EQ(decide(ask("POST", "/api/v1/pause", {{"authorization", std::string("Bearer ") + kToken}})).body,
            "decided by operator");
  EXPECT_EQ(access.caller_of(ask("GET", "/")).how, How::open);
}

TEST_F(AccessTest, WithUsersNobodyReadsWithoutALogin) {
  configure({"ann", "bob"}, {"ann"});
  const auto refused = call(ask("GET", "/api/v1/status"));
  EXPECT_EQ(refused.status, 401);
  EXPECT_THAT(refused.body, HasSubstr("\"error\""));
  EXPECT_THAT(header(refused, "WWW-Authenticate"), HasSubstr("Basic"));
  EXPECT_EQ(call(ask("GET", "/api/v1/status", basic("bob:opensesame"))).body, "read by bob");
  EXPECT_EQ(call(ask("GET", "/api/v1/status", basic("bob:opensesam"))).status, 401);
  EXPECT_EQ(call(ask("GET", "/api/v1/status", basic("eve:opensesame"))).status, 401);
  EXPECT_EQ(call(ask("GET", "/api/v1/status", {{"authorization", std::string("Bearer ") + kToken}})).status,
            200);
  EXPECT_EQ(call(ask("GET", "/login")).status, 200);
  EXPECT_EQ(call(ask("GET", "/assets/page.css")).status, 200);
  EXPECT_EQ(call(ask("GET", "/assetsx")).status, 401);
}

TEST_F(AccessTest, AViewerLooksAndAnOperatorDecides) {
  configure({"ann", "bob"}, {"ann"});
  auto json = basic("ann:opensesame");
  EXPECT_EQ(decide(ask("POST", "/api/v1/pause", json)).status, 415) << "a form can be another site's";
  json["content-type"] = "application/json";
  EXPECT_EQ(decide(ask("POST", "/api/v1/pause", json)).body, "decided by ann");
  json["origin"] = "http://evil.example";
  EXPECT_EQ(decide(ask("POST", "/api/v1/pause", json)).status, 403);
  auto viewer = basic("bob:opensesame");
  viewer["content-type"] = "application/json";
  const auto refused = decide(ask("POST", "/api/v1/pause", viewer));
  EXPECT_EQ(refused.status, 403);
  EXPECT_THAT(refused.body, HasSubstr("evaluator.operators"));
  configure({"ann", "bob"}, {"bob"});
  EXPECT_EQ(decide(ask("POST", "/api/v1/pause", viewer)).status, 200) << "from the reload on";
}

TEST_F(AccessTest, ASessionDecidesWithItsOwnTokenFromOurOwnPages) {
  configure({"ann"}, {"ann"});
  auto browser = session("user=ann&password=opensesame&next=%2Fplan");
  EXPECT_EQ(call(ask("GET", "/", browser)).body, "read by ann");
  const std::string token = csrf(browser);
  EXPECT_EQ(token.size(), 64U);
  EXPECT_EQ(decide(ask("POST", "/api/v1/pause", browser)).status, 403) << "no token";
  browser["x-csrf-token"] = token.substr(1);
  EXPECT_EQ(decide(ask("POST", "/api/v1/pause", browser)).status, 403);
  browser["x-csrf-token"] = csrf(session("user=ann&password=opensesame"));
  EXPECT_EQ(decide(ask("POST", "/api/v1/pause", browser)).status, 403) << "another session's";
  browser["x-csrf-token"] = token;
  EXPECT_EQ(decide(ask("POST", "/api/v1/pause", browser)).body, "decided by ann");
  browser["origin"] = "http://evil.example";
  EXPECT_EQ(decide(ask("POST", "/api/v1/pause", browser)).status, 403);
  browser["origin"] = "http://127.0.0.1:9723";
  browser["sec-fetch-site"] = "cross-site";
  EXPECT_EQ(decide(ask("POST", "/api/v1/pause", browser)).status, 403);
  browser = {{"cookie", browser["cookie"]}, {"content-type", "application/x-www-form-urlencoded"}};
  EXPECT_EQ(decide(ask("POST", "/api/v1/pause", browser, "csrf=" + token)).status, 200);
  EXPECT_EQ(decide(ask("POST", "/api/v1/pause", browser, "csrf=")).status, 403);
}

TEST_F(AccessTest, TheCookieIsKeptFromScriptsAndOtherSites) {
  configure({"ann"}, {}, true);
  const auto in = log_in("user=ann&password=opensesame&next=//evil.example");
  EXPECT_EQ(in.status, 303);
  EXPECT_EQ(header(in, "Location"), "/");
  const std::string cookie = header(in, "Set-Cookie");
  EXPECT_THAT(cookie, testing::MatchesRegex(
                          "__Host-balancer_session=[0-9a-f]{64}; Path=/; HttpOnly; SameSite=Strict; "
                          "Max-Age=300; Secure"));
  configure({"ann"}, {});
  EXPECT_THAT(header(log_in("user=ann&password=opensesame"), "Set-Cookie"),
              testing::MatchesRegex("balancer_session=[0-9a-f]{64}; Path=/; HttpOnly; SameSite=Strict; .*"));
}

TEST_F(AccessTest, ASessionEndsByTimeLogoutPasswordAndUser) {
  configure({"ann"}, {"ann"});
  auto browser = session("user=ann&password=opensesame");
  now_ += 59;
  EXPECT_EQ(call(ask("GET", "/", browser)).status, 200);
  now_ += 60;
  EXPECT_EQ(call(ask("GET", "/", browser)).status, 401) << "unused for a minute";
  browser = session("user=ann&password=opensesame");
  EXPECT_EQ(call(ask("POST", "/logout", browser)).status, 403) << "without its token";
  auto leaving = browser;
  leaving["x-csrf-token"] = csrf(browser);
  const auto out = call(ask("POST", "/logout", leaving));
  EXPECT_EQ(out.status, 303);
  EXPECT_THAT(header(out, "Set-Cookie"), HasSubstr("Max-Age=0"));
  EXPECT_EQ(call(ask("GET", "/", browser)).status, 401);
  browser = session("user=ann&password=opensesame");
  configure({"bob"}, {});
  EXPECT_EQ(call(ask("GET", "/", browser)).status, 401) << "there is no ann any more";
  configure({"ann"}, {"ann"});
  EXPECT_EQ(call(ask("GET", "/", browser)).status, 401) << "over is over";
}

// A view that stays open renews itself; nobody need sit there.
TEST_F(AccessTest, WhatAnOpenPageAsksForByItselfKeepsNoSessionAlive) {
  configure({"ann"}, {"ann"});
  const auto browser = session("user=ann&password=opensesame");
  auto script = browser;
  script["x-renewal"] = "1";
  http::Request refresh = ask("GET", "/running", browser);
  refresh.query = {{kRenewalField, "1"}};
  const std::vector<http::Request> by_itself{ask("GET", "/plan", script), refresh,
                                             ask("GET", "/api/v1/events", browser)};
  for (const http::Request& request : by_itself) {
    now_ += 19;
    EXPECT_EQ(call(request).status, 200) << request.path;
    EXPECT_EQ(access.caller_of(request).user, "ann") << "who renders the view asks again";
  }
  now_ += 3;
  for (const http::Request& request : by_itself) EXPECT_EQ(call(request).status, 401) << request.path;
  EXPECT_EQ(call(ask("GET", "/plan", browser)).status, 401) << "over is over";
}

TEST_F(AccessTest, WhatAPersonDoesKeepsTheSessionAlive) {
  configure({"ann"}, {"ann"});
  auto browser = session("user=ann&password=opensesame");
  auto posts = browser;
  posts["x-csrf-token"] = csrf(browser);
  posts["x-renewal"] = "1";
  for (int minute = 0; minute < 2; ++minute) {
    now_ += 50;
    EXPECT_EQ(call(ask("GET", "/plan", browser)).status, 200);
    now_ += 50;
    EXPECT_EQ(decide(ask("POST", "/api/v1/pause", posts)).status, 200) << "a POST is never by itself";
  }
}

TEST_F(AccessTest, AFormThatIsNotTakenIsAnsweredWithAPage) {
  configure({"ann", "bob"}, {"ann"});
  const std::map<std::string, std::string> form{{"accept", "text/html,*/*"},
                                                {"content-type", "application/x-www-form-urlencoded"},
                                                {"referer", "http://127.0.0.1:9723/plans/12?q=a"}};
  const auto send = [&](std::map<std::string, std::string> headers) {
    headers.insert(form.begin(), form.end());
    return decide(ask("POST", "/api/v1/plans/12/approve", std::move(headers)));
  };
  const auto over = send({});
  EXPECT_EQ(over.status, 403);
  EXPECT_THAT(over.content_type, HasSubstr("text/html"));
  EXPECT_THAT(over.body, AllOf(HasSubstr("Nothing was done"), HasSubstr("name=\"password\""),
                               HasSubstr("name=\"next\" value=\"/plans/12?q=a\"")));
  EXPECT_EQ(header(over, "WWW-Authenticate"), "") << "the browser must not ask by itself";
  const auto stale = send(session("user=ann&password=opensesame"));
  EXPECT_EQ(stale.status, 403);
  EXPECT_THAT(stale.body, AllOf(HasSubstr("Nothing was done: the page is out of date"),
                                HasSubstr("href=\"/plans/12?q=a\"")));
  EXPECT_THAT(send(session("user=bob&password=opensesame")).body, HasSubstr("bob may look, but not decide"));
  auto foreign = session("user=ann&password=opensesame");
  foreign["origin"] = "http://evil.example";
  foreign["referer"] = "http://evil.example/plans/12";
  EXPECT_THAT(send(foreign).body, AllOf(HasSubstr("another site&#39;s page"), HasSubstr("href=\"/\"")));
  EXPECT_THAT(decide(ask("POST", "/api/v1/pause")).body, HasSubstr("{\"error\"")) << "to a program";
}

TEST_F(AccessTest, APathThatIsNotThereIsAPageForAPersonAndWordsForAProgram) {
  const http::Response server{.status = 404, .body = "404 Not Found\n", .headers = {{"Allow", "x"}}};
  const auto page = own_answer(ask("GET", "/plans", {{"accept", "text/html"}}), server);
  EXPECT_EQ(page.status, 404);
  EXPECT_THAT(page.content_type, HasSubstr("text/html"));
  EXPECT_THAT(page.body, AllOf(HasSubstr("There is no such page."), HasSubstr("href=\"/\"")));
  EXPECT_EQ(own_answer(ask("GET", "/plans"), server).body, server.body);
  const auto api = own_answer(ask("GET", "/api/v1/plan", {{"accept", "text/html"}}), server);
  EXPECT_THAT(api.body, HasSubstr("{\"error\":\"there is no such path"));
  EXPECT_EQ(header(api, "Allow"), "x") << "what the server has added stays";
}

TEST_F(AccessTest, TheTokenLogsInWhereThereAreNoUsers) {
  EXPECT_THAT(call(ask("GET", "/login")).body, HasSubstr("name=\"token\""));
  EXPECT_EQ(log_in("user=ann&token=wrong").status, 403);
  auto browser = session("user=ann&token=" + std::string(kToken));
  const Caller caller = access.caller_of(ask("GET", "/", browser));
  EXPECT_EQ(caller.user, "ann");
  EXPECT_EQ(caller.role, Role::decider);
  EXPECT_EQ(caller.how, How::session);
  browser["x-csrf-token"] = caller.csrf_token;
  EXPECT_EQ(decide(ask("POST", "/api/v1/pause", browser)).body, "decided by ann");
  configure({"ann"}, {"ann"});
  EXPECT_EQ(decide(ask("POST", "/api/v1/pause", browser)).status, 401) << "now a password is asked";
  EXPECT_EQ(log_in("user=ann&token=" + std::string(kToken)).status, 403);
  EXPECT_THAT(call(ask("GET", "/login")).body, HasSubstr("name=\"password\""));
}

TEST_F(AccessTest, GuessingIsSlowedDownPerAddress) {
  for (int i = 0; i < 10; ++i) EXPECT_EQ(log_in("token=wrong").status, 403);
  EXPECT_EQ(log_in("token=" + std::string(kToken)).status, 429);
  EXPECT_EQ(decide(ask("POST", "/api/v1/pause", {{"authorization", std::string("Bearer ") + kToken}})).status,
            429)
      << "the token's guesses are counted together";
  configure({"ann"}, {});
  for (int i = 0; i < 10; ++i) EXPECT_EQ(log_in("user=ann&password=wrong").status, 403);
  EXPECT_EQ(log_in("user=ann&password=opensesame").status, 429);
  EXPECT_EQ(call(ask("GET", "/api/v1/status", basic("ann:opensesame"))).status, 429);
}

TEST_F(AccessTest, ABrowserIsLedToTheLoginAndBack) {
  configure({"ann"}, {});
  auto browser = std::map<std::string, std::string>{{"accept", "text/html"}};
  EXPECT_EQ(header(call(ask("GET", "/plan", browser)), "Location"), "/login?next=%2fplan");
  // A permanent link of the history, from a chat: its search is not lost on the way.
  http::Request link = ask("GET", "/history", browser);
  link.query = {{"show", "moves"}, {"q", "a&b \"<"}};
  EXPECT_EQ(header(call(link), "Location"),
            "/login?next=%2fhistory%3fq%3da%2526b%2520%2522%253c%26show%3dmoves");
  link.headers["sec-fetch-site"] = "cross-site";
  EXPECT_THAT(call(link).body, AllOf(HasSubstr("0;url=/history?q=a%26b%20%22%3c&amp;show=moves\""),
                                     HasSubstr("href=\"/history?q=a%26b%20%22%3c&amp;show=moves\"")));
  link.query = {{"q", std::string(2000, 'x')}};
  EXPECT_THAT(call(link).body, HasSubstr("0;url=/history\"")) << "too long to be carried";
  browser["sec-fetch-site"] = "cross-site";
  const auto again = call(ask("GET", "/\"><script>", browser));
  EXPECT_EQ(again.status, 200) << "the cookie was left out: our own page asks again";
  EXPECT_THAT(again.body, HasSubstr("0;url=/\""));
  EXPECT_THAT(again.body, Not(HasSubstr("<script")));
  EXPECT_EQ(call(ask("POST", "/login", {{"origin", "http://evil.example"}}, "")).status, 403);
  EXPECT_EQ(call(ask("POST", "/-/reload", {{"origin", "http://evil.example"}})).status, 401);
  configure({}, {});
  EXPECT_EQ(call(ask("POST", "/-/reload", {{"origin", "http://evil.example"}})).status, 403);
  EXPECT_EQ(call(ask("POST", "/-/reload")).status, 200);
}

// A page of evil.example, whose name was made to lead to 127.0.0.1, is of the same origin as what it asks
// for.
TEST_F(AccessTest, ByANameNobodyReadsWithoutALoginButProgramsFindTheirs) {
  const std::map<std::string, std::string> named{{"host", "evil.example:9723"},
                                                 {"origin", "http://evil.example:9723"}};
  for (const char* path : {"/", "/plan", "/api/v1/status", "/api/v1/events", "/nowhere", "/metricsx"}) {
    const auto refused = call(ask("GET", path, named));
    EXPECT_EQ(refused.status, 401) << path;
    EXPECT_THAT(refused.body, HasSubstr("by the name evil.example:9723")) << path;
    EXPECT_EQ(call(ask("GET", path)).status, 200) << path << ", by address";
  }
  for (const char* path : {"/metrics", "/-/healthy", "/-/ready", "/assets/page.css", "/login"})
    EXPECT_EQ(call(ask("GET", path, named)).status, 200) << path;
  EXPECT_EQ(call(ask("POST", "/-/reload", named)).status, 401);
  EXPECT_EQ(decide(ask("POST", "/api/v1/pause", named)).status, 401);
  auto browser = named;
  browser["accept"] = "text/html";
  EXPECT_EQ(header(call(ask("GET", "/plan", browser)), "Location"), "/login?next=%2fplan");
  EXPECT_THAT(call(ask("GET", "/login", named)).body, HasSubstr("You came by the name evil.example:9723"));
  EXPECT_THAT(call(ask("GET", "/login")).body, HasSubstr("Reading needs no login."));
  auto program = named;
  program["authorization"] = std::string("Bearer ") + kToken;
  EXPECT_EQ(call(ask("GET", "/api/v1/status", program)).status, 200) << "who logs in may come by a name";
  EXPECT_EQ(decide(ask("POST", "/api/v1/pause", program)).status, 200);
}

TEST_F(AccessTest, ANameIsGoodWhereItIsProvenOrTheNetworkMayRead) {
  const std::map<std::string, std::string> named{{"host", "balancer.example"}};
  EXPECT_EQ(call(ask("GET", "/", named)).status, 401);
  configure({}, {}, true);
  EXPECT_EQ(call(ask("GET", "/", named)).status, 200) << "the certificate is valid for it";
  configure({"ann"}, {});
  auto ann = basic("ann:opensesame");
  ann.insert(named.begin(), named.end());
  EXPECT_EQ(call(ask("GET", "/", ann)).status, 200);
  configure({}, {});
  access.listens_on_loopback(false);
  EXPECT_EQ(call(ask("GET", "/", named)).status, 200) << "listen_without_tls: who reaches it may read";
}

TEST_F(AccessTest, WhatTheLoginPageShowsIsEscaped) {
  EXPECT_THAT(call(ask("GET", "/login", {{"host", "<script>"}})).body, Not(HasSubstr("<script")));
  const auto page = log_in("token=wrong&user=%3Cscript%3E&next=/%3Cscript%3E\"'");
  EXPECT_EQ(page.status, 403);
  EXPECT_THAT(page.body, Not(HasSubstr("<script")));
}

}  // namespace
}  // namespace pcb
