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

}  // namespace
}  // namespace pcb
