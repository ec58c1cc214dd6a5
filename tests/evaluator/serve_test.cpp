// The program itself: command line, exit codes, the webhook's promise over kill -9 and a full disk, signals.
#include <atomic>
#include <csignal>
#include <filesystem>
#include <fstream>
#include <functional>
#include <thread>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include "common/http/client.h"
#include "common/http/server.h"
#include "common/os/file.h"
#include "evaluator/decide/webhook.h"
#include "tests/common/test_certificates.h"
#include "tests/evaluator/serve_fixture.h"
#include "tests/support/sshd.h"

namespace pcb {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;

std::size_t times(const std::string& text, const std::string& part) {
  std::size_t count = 0;
  for (std::size_t at = text.find(part); at != std::string::npos; at = text.find(part, at + 1)) ++count;
  return count;
}

std::string webhook(const std::string& fingerprint, const std::string& name,
                    const std::string& padding = "") {
  return R"({"version":"4","receiver":"balancer","alerts":[{"status":"firing","labels":{"alertname":")" +
         name + R"("},"annotations":{"summary":")" + padding +
         R"("},"startsAt":"2026-11-22T16:43:30.323Z",)" +
         R"("endsAt":"0001-01-01T00:00:00Z","fingerprint":")" + fingerprint + "\"}]}";
}

// strace has taken all threads: from now on it sees every call.
bool every_thread_is_traced(pid_t pid) {
  std::error_code gone;
  for (const auto& thread :
       std::filesystem::directory_iterator("/proc/" + std::to_string(pid) + "/task", gone)) {
    std::ifstream status(thread.path() / "status");
    const std::string text{std::istreambuf_iterator<char>(status), {}};
    if (text.empty() || text.find("TracerPid:\t0\n") != std::string::npos) return false;
  }
  return !gone;
}

TEST_F(Serve, WhatWasAcknowledgedIsThereAfterKillNineAndToldOnce) {
  for (int round = 0; round < 5; ++round) {
    const std::string name = "Killed" + std::to_string(round);
    const std::string body = webhook("ab" + std::to_string(round), name);
    auto program = start();
    ASSERT_EQ(post(body), 200);
    program->send_signal(SIGKILL);
    program->wait();
    program = start();
    ASSERT_EQ(post(body), 200) << "as Alertmanager repeats it";
    const std::string row = "\"alertname\":\"" + name + "\"";
    EXPECT_EQ(times(get("/api/v1/alerts").body, row), 1U);
    const auto told = [&] { return times(get("/api/v1/messages").body, "\"subject\":\"" + name + "\""); };
    ASSERT_TRUE(wait_until([&] { return told() == 1; }));
    EXPECT_EQ(times(get("/api/v1/history").body, "\"subject\":\"" + name + " \""), 1U);
  }
}

TEST_F(Serve, AFullDiskIsAnsweredWith503AndPasses) {
  const std::string state = folder_.file("state");
  std::filesystem::create_directory(state);
  const auto program =
      start({"/usr/bin/unshare", "--mount", "sh", "-c",
             "mount -t tmpfs -o size=512k balancer-test '" + state + "' && exec \"$@\"", "sh", kProgram});
  ASSERT_EQ(post(webhook("aa", "BeforeTheDiskIsFull")), 200);
  // The program's own view of the folder: the tmpfs is in its mount namespace alone.
  const std::string ballast = "/proc/" + std::to_string(program->pid()) + "/root" + state + "/ballast";
  {
    std::ofstream file(ballast, std::ios::binary);
    const std::string block(4096, 'x');
    constexpr int kMostBlocks = 1024;  // were it not the small tmpfs, this must end all the same
    for (int i = 0; i < kMostBlocks && file.write(block.data(), 4096).flush(); ++i) continue;
    ASSERT_FALSE(file.good());
  }
  EXPECT_EQ(post(webhook("bb", "WhileItIsFull", std::string(60'000, 'x'))), 503);
  EXPECT_EQ(get("/-/healthy").status, 200);
  std::filesystem::remove(ballast);
  EXPECT_EQ(post(webhook("bb", "WhileItIsFull", std::string(60'000, 'x'))), 200);
  const std::string alerts = get("/api/v1/alerts").body;
  EXPECT_THAT(alerts, AllOf(HasSubstr("BeforeTheDiskIsFull"), HasSubstr("WhileItIsFull")));
}

// strace makes every sync of the running program fail: what is not on the disk is not acknowledged.
TEST_F(Serve, WithoutASyncThereIsNoAcknowledgement) {
  const auto program = start();
  ASSERT_EQ(post(webhook("aa", "Synced")), 200);
  Program strace({"/usr/bin/strace", "--follow-forks", "--quiet=all", "--output=/dev/null",
                  "--trace=fsync,fdatasync", "--inject=fsync,fdatasync:error=EIO", "--attach",
                  std::to_string(program->pid())});
  ASSERT_TRUE(wait_until([&] { return every_thread_is_traced(program->pid()); })) << strace.output();
  EXPECT_EQ(post(webhook("bb", "NotSynced")), 503);
  strace.send_signal(SIGINT);
  strace.wait();
  EXPECT_THAT(get("/api/v1/alerts").body, Not(HasSubstr("NotSynced")));
  EXPECT_EQ(post(webhook("bb", "NotSynced")), 200);
}

// What a webhook could not bring is read from Alertmanager's own list, and at once.
TEST_F(Serve, AWebhookThatIsTooLargeOrCutShortHasTheListRead) {
  std::atomic<int> lists{0};
  http::ServerSettings settings;
  settings.listen = "127.0.0.1:" + std::to_string(nobody_);
  const auto alertmanager = http::Server::start(
      settings, {{"GET", "/api/v2/alerts", [&](const http::Request&) {
                    ++lists;
                    return http::Response{.content_type = "application/json", .body = "[]"};
                  }}});
  ASSERT_TRUE(alertmanager.ok()) << alertmanager.error().message;
  const auto program = start();
  EXPECT_EQ(lists, 1) << "at the start";
  EXPECT_EQ(post(std::string(kMaxWebhookBytes + 1, 'x'), "wrong"), 401);
  ASSERT_EQ(post(std::string(kMaxWebhookBytes + 1, 'x')), 413);
  ASSERT_TRUE(wait_until([&] { return lists == 2; }));
  EXPECT_THAT(get("/metrics").body, HasSubstr("balancer_webhooks_total{result=\"too_large\"} 1"));
  std::string cut = webhook("aa", "FirstOfMany");
  cut.insert(1, "\"truncatedAlerts\":3,");
  ASSERT_EQ(post(cut), 200);
  EXPECT_TRUE(wait_until([&] { return lists == 3; }));
}

TEST_F(Serve, TheProgramsOwnAlertsAreNotTakenBack) {
  const auto program = start();
  std::string own = webhook("aa", "BalancerStuck");
  own.insert(own.find("\"alertname\""), "\"origin\":\"balancer\",");
  ASSERT_EQ(post(own), 200);
  ASSERT_EQ(post(webhook("bb", "OfOthers")), 200);
  EXPECT_THAT(get("/api/v1/alerts").body, AllOf(HasSubstr("OfOthers"), Not(HasSubstr("BalancerStuck"))));
}

TEST_F(Serve, RefusesStrangersGarbageAndTooMuch) {
  const auto program = start();
  EXPECT_EQ(post(webhook("aa", "Stranger"), ""), 401);
  EXPECT_EQ(post(webhook("aa", "Stranger"), "wrong"), 401);
  EXPECT_EQ(post("no json"), 400);
  EXPECT_EQ(post(std::string(100'000, '[')), 400);
  EXPECT_EQ(post(std::string(kMaxWebhookBytes + 1, 'x')), 413);
  EXPECT_THAT(get("/api/v1/alerts").body, Not(HasSubstr("Stranger")));
}

TEST_F(Serve, ADamagedJournalIsPutAsideAndAPersonIsTold) {
  std::filesystem::create_directory(folder_.file("state"));
  test::write_text(folder_.file("state") + "/journal.sqlite", std::string(8192, 'x'));
  const auto program = start();
  EXPECT_TRUE(
      wait_until([&] { return program->output().find("The journal was damaged") != std::string::npos; }));
  EXPECT_THAT(get("/api/v1/messages").body, HasSubstr("put aside as"));
}

TEST_F(Serve, AModeThatThisVersionCannotDoIsShownAsSuggest) {
  std::filesystem::create_directory(folder_.file("state"));
  test::write_text(folder_.file("state") + "/journal.sqlite", std::string(8192, 'x'));
  std::string config = test::read_text(config_);
  config.insert(config.find("  interval: 1s"), "  mode: auto\n");
  test::write_text(config_, config);
  const auto program = start();
  const auto status = run_program({"status", "--config", config_});
  EXPECT_THAT(status.output, AllOf(HasSubstr("mode suggest"), HasSubstr("config.yaml says auto"),
                                   HasSubstr("the journal was damaged")));
  EXPECT_THAT(get("/metrics").body, AllOf(HasSubstr("balancer_mode{mode=\"suggest\"} 1"),
                                          HasSubstr("balancer_mode{mode=\"auto\"} 0")));
  EXPECT_THAT(get("/").body, HasSubstr("config.yaml says auto"));
  EXPECT_EQ(times(program->output(), "the mode is not the one of config.yaml"), 1U);
}

TEST_F(Serve, ABadReloadKeepsTheOldConfiguration) {
  const auto program = start();
  write_config("nonsense: 1\n");
  program->send_signal(SIGHUP);
  EXPECT_TRUE(wait_until([&] {
    return get("/metrics").body.find("balancer_config_last_reload_successful 0") != std::string::npos;
  }));
  write_config();
  program->send_signal(SIGHUP);
  EXPECT_TRUE(wait_until([&] {
    return get("/metrics").body.find("balancer_config_last_reload_successful 1") != std::string::npos;
  }));
  EXPECT_EQ(post(webhook("aa", "StillThere")), 200);
}

TEST_F(Serve, SaysWhyItDoesNothing) {
  const auto program = start();
  const auto status = run_program({"status", "--config", config_});
  EXPECT_EQ(status.code, 0);
  EXPECT_THAT(status.output, AllOf(HasSubstr("exporter_unreachable"), HasSubstr("No open incident")));
  EXPECT_THAT(get("/metrics").body, HasSubstr("balancer_hold{reason=\"exporter_unreachable\"} 1"));
  const auto page = get("/");
  EXPECT_EQ(page.status, 200);
  EXPECT_THAT(page.body, HasSubstr("exporter_unreachable"));
}

TEST_F(Serve, EndsWithinFiveSecondsOfSigterm) {
  const auto program = start();
  program->send_signal(SIGTERM);
  const auto begun = std::chrono::steady_clock::now();
  EXPECT_EQ(program->wait(), 0);
  EXPECT_LT(std::chrono::steady_clock::now() - begun, std::chrono::seconds(5));
}

TEST_F(Serve, ABusyPortIsAnErrorAtOnce) {
  const auto program = start();
  write_config();
  std::string other = *os::read_file(config_);
  const std::string state = folder_.file("state");
  other.replace(other.find(state), state.size(), folder_.file("other"));
  const auto second = run_program({"serve", "--config", folder_.write("other.yaml", other)});
  EXPECT_EQ(second.code, 1);
  EXPECT_THAT(second.output, HasSubstr(std::to_string(port_)));
}

TEST_F(Serve, CommandsLogInOverTlsWithAPasswordFromAFile) {
  const TestCa ca(folder_, "ca");
  const TestCa::Pair server = ca.issue("server");
  ASSERT_EQ(::chmod(server.key.c_str(), 0600), 0);
  const std::string web = folder_.write(
      "web.yml", "tls_server_config: {cert_file: " + server.certificate + ", key_file: " + server.key +
                     "}\nbasic_auth_users:\n  ann: '" + test::crypt_hash("secret") + "'\n");
  write_config();
  std::string config = test::read_text(config_);
  config.insert(config.find("evaluator:\n") + 11, "  web_config: " + web + "\n");
  test::write_text(config_, config);
  test::write_text(folder_.file("password"), "secret");
  Program program({kProgram, "serve", "--config", config_});
  const std::vector<std::string> login{"status",    "--config",        config_,
                                       "--ca-file", ca.certificate(),  "--user",
                                       "ann",       "--password-file", folder_.file("password")};
  ASSERT_TRUE(wait_until([&] { return run_program(login).code == 0; })) << program.output();
  EXPECT_THAT(run_program(login).output, HasSubstr("Cluster lab"));
  const Finished stranger = run_program({"status", "--config", config_, "--ca-file", ca.certificate()});
  EXPECT_EQ(stranger.code, 1);
  EXPECT_THAT(stranger.output, HasSubstr("--user and --password-file"));
  EXPECT_THAT(run_program({"status", "--config", config_}).output, HasSubstr("certificate"));
  // Deciding takes the operator's token alone.
  const Finished paused = run_program({"pause", "--config", config_, "--ca-file", ca.certificate()});
  EXPECT_EQ(paused.code, 0) << paused.output;
  EXPECT_THAT(run_program(login).output, HasSubstr("the red button is pressed"));
}

TEST_F(Serve, CommandLineAndExitCodes) {
  EXPECT_EQ(run_program({}).code, 2);
  EXPECT_EQ(run_program({"fly"}).code, 2);
  EXPECT_EQ(run_program({"history", "--limit", "0"}).code, 2);
  const auto help = run_program({"--help"});
  EXPECT_EQ(help.code, 0);
  EXPECT_THAT(help.output, HasSubstr("Examples:"));
  const auto version = run_program({"--version"});
  EXPECT_EQ(version.code, 0);
  EXPECT_THAT(version.output,
              AllOf(HasSubstr("balancer-evaluator "), HasSubstr("SQLite 3."), HasSubstr("\nlibcurl "),
                    HasSubstr("\nCivetWeb 1."), HasSubstr("\nOpenSSL "), HasSubstr("\nzlib 1."),
                    HasSubstr("\nyaml-cpp 0."), HasSubstr("\nspdlog 1."), HasSubstr("\nnlohmann json 3.")));
  EXPECT_EQ(run_program({"serve", "--config", "/nonexistent.yaml"}).code, 78);
  EXPECT_EQ(run_program({"status", "--config", config_}).code, 1) << "nobody listens";
}

}  // namespace
}  // namespace pcb
