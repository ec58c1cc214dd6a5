#include <atomic>
#include <future>
#include <latch>
#include <stdexcept>
#include <thread>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "common/http/client.h"
#include "common/http/server.h"
#include "common/log/log.h"
#include "common/os/process.h"
#include "tests/common/raw_client.h"

namespace pcb::http {
namespace {

using namespace std::chrono_literals;
using Clock = std::chrono::steady_clock;
using testing::AnyOf;
using testing::HasSubstr;
using testing::Not;
using testing::StartsWith;

Response text_answer(std::string body) { return {.body = std::move(body)}; }

std::unique_ptr<Server> start(ServerSettings settings = {}, std::vector<Route> more = {}) {
  std::vector<Route> routes = {
      {.method = "GET", .path = "/quick", .handler = [](const Request&) { return text_answer("quick\n"); }},
      {.method = "POST",
       .path = "/echo",
       .handler = [](const Request& request) { return text_answer(request.body); },
       .max_body_bytes = 1U << 20U},
      {.method = "GET",
       .path = "/throw",
       .handler = [](const Request&) -> Response { throw std::runtime_error("broken\nhandler"); }},
      {.method = "GET",
       .path = "/throw-int",
       .handler = [](const Request&) -> Response {
         throw 7;
       }},  // NOLINT: what is thrown is not ours to choose
      {.method = "GET", .path = "/show/*", .handler = [](const Request& request) {
         std::string shown = request.path;
         for (const auto& [name, value] : request.query) shown += "|" + name + "=" + value;
         return text_answer(shown + "|" + request.remote_address);
       }}};
  for (Route& route : more) routes.push_back(std::move(route));
  auto server = Server::start(settings, std::move(routes));
  if (!server) throw std::runtime_error(server.error().message);
  return std::move(server).value();
}

std::string url(const Server& server, const std::string& path) {
  return "http://127.0.0.1:" + std::to_string(server.port()) + path;
}

std::string ask(const Server& server, std::string_view request) {
  return RawClient(server.port()).ask(request);
}

TEST(HttpServer, AnswersWhatItKnows) {
  const auto server = start();
  const std::string answer = ask(*server, "GET /quick HTTP/1.1\r\nHost: x\r\n\r\n");
  EXPECT_THAT(answer, StartsWith("HTTP/1.1 200 OK\r\n"));
  EXPECT_THAT(answer, HasSubstr("\r\nConnection: close\r\n"));
  EXPECT_THAT(answer, HasSubstr("\r\nContent-Length: 6\r\n"));
  EXPECT_THAT(answer, HasSubstr("\r\nX-Content-Type-Options: nosniff\r\n"));
  EXPECT_THAT(answer, HasSubstr("\r\n\r\nquick\n"));
  EXPECT_EQ(status_of(ask(*server, "GET /none HTTP/1.1\r\n\r\n")), 404);
  EXPECT_THAT(ask(*server, "POST /quick HTTP/1.1\r\nContent-Length: 0\r\n\r\n"),
              testing::AllOf(StartsWith("HTTP/1.1 405 "), HasSubstr("\r\nAllow: GET, HEAD\r\n")));
  EXPECT_THAT(ask(*server, "GET /echo HTTP/1.1\r\n\r\n"), HasSubstr("\r\nAllow: POST\r\n"));
  EXPECT_EQ(status_of(ask(*server,
                          "OPTIONS /echo HTTP/1.1\r\nOrigin: http://evil\r\nAccess-Control-Request-Method: "
                          "POST\r\n\r\n")),
            405);
}

TEST(HttpServer, ARouteHearsOfBodiesThatWereNotTakenFromThoseWhoMayCallIt) {
  std::atomic<int> heard{0};
  const auto server = start(
      {}, {{.method = "POST",
            .path = "/guarded",
            .handler = require({.bearer_token = "t"}, [](const Request&) { return text_answer("taken"); }),
            .max_body_bytes = 10,
            .on_refused_body = [&](int status) { heard = status; }}});
  const std::string head = "POST /guarded HTTP/1.1\r\nContent-Length: 11\r\n";
  EXPECT_EQ(status_of(ask(*server, head + "\r\n12345678901")), 401);
  EXPECT_EQ(heard, 0) << "a stranger";
  EXPECT_EQ(status_of(ask(*server, head + "Authorization: Bearer t\r\n\r\n12345678901")), 413);
  EXPECT_EQ(heard, 413);
}

TEST(HttpServer, WhatItAnswersByItselfIsSaidInTheFormOfThePath) {
  ServerSettings settings;
  settings.event_streams = 0;
  settings.own_answer = [](const Request& request, const Response& answer) {
    return Response{.status = answer.status, .body = "about " + request.path};
  };
  const auto server = start(settings, {{.method = "GET", .path = "/stream", .handler = [](const Request&) {
                                          return Response{.stream = [](Stream&) {}};
                                        }}});
  for (const auto& [head, status] :
       {std::pair("GET /none HTTP/1.1\r\n", 404), std::pair("POST /quick HTTP/1.1\r\n", 405),
        std::pair("GET /quick?a=%zz HTTP/1.1\r\n", 400), std::pair("GET /throw HTTP/1.1\r\n", 500),
        std::pair("GET /stream HTTP/1.1\r\n", 503),
        std::pair("GET /q HTTP/1.1\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n", 400),
        std::pair("GET /quick HTTP/1.1\r\nContent-Length: 1\r\n", 413)}) {
    const std::string answer = ask(*server, std::string(head) + "\r\n");
    EXPECT_EQ(status_of(answer), status) << head;
    EXPECT_THAT(answer, HasSubstr("\r\n\r\nabout /")) << head;
  }
}

TEST(HttpServer, HeadHasTheHeadAlone) {
  const auto server = start();
  const std::string answer = ask(*server, "HEAD /quick HTTP/1.1\r\n\r\n");
  EXPECT_THAT(answer, HasSubstr("\r\nContent-Length: 6\r\n"));
  EXPECT_TRUE(answer.ends_with("\r\n\r\n")) << answer;
  EXPECT_EQ(status_of(ask(*server, "HEAD /none HTTP/1.1\r\n\r\n")), 404);
}

TEST(HttpServer, PathAndQueryAreDecodedOnceAndNoFileIsReached) {
  const auto server = start();
  EXPECT_THAT(ask(*server, "GET /show/a%20b%252e?x=1+2&y=%3C&x=3 HTTP/1.1\r\n\r\n"),
              HasSubstr("\r\n\r\n/show/a b%2e|x=1 2|x=3|y=<|127.0.0.1"));
  for (const char* path : {"/../../etc/passwd", "/..%2f..%2fetc/passwd", "//etc/passwd", "/etc/passwd",
                           "/quick/", "/./quick", "/show/../quick/../../etc/passwd%2e", "/Quick"})
    EXPECT_THAT(ask(*server, "GET " + std::string(path) + " HTTP/1.1\r\n\r\n"),
                AnyOf(StartsWith("HTTP/1.1 404 "), HasSubstr("|127.0.0.1")))
        << path;
  for (const char* path : {"/quick%00", "/quick%", "/quick%zz", "/quick?x=%0"})
    EXPECT_EQ(status_of(ask(*server, "GET " + std::string(path) + " HTTP/1.1\r\n\r\n")), 400) << path;
  EXPECT_THAT(ask(*server, "GET /" + std::string(8000, 'a') + " HTTP/1.1\r\n\r\n"),
              StartsWith("HTTP/1.1 404 "));
  EXPECT_THAT(ask(*server, "GET /" + std::string(40000, 'a') + " HTTP/1.1\r\n\r\n"),
              StartsWith("HTTP/1.1 4"));
}

TEST(HttpServer, BodiesOfBothFramings) {
  const auto server = start();
  EXPECT_THAT(ask(*server, "POST /echo HTTP/1.1\r\nContent-Length: 5\r\n\r\nhello"),
              HasSubstr("\r\n\r\nhello"));
  EXPECT_THAT(ask(*server,
                  "POST /echo HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n"
                  "2;ext=1\r\nhe\r\n3\r\nllo\r\n0\r\nTrailer: x\r\n\r\n"),
              HasSubstr("\r\n\r\nhello"));
  EXPECT_THAT(
      ask(*server, "POST /echo HTTP/1.1\r\nContent-Length: 2\r\nExpect: 100-continue\r\n\r\nok"),
      testing::AllOf(StartsWith("HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 "), HasSubstr("\r\n\r\nok")));
  Client client({});
  const std::string large(1U << 20U, 'x');
  EXPECT_EQ(client.post(url(*server, "/echo"), large)->body, large);
}

TEST(HttpServer, AmbiguousAndMalformedRequestsAreRefused) {
  const auto server = start();
  const std::string post = "POST /echo HTTP/1.1\r\n";
  const std::vector<std::pair<std::string, int>> requests = {
      {post + "Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", 400},
      {post + "Content-Length: 5\r\nContent-Length: 5\r\n\r\nhello", 400},
      {post + "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", 400},
      {post + "Content-Length: -1\r\n\r\n", 400},
      {post + "Content-Length: +5\r\n\r\nhello", 400},
      {post + "Content-Length: 5x\r\n\r\nhello", 400},
      {post + "Content-Length: 5, 5\r\n\r\nhello", 400},
      {post + "Content-Length: 99999999999999999999\r\n\r\n", 400},
      {post + "Content-Length: 9223372036854775807\r\n\r\n", 400},
      {post + "Transfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n", 400},
      {post + "Transfer-Encoding: identity\r\n\r\n", 501},
      {post + "Transfer-Encoding: chunked\r\n\r\nffffffffffffffff\r\n", 400},
      {post + "Transfer-Encoding: chunked\r\n\r\n7fffffffffffff\r\n", 413},
      {post + "Transfer-Encoding: chunked\r\n\r\n-1\r\n", 400},
      {post + "Transfer-Encoding: chunked\r\n\r\n2\r\nhello\r\n", 400},
      {post + "Transfer-Encoding: chunked\r\n\r\n2\nhe\r\n0\r\n\r\n", 400},
      {post + "Content-Length: 2\r\nExpect: magic\r\n\r\nok", 417},
      {"GET /quick HTTP/2.0\r\n\r\n", 505},
      {"GET /quick\r\n\r\n", 400},
      {"GET\r\n\r\n", 400},
      {"\x16\x03\x01\x02garbage\r\n\r\n", 400},
      {std::string("GET /qui\0ck HTTP/1.1\r\n\r\n", 25), 400},
      {"GET /quick HTTP/1.1\r\nno colon\r\n\r\n", 400},
      {"BREW /quick HTTP/1.1\r\n\r\n", 400},
  };
  for (const auto& [request, status] : requests) {
    RawClient client(server->port());
    client.send(request);
    client.end_sending();
    EXPECT_EQ(status_of(client.read_all()), status) << request;
  }
  std::string many = "GET /quick HTTP/1.1\r\n";
  for (int i = 0; i < 100; ++i) many += "X" + std::to_string(i) + ": 1\r\n";
  EXPECT_EQ(status_of(ask(*server, many + "\r\n")), 431);
  EXPECT_EQ(status_of(ask(*server, "GET /quick HTTP/1.1\r\n\r\n")), 200);  // still alive
}

TEST(HttpServer, OversizedBodiesAreRefusedBeforeTheyAreRead) {
  const auto server = start();
  const double before = *os::read_process_figures().resident_memory_bytes;
  const std::string megabyte(1U << 20U, 'x');
  {
    RawClient client(server->port());
    client.send("POST /echo HTTP/1.1\r\nContent-Length: 67108864\r\n\r\n");
    for (int i = 0; i < 64 && client.send(megabyte); ++i) {
    }
    EXPECT_THAT(client.read_all(),
                AnyOf(StartsWith("HTTP/1.1 413 "), ""));  // a reset may overtake the answer
  }
  EXPECT_EQ(status_of(ask(*server, "POST /echo HTTP/1.1\r\nContent-Length: 67108864\r\n\r\n")), 413);
  {
    RawClient client(server->port());  // without an end
    client.send("POST /echo HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n");
    for (int i = 0; i < 64 && client.send("10000\r\n" + std::string(65536, 'x') + "\r\n"); ++i) {
    }
    EXPECT_THAT(client.read_all(), AnyOf(StartsWith("HTTP/1.1 413 "), ""));
  }
  EXPECT_EQ(status_of(ask(*server, "GET /quick HTTP/1.1\r\nContent-Length: 1\r\n\r\nx")), 413);
  EXPECT_LT(*os::read_process_figures().resident_memory_bytes - before, 48e6);
}

TEST(HttpServer, SlowBodiesAreCutWhileOthersAreServedQuickly) {
  // Who has to wait for the first deadline is not served: a client gives up after 20 s.
  for (const bool cut : {false, true}) {
    const auto server =
        start({.workers = 16, .request_deadline = cut ? 1000ms : 300s, .connections_per_address = 8});
    std::atomic<bool> stop{false};
    std::atomic<int> dribbled{0};
    const auto give_up = Clock::now() + 30s;  // after that nobody cuts them
    std::vector<std::future<int>> slow;
    for (int i = 0; i < 6; ++i)
      slow.push_back(std::async(std::launch::async, [&] {
        RawClient client(server->port(), "127.0.0.2");
        client.send("POST /echo HTTP/1.1\r\nContent-Length: 100000\r\n\r\n");
        std::string answer;
        while (!stop && Clock::now() < give_up && client.send("x") && answer.empty()) {  // a byte at a time
          ++dribbled;
          answer = client.read_all(20ms);
          if (answer == "(timeout)") answer.clear();
        }
        return status_of(answer);
      }));
    while (!cut && dribbled < 12 && Clock::now() < give_up) std::this_thread::yield();
    for (int i = 0; i < 50 && !cut; ++i)
      EXPECT_EQ(status_of(ask(*server, "GET /quick HTTP/1.1\r\n\r\n")), 200);
    stop = !cut;
    for (auto& one : slow) EXPECT_EQ(one.get() == 408, cut);
  }
}

TEST(HttpServer, SlowHeadsAreCut) {
  const auto server = start({.request_deadline = 300ms});
  RawClient client(server->port());
  client.send("GET /quick HTTP/1.1\r\nX-Sl");
  const auto begin = Clock::now();
  EXPECT_THAT(client.read_all(), StartsWith("HTTP/1.1 408 "));
  EXPECT_LT(Clock::now() - begin, 5s);
}

TEST(HttpServer, ReadersThatTakeNothingAreCut) {
  const auto body =
      std::make_shared<const std::string>(3U << 20U, 'x');  // more than the sockets' buffers hold
  std::promise<void> called;
  auto server = start({.response_deadline = 300ms},
                      {{.method = "GET", .path = "/large", .handler = [&](const Request&) {
                          called.set_value();
                          return Response{.shared_body = body};
                        }}});
  RawClient client(server->port(), "127.0.0.1", 4096);
  client.send("GET /large HTTP/1.1\r\n\r\n");
  called.get_future().wait();
  const auto begin = Clock::now();
  while (client.send("x") && Clock::now() - begin < 30s)
    std::this_thread::yield();           // until the server has closed
  EXPECT_LT(Clock::now() - begin, 15s);  // 300 ms, and a second per further MiB
}

TEST(HttpServer, AnAddressAtItsCapDisplacesItsOwnSlowRequests) {
  const auto server = start({.workers = 16, .request_deadline = 20s, .connections_per_address = 4});
  std::vector<RawClient> slow;
  for (int i = 0; i < 4; ++i) {
    slow.emplace_back(server->port());
    slow.back().send("POST /echo HTTP/1.1\r\nContent-Length: 10\r\n\r\n");
  }
  // One of them gives way, at once and not at its deadline, and makes room for all that come one by one: the
  // first of these may be taken in before the last slow one. Which one gives way is the machine's choice.
  for (int i = 0; i < 5; ++i) EXPECT_EQ(status_of(ask(*server, "GET /quick HTTP/1.1\r\n\r\n")), 200);
  std::vector<std::future<int>> answers;
  for (RawClient& client : slow)
    answers.push_back(std::async(std::launch::async, [&client] { return status_of(client.read_all(3s)); }));
  int displaced = 0;
  for (auto& answer : answers) displaced += answer.get() == 408 ? 1 : 0;
  EXPECT_EQ(displaced, 1);
  // Another address was never affected.
  EXPECT_EQ(status_of(RawClient(server->port(), "127.0.0.3").ask("GET /quick HTTP/1.1\r\n\r\n")), 200);
}

TEST(HttpServer, TwoHundredAtOnceAreAllAnswered) {
  const auto server = start({.connections_per_address = 300});
  std::latch go(1);
  std::vector<std::future<int>> answers;
  for (int i = 0; i < 200; ++i)
    answers.push_back(std::async(std::launch::async, [&] {
      go.wait();
      RawClient client(server->port());  // not before: a connection that waits in a crowd is cut
      return status_of(client.ask("GET /quick HTTP/1.1\r\n\r\n"));
    }));
  go.count_down();
  for (auto& answer : answers) EXPECT_EQ(answer.get(), 200);
}

TEST(HttpServer, AHandlerThatThrowsGivesAnErrorAndOneLogLine) {
  testing::internal::CaptureStderr();
  {
    const auto server = start();
    EXPECT_EQ(status_of(ask(*server, "GET /throw HTTP/1.1\r\n\r\n")), 500);
    EXPECT_EQ(status_of(ask(*server, "GET /throw-int HTTP/1.1\r\n\r\n")), 500);
    EXPECT_EQ(status_of(ask(*server, "GET /quick HTTP/1.1\r\n\r\n")), 200);
  }
  EXPECT_THAT(testing::internal::GetCapturedStderr(), HasSubstr("path=/throw error=broken\\nhandler\n"));
}

TEST(HttpServer, HeadersOfHandlersCannotSplitTheAnswer) {
  const auto server = start({}, {{.method = "GET", .path = "/split", .handler = [](const Request&) {
                                    return Response{.headers = {{"X-Name", "a\r\nSet-Cookie: x=1"}}};
                                  }}});
  EXPECT_THAT(ask(*server, "GET /split HTTP/1.1\r\n\r\n"), HasSubstr("\r\nX-Name: a  Set-Cookie: x=1\r\n"));
}

TEST(HttpServer, ListensOnIpv6) {
  const auto server = start({.listen = "[::1]:0"});
  Client client({});
  const auto answer = client.get("http://[::1]:" + std::to_string(server->port()) + "/show/x");
  ASSERT_TRUE(answer.ok()) << answer.error().message;
  EXPECT_THAT(answer->body, HasSubstr("::1"));
}

TEST(HttpServer, ABusyPortIsAnErrorThatNamesTheAddress) {
  const auto first = start();
  const std::string address = "127.0.0.1:" + std::to_string(first->port());
  const auto second = Server::start({.listen = address}, {});
  ASSERT_FALSE(second.ok());
  EXPECT_THAT(second.error().message, HasSubstr("cannot listen on " + address));
  EXPECT_THAT(second.error().message, HasSubstr("Address already in use"));
  EXPECT_THAT(Server::start({.listen = "192.0.2.1:0"}, {}).error().message, HasSubstr("Cannot assign"));
  EXPECT_THAT(Server::start({.listen = "here"}, {}).error().message, HasSubstr("the port is missing"));
}

TEST(HttpServer, StreamsUntilThePeerIsGoneAndNoMoreThanAllowed) {
  std::atomic<int> ended{0};
  const auto server =
      start({.event_streams = 1}, {{.method = "GET", .path = "/events", .handler = [&](const Request&) {
                                      Response response{.content_type = "text/event-stream"};
                                      response.stream = [&](Stream& stream) {
                                        stream.send("data: 1\n\n");
                                        while (stream.open()) std::this_thread::yield();
                                        ++ended;
                                      };
                                      return response;
                                    }}});
  {
    RawClient client(server->port());
    client.send("GET /events HTTP/1.1\r\n\r\n");
    std::string seen;
    const auto begin = Clock::now();
    while (seen.find("data: 1") == std::string::npos && Clock::now() - begin < 10s)
      seen += client.read_all(20ms);
    EXPECT_THAT(seen, HasSubstr("text/event-stream"));
    EXPECT_EQ(status_of(ask(*server, "GET /events HTTP/1.1\r\n\r\n")), 503);
    EXPECT_EQ(ended, 0);
  }
  const auto begin = Clock::now();
  while (ended == 0 && Clock::now() - begin < 10s) std::this_thread::yield();
  EXPECT_EQ(ended, 1);
}

TEST(HttpServer, StopsQuicklyWithConnectionsOpen) {
  auto server =
      start({.request_deadline = 30s}, {{.method = "GET", .path = "/events", .handler = [](const Request&) {
                                           Response response;
                                           response.stream = [](Stream& stream) {
                                             while (stream.open()) std::this_thread::yield();
                                           };
                                           return response;
                                         }}});
  RawClient half(server->port());
  half.send("GET /quick HTTP/1.1\r\n");
  RawClient stream(server->port());
  stream.send("GET /events HTTP/1.1\r\n\r\n");
  while (stream.read_all(50ms) == "(timeout)") {
  }  // until the head of the stream is there
  const auto begin = Clock::now();
  server.reset();
  EXPECT_LT(Clock::now() - begin, 4s);
}

}  // namespace
}  // namespace pcb::http
