#include <random>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "common/http/access.h"
#include "common/http/chunked.h"
#include "common/http/listen_address.h"
#include "common/http/request_head.h"
#include "common/http/router.h"

namespace pcb::http {
namespace {

using testing::HasSubstr;
using State = ChunkedBody::State;

TEST(HttpHead, FramingIsReadOrRefused) {
  EXPECT_EQ(read_framing({}).length, 0U);
  EXPECT_EQ(read_framing({{"content-length", " 17 "}}).length, 17U);
  EXPECT_TRUE(read_framing({{"transfer-encoding", "Chunked"}}).chunked);
  EXPECT_EQ(read_framing({{"transfer-encoding", "chunked, chunked"}}).refused_status, 501);
  const std::vector<HeaderList> wrong = {{{"content-length", ""}},
                                         {{"content-length", "-1"}},
                                         {{"content-length", "0x10"}},
                                         {{"content-length", "1 2"}},
                                         {{"content-length", "18446744073709551616"}},
                                         {{"content-length", "9223372036854775808"}},
                                         {{"content-length", "5"}, {"content-length", "5"}},
                                         {{"transfer-encoding", "chunked"}, {"content-length", "5"}},
                                         {{"content-length", "5"}, {"transfer-encoding", "identity"}}};
  for (const HeaderList& headers : wrong) EXPECT_EQ(read_framing(headers).refused_status, 400);
}

TEST(HttpHead, QueriesAreDecoded) {
  const auto query = read_query("collect[]=a&collect%5b%5D=b&flag&empty=&x=1%2B1+2&&");
  ASSERT_TRUE(query.has_value());
  EXPECT_EQ(query->count("collect[]"), 2U);
  EXPECT_EQ(query->find("flag")->second, "");
  EXPECT_EQ(query->find("x")->second, "1+1 2");
  EXPECT_EQ(read_query("x=%"), std::nullopt);
  EXPECT_EQ(read_query("x=%4"), std::nullopt);
  EXPECT_EQ(read_query("%00=1"), std::nullopt);
  EXPECT_EQ(percent_decode("a+b", false), "a+b");
}

State feed_all(ChunkedBody& body, std::string_view bytes, std::size_t step) {
  State state = State::more;
  while (!bytes.empty() && state == State::more) {
    state = body.feed(bytes.substr(0, step));
    bytes.remove_prefix(std::min(step, bytes.size()));
  }
  return state;
}

TEST(HttpChunked, DecodesHoweverTheBytesAreCut) {
  const std::string encoded = "5\r\nhello\r\n00006;a=\"b\"\r\n world\r\n0\r\nX: y\r\nZ: w\r\n\r\nnext";
  for (std::size_t step = 1; step <= encoded.size(); ++step) {
    ChunkedBody body(11);
    EXPECT_EQ(feed_all(body, encoded, step), State::done) << step;
    EXPECT_EQ(body.body(), "hello world");
  }
}

TEST(HttpChunked, RefusesWhatIsMalformedOrTooLarge) {
  for (const char* wrong :
       {"\r\n", "g\r\n", " 5\r\nhello", "5 \r\nhello", "5\nhello", "5\r\nhelloX", "5\r\nhello\rX", "0\r\nX\n",
        "-5\r\n", "0x5\r\n", "1234567890123456\r\n", ";x\r\n", "5\r\r\n"}) {
    ChunkedBody body(100);
    EXPECT_EQ(feed_all(body, wrong, 1), State::malformed) << wrong;
    EXPECT_EQ(body.feed("0\r\n\r\n"), State::malformed);  // and stays so
  }
  ChunkedBody one(10);
  EXPECT_EQ(one.feed("b\r\n"), State::too_large);
  ChunkedBody many(10);
  EXPECT_EQ(many.feed("6\r\nhello!\r\n5\r\n"), State::too_large);
  ChunkedBody largest(10);
  EXPECT_EQ(largest.feed("fffffffffffffff\r\n"), State::too_large);
  ChunkedBody extension(10);
  EXPECT_EQ(extension.feed("1;" + std::string(10000, 'x')), State::malformed);
  ChunkedBody trailer(10);
  EXPECT_EQ(trailer.feed("0\r\n" + std::string(10000, 'x')), State::malformed);
}

TEST(HttpChunked, RoundTripOfRandomBodies) {
  std::mt19937 random(5);
  for (int round = 0; round < 500; ++round) {
    std::string whole;
    std::string encoded;
    for (int chunk = 0; chunk < 5; ++chunk) {
      const std::string piece(1 + random() % 300, static_cast<char>(random()));
      char size[16];
      std::snprintf(size, sizeof size, "%zx\r\n", piece.size());
      encoded += size + piece + "\r\n";
      whole += piece;
    }
    ChunkedBody body(whole.size());
    ASSERT_EQ(feed_all(body, encoded + "0\r\n\r\n", 1 + random() % 64), State::done);
    ASSERT_EQ(body.body(), whole);
  }
}

TEST(HttpRouter, ExactBeatsPrefixAndLongerBeatsShorter) {
  const Handler none = [](const Request&) { return Response{}; };
  const Router router({{.method = "GET", .path = "/*", .handler = none},
                       {.method = "GET", .path = "/api/*", .handler = none},
                       {.method = "POST", .path = "/api/plans", .handler = none},
                       {.method = "GET", .path = "/api/plans", .handler = none}});
  EXPECT_EQ(router.find("GET", "/api/plans").route->path, "/api/plans");
  EXPECT_EQ(router.find("POST", "/api/plans").route->method, "POST");
  EXPECT_EQ(router.find("HEAD", "/api/x/y").route->path, "/api/*");
  EXPECT_EQ(router.find("GET", "/apix").route->path, "/*");
  EXPECT_EQ(router.find("DELETE", "/api/plans").route, nullptr);
  EXPECT_EQ(router.find("DELETE", "/api/plans").allow, "GET, HEAD, POST");
  EXPECT_TRUE(Router({{.method = "GET", .path = "/a", .handler = none}}).find("GET", "/b").allow.empty());
}

TEST(HttpListenAddress, IsReadOrExplained) {
  const auto v4 = parse_listen_address("0.0.0.0:9722");
  ASSERT_TRUE(v4.ok());
  EXPECT_FALSE(v4->loopback);
  EXPECT_TRUE(parse_listen_address("127.1.2.3:0")->loopback);
  EXPECT_TRUE(parse_listen_address("localhost:80")->loopback);
  const auto v6 = parse_listen_address("[::1]:65535");
  ASSERT_TRUE(v6.ok());
  EXPECT_TRUE(v6->loopback && v6->ipv6);
  EXPECT_EQ(to_string(*v6), "[::1]:65535");
  EXPECT_FALSE(parse_listen_address("[::]:1")->loopback);
  for (const char* wrong : {"", "9722", ":9722", "::1:9722", "[::1:9722", "host.example:1", "1.2.3:4",
                            "127.0.0.1:", "127.0.0.1:65536", "127.0.0.1:-1", "127.0.0.1:8s", "[zz]:1"})
    EXPECT_THAT(parse_listen_address(wrong).error().message, HasSubstr("write it like 127.0.0.1:9722"))
        << wrong;
}

TEST(HttpBasic, IsReadStrictly) {
  const auto basic = read_basic("Basic YW5uOnBhOnNz");
  ASSERT_TRUE(basic.has_value());
  EXPECT_EQ(basic->first, "ann");
  EXPECT_EQ(basic->second, "pa:ss");
  EXPECT_EQ(read_basic("basic  Og==")->first, "");
  for (const char* wrong :
       {"", "Basic", "Basic ", "Basic YW5u", "Bearer YW5uOnBhOnNz", "Basic YW5u*", "Basic A"})
    EXPECT_EQ(read_basic(wrong), std::nullopt) << wrong;
}

}  // namespace
}  // namespace pcb::http
