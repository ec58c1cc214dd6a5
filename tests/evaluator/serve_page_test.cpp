// The page of the program itself: its views, its parts, and its forms by who sends them.
#include <fstream>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "evaluator/page/assets.h"
#include "tests/evaluator/page_fixture.h"
#include "tests/evaluator/serve_fixture.h"

namespace pcb {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;

class ServePage : public Serve {
 protected:
  std::string url(const std::string& path) const {
    return "http://127.0.0.1:" + std::to_string(port_) + path;
  }
  http::ClientResponse send(const std::string& path, const std::string& form,
                            const std::string& cookie = "") {
    http::ClientSettings settings;
    settings.headers = {{"Content-Type", "application/x-www-form-urlencoded"}};
    if (!cookie.empty()) settings.headers.emplace_back("Cookie", cookie);
    http::Client client(settings);
    const auto answer = client.post(url(path), form);
    return answer.ok() ? *answer : http::ClientResponse{};
  }
};

TEST_F(ServePage, ServesEveryViewSoundAndItsParts) {
  const auto program = start();
  for (const char* path :
       {"/", "/plan", "/running", "/history?show=decisions", "/whatif", "/plan?guest=103&q=x"}) {
    const auto answer = get(path);
    EXPECT_EQ(answer.status, 200) << path;
    test::expect_sound(answer.body);
    EXPECT_THAT(answer.body, AllOf(HasSubstr("exporter_unreachable"), HasSubstr("Log in to stop all moves"),
                                   Not(HasSubstr("method=\"post\""))))
        << path;
  }
  EXPECT_EQ(get("/plans/99").status, 404);
  EXPECT_EQ(get("/plans/x").status, 404);
  EXPECT_EQ(get(style_path()).body, kPageStyle);
  EXPECT_EQ(get(script_path()).body, kPageScript);
  EXPECT_EQ(get("/assets/icon.svg").status, 200);
}

TEST_F(ServePage, AFormOfNobodyPressesNothing) {
  const auto program = start();
  const auto answer = send("/api/v1/pause", "reason=x&back=%2Fplan");
  EXPECT_NE(answer.status, 303);
  EXPECT_NE(answer.status, 200);
  EXPECT_THAT(get("/").body, Not(HasSubstr("red button is pressed")));
}

}  // namespace
}  // namespace pcb
