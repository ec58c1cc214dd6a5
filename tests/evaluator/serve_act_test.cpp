// The operator's commands and routes, of the program itself: token, red button, breaker.
#include <csignal>
#include <filesystem>
#include <fstream>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include "evaluator/journal/journal.h"
#include "tests/evaluator/serve_fixture.h"

namespace pcb {
namespace {

using ::testing::HasSubstr;

class ServeAct : public Serve {
 protected:
  int post_to(const std::string& path, const std::string& token, const std::string& body = "{}") {
    http::ClientSettings settings;
    settings.bearer_token = token;
    settings.timeout = kPatient;
    http::Client client(settings);
    const auto answer = client.post("http://127.0.0.1:" + std::to_string(port_) + path, body);
    return answer.ok() ? answer->status : 0;
  }
  Finished command(std::vector<std::string> words) {
    words.insert(words.end(), {"--config", config_});
    return run_program(std::move(words));
  }
  std::string token() {
    std::ifstream file(folder_.file("state") + "/operator_token");
    std::string read;
    file >> read;
    return read;
  }
  bool button_is_pressed() const { return std::filesystem::exists(folder_.file("state") + "/STOP"); }
};

TEST_F(ServeAct, WhatDecidesAsksForTheOperatorsToken) {
  const auto program = start();
  EXPECT_EQ(token().size(), 64U);
  struct stat info {};
  ASSERT_EQ(::stat((folder_.file("state") + "/operator_token").c_str(), &info), 0);
  EXPECT_EQ(info.st_mode & 0777, 0600U);
  for (const char* path : {"/api/v1/plans/1/approve", "/api/v1/moves/1/reject", "/api/v1/pause",
                           "/api/v1/resume", "/api/v1/breaker/reset"}) {
    EXPECT_EQ(post_to(path, "wrong"), 401) << path;
    EXPECT_NE(get(path).status, 200) << path << ": a link must not decide";
  }
  EXPECT_FALSE(button_is_pressed());
  test::write_text(folder_.file("other"), "wrong");
  const Finished refused = command({"approve", "--token-file", folder_.file("other")});
  EXPECT_EQ(refused.code, 1);
  EXPECT_THAT(refused.output, HasSubstr("does not take the token in " + folder_.file("other")));
  EXPECT_EQ(post_to("/api/v1/plans/1/approve", token()), 404);
  EXPECT_EQ(post_to("/api/v1/plans/1/perhaps", token()), 404);
  EXPECT_EQ(post_to("/api/v1/plans/x/approve", token()), 404);
  EXPECT_EQ(post_to("/api/v1/breaker/reset", token(), "no json"), 200) << "what is said is voluntary";
}

TEST_F(ServeAct, red_button_by_command_route_and_signal) {
  const auto program = start();
  const Finished paused = command({"pause", "--reason", "the switch is replaced"});
  EXPECT_EQ(paused.code, 0) << paused.output;
  EXPECT_TRUE(button_is_pressed());
  ASSERT_TRUE(wait_until(
      [&] { return get("/api/v1/status").body.find("the switch is replaced") != std::string::npos; }));
  EXPECT_THAT(get("/metrics").body, HasSubstr("balancer_hold{reason=\"paused\"} 1"));
  EXPECT_EQ(command({"resume"}).code, 0);
  EXPECT_FALSE(button_is_pressed());
  EXPECT_EQ(post_to("/api/v1/pause", token()), 200);
  EXPECT_TRUE(button_is_pressed());
  EXPECT_EQ(post_to("/api/v1/resume", token()), 200);
  EXPECT_FALSE(button_is_pressed());
  program->send_signal(SIGUSR1);
  EXPECT_TRUE(wait_until([&] { return button_is_pressed(); }));
  EXPECT_TRUE(wait_until([&] { return get("/api/v1/history").body.find("SIGUSR1") != std::string::npos; }))
      << "the file comes first, then the journal";
}

TEST_F(ServeAct, red_button_without_the_evaluator_makes_the_file) {
  start()->send_signal(SIGTERM);
  ASSERT_TRUE(wait_until([&] { return get("/-/healthy").status == 0; }));
  const Finished paused = command({"pause"});
  EXPECT_EQ(paused.code, 0) << paused.output;
  EXPECT_TRUE(button_is_pressed());
  EXPECT_EQ(command({"approve"}).code, 1);
  const auto again = start();
  ASSERT_TRUE(wait_until(
      [&] { return get("/metrics").body.find("balancer_hold{reason=\"paused\"} 1") != std::string::npos; }));
}

TEST_F(ServeAct, red_button_without_the_operators_token_makes_the_file) {
  const auto program = start();
  ASSERT_EQ(::unlink((folder_.file("state") + "/operator_token").c_str()), 0);
  const Finished paused = command({"pause"});
  EXPECT_EQ(paused.code, 0) << paused.output;
  EXPECT_TRUE(button_is_pressed());
  ASSERT_TRUE(wait_until(
      [&] { return get("/metrics").body.find("balancer_hold{reason=\"paused\"} 1") != std::string::npos; }));
  const Finished resumed = command({"resume"});
  EXPECT_EQ(resumed.code, 1);
  EXPECT_THAT(resumed.output, HasSubstr("--token-file"));
  EXPECT_TRUE(button_is_pressed());
}

TEST_F(ServeAct, red_button_is_pressed_though_the_journal_cannot_be_written) {
  const auto program = start();
  auto blocker = Database::open(folder_.file("state") + "/journal.sqlite");
  ASSERT_TRUE(blocker.ok());
  ASSERT_TRUE(blocker->execute("DROP TABLE switches; DROP TABLE events").ok());
  EXPECT_EQ(post_to("/api/v1/pause", token()), 200);
  EXPECT_TRUE(button_is_pressed());
  EXPECT_EQ(post_to("/api/v1/resume", token()), 503) << "what cannot be recorded stays stopped";
  EXPECT_TRUE(button_is_pressed());
}

// The rows can be written, but not committed: somebody reads the file.
TEST_F(ServeAct, red_button_stays_pressed_where_the_release_cannot_be_committed) {
  const auto program = start();
  EXPECT_EQ(post_to("/api/v1/pause", token()), 200);
  auto reader = Database::open(folder_.file("state") + "/journal.sqlite");
  ASSERT_TRUE(reader.ok());
  ASSERT_TRUE(reader->execute("BEGIN; SELECT count(*) FROM switches").ok());
  EXPECT_EQ(post_to("/api/v1/resume", token()), 503);
  EXPECT_TRUE(button_is_pressed());
  ASSERT_TRUE(reader->execute("COMMIT").ok());
  EXPECT_EQ(post_to("/api/v1/resume", token()), 200);
  EXPECT_FALSE(button_is_pressed());
}

TEST_F(ServeAct, breaker_is_closed_by_a_person) {
  { const auto program = start(); }
  {
    auto opened = Journal::open(folder_.file("state"), 1000);
    ASSERT_TRUE(opened.ok());
    ASSERT_TRUE(opened->journal
                    ->transact([](Tables& tables) {
                      return tables.set_switch({1, SwitchName::breaker, true, "evaluator", "", "3 failures"});
                    })
                    .ok());
  }
  const auto program = start();
  const auto shows = [&](const char* line) { return get("/metrics").body.find(line) != std::string::npos; };
  EXPECT_TRUE(wait_until([&] { return shows("balancer_hold{reason=\"breaker\"} 1"); }))
      << "also while nothing wants to start";
  const Finished reset = command({"breaker", "reset", "--reason", "mended"});
  EXPECT_EQ(reset.code, 0) << reset.output;
  EXPECT_TRUE(wait_until([&] { return shows("balancer_hold{reason=\"breaker\"} 0"); }));
  EXPECT_THAT(reset.output, HasSubstr("the breaker is closed"));
  EXPECT_THAT(command({"breaker", "reset"}).output, HasSubstr("closed already"));
  EXPECT_THAT(get("/api/v1/history").body, HasSubstr("closed: mended"));
}

}  // namespace
}  // namespace pcb
