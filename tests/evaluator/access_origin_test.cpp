#include <gtest/gtest.h>

#include "evaluator/access/origin.h"

namespace pcb {
namespace {

using Headers = std::map<std::string, std::string>;

http::Request with(Headers headers) {
  http::Request request;
  request.method = "POST";
  request.headers = std::move(headers);
  request.headers.emplace("host", "127.0.0.1:9723");
  return request;
}

TEST(Origin, ForeignPagesAreToldApart) {
  EXPECT_TRUE(comes_from_here(with({}))) << "a program";
  EXPECT_TRUE(comes_from_here(with({{"origin", "http://127.0.0.1:9723"}})));
  EXPECT_TRUE(comes_from_here(with({{"origin", "https://127.0.0.1:9723"}}))) << "behind a proxy with TLS";
  EXPECT_TRUE(comes_from_here(with({{"sec-fetch-site", "same-origin"}, {"origin", "null"}})));
  for (const Headers& foreign :
       std::vector<Headers>{{{"origin", "http://evil.example"}},
                            {{"origin", "null"}},
                            {{"origin", "http://127.0.0.1:9723.evil.example"}},
                            {{"origin", "http://127.0.0.1"}},
                            {{"origin", "http://127.0.0.1:9999"}},
                            {{"origin", "127.0.0.1:9723"}},
                            {{"origin", "http://127.0.0.1:9723, http://evil.example"}},
                            {{"sec-fetch-site", "cross-site"}},
                            {{"sec-fetch-site", "same-site"}},
                            {{"sec-fetch-site", "none"}},
                            {{"sec-fetch-site", "cross-site"}, {"origin", "http://127.0.0.1:9723"}},
                            {{"sec-fetch-site", "same-origin"}, {"origin", "http://evil.example"}}})
    EXPECT_FALSE(comes_from_here(with(foreign))) << foreign.begin()->first << foreign.begin()->second;
}

TEST(Origin, AnAddressIsToldFromAName) {
  for (const char* address : {"127.0.0.1:9723", "127.0.0.1", "[::1]:9723", "[::1]", "localhost",
                              "LocalHost:80", "192.0.2.7:9723", "[2001:db8::7]:9723"})
    EXPECT_TRUE(asks_for_an_address(with({{"host", address}}))) << address;
  EXPECT_TRUE(asks_for_an_address({})) << "HTTP/1.0";
  for (const char* name :
       {"evil.example", "evil.example:9723", "127.0.0.1.evil.example:9723", "localhost.evil.example",
        "notlocalhost:9723", "127.0.0.1:9723:9723", "127.0.0.1:9723, evil.example", "[::1].evil:80",
        "[evil.example]:80", "balancer", "127.0.0.1@evil.example"})
    EXPECT_FALSE(asks_for_an_address(with({{"host", name}}))) << name;
}

TEST(Origin, CookiesAreFoundByTheirWholeName) {
  EXPECT_EQ(cookie_of(with({{"cookie", "a=1; session=x=y; b=2"}}), "session"), "x=y");
  EXPECT_EQ(cookie_of(with({{"cookie", "mysession=1;session2=2"}}), "session"), "");
  EXPECT_EQ(cookie_of(with({{"cookie", "session=1; session=2"}}), "session"), "") << "which is ours?";
  EXPECT_EQ(cookie_of(with({}), "session"), "");
}

TEST(Origin, FormsAreReadAndNothingElseIs) {
  http::Request form = with({{"content-type", "application/x-www-form-urlencoded; charset=UTF-8"}});
  form.body = "user=ann+b&reason=%3Cb%3E&user=eve";
  ASSERT_TRUE(form_of(form));
  EXPECT_EQ(form_of(form)->at("user"), "ann b");
  EXPECT_EQ(form_of(form)->at("reason"), "<b>");
  form.body = "user=%zz";
  EXPECT_FALSE(form_of(form));
  http::Request json = with({{"content-type", "application/json"}});
  json.body = "user=ann";
  EXPECT_FALSE(form_of(json));
}

TEST(Origin, ARedirectStaysHere) {
  EXPECT_EQ(local_path("/plan?id=1#move-2"), "/plan?id=1#move-2");
  for (const char* elsewhere : {"", "plan", "//evil.example", "/\\evil.example", "http://evil.example",
                                "javascript:alert(1)", "/a\r\nSet-Cookie: x=1", "/a b", "/\"onx="})
    EXPECT_EQ(local_path(elsewhere), "/") << elsewhere;
}

TEST(Origin, OnlyABrowserThatWantsAPageGetsOne) {
  http::Request request = with({{"accept", "text/html,*/*"}});
  EXPECT_FALSE(wants_a_page(request)) << "a POST";
  request.method = "GET";
  request.path = "/history";
  EXPECT_TRUE(wants_a_page(request));
  request.path = "/api/v1/status";
  EXPECT_FALSE(wants_a_page(request));
}

TEST(Origin, AFormIsABrowsersAndComesFromAPageOfThisHost) {
  const std::map<std::string, std::string> form{{"accept", "text/html,*/*"},
                                                {"content-type", "application/x-www-form-urlencoded"},
                                                {"host", "pve:9723"}};
  EXPECT_TRUE(sends_a_form(with(form)));
  for (const char* header : {"accept", "content-type"}) {
    auto without = form;
    without.erase(header);
    EXPECT_FALSE(sends_a_form(with(without))) << "curl -d has no " << header;
  }
  const auto back = [&](const std::string& referer) {
    auto headers = form;
    headers["referer"] = referer;
    return page_of_form(with(headers));
  };
  EXPECT_EQ(back("http://pve:9723/plan?q=a"), "/plan?q=a");
  EXPECT_EQ(back("https://PVE:9723/"), "/");
  for (const char* odd : {"", "pve:9723/plan", "http://pve:9723", "http://evil.example/plan",
                          "http://pve:9723.evil.example/plan", "http://pve:9723//evil.example"})
    EXPECT_EQ(back(odd), "/") << odd;
}

TEST(Origin, AnOpenPageAsksByItselfAndNobodyPostsByItself) {
  http::Request request = with({});
  request.method = "GET";
  request.path = "/api/v1/status";
  EXPECT_FALSE(asks_by_itself(request));
  request.path = "/api/v1/events";
  EXPECT_TRUE(asks_by_itself(request));
  request.path = "/running";
  request.query = {{kRenewalField, "1"}};
  EXPECT_TRUE(asks_by_itself(request));
  request.method = "POST";
  EXPECT_FALSE(asks_by_itself(request));
}

}  // namespace
}  // namespace pcb
