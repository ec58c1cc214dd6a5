// ProxyJump with real sshd on both sides.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "common/ssh/loop.h"
#include "tests/support/raw_server.h"
#include "tests/support/ssh_client.h"
#include "tests/support/sshd.h"

namespace pcb::ssh {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using test::SshClient;
using test::Sshd;
using test::SshdOptions;
using testing::HasSubstr;

class SshJump : public testing::Test {
 protected:
  SshJump() {
    auto loop = Loop::create();
    EXPECT_TRUE(loop.ok());
    loop_ = std::move(*loop);
  }

  ConnectionSettings known(const Sshd& sshd, const std::string& name) {
    auto settings = SshClient::settings_for(sshd);
    settings.name = name;
    settings.known_hosts_path = folder_.file("known_hosts");
    test::write_text(settings.known_hosts_path,
                     test::read_text(settings.known_hosts_path) + sshd.known_hosts());
    return settings;
  }

  void submit(Connection& connection, const std::string& word, Outcome& outcome,
              milliseconds limit = seconds(10)) {
    Request request;
    request.text = word + "\n";
    request.complete = [](std::string_view received) { return received.ends_with(" end\n"); };
    request.time_limit = limit;
    request.done = [&outcome](Outcome done) { outcome = std::move(done); };
    connection.submit(std::move(request), Clock::now());
  }

  void run_while_busy(const Connection& connection) {
    const auto deadline = Clock::now() + seconds(20);
    while (connection.busy() && Clock::now() < deadline) loop_->run_once(deadline);
    EXPECT_FALSE(connection.busy());
  }

  Outcome ask(Connection& connection, const std::string& word, milliseconds limit = seconds(10)) {
    Outcome outcome;
    submit(connection, word, outcome, limit);
    run_while_busy(connection);
    return outcome;
  }

  test::TemporaryFolder folder_;
  std::unique_ptr<Loop> loop_;
};

TEST_F(SshJump, ReachesAHostThroughAnother) {
  Sshd gate;
  Sshd host;
  Connection& jump = loop_->add(known(gate, "gate"));
  Connection& behind = loop_->add(known(host, "behind"), &jump);
  for (const char* word : {"one", "two"}) {
    const Outcome outcome = ask(behind, word);
    EXPECT_TRUE(outcome.ok()) << outcome.problem.message;
    EXPECT_EQ(outcome.answer, std::string("begin ") + word + " end\n");
  }
  EXPECT_EQ(jump.logins(), 1U);
}

TEST_F(SshJump, CarriesManyHostsAndLargeAnswersAtOnce) {
  Sshd gate;
  Sshd host;
  Connection& jump = loop_->add(known(gate, "gate"));
  auto settings = known(host, "behind");
  settings.script =
      "while read -r word; do head -c 1500000 /dev/zero | tr '\\0' x; echo \"begin $word end\"; done\n";
  std::vector<Connection*> behind;
  for (int i = 0; i < 12; ++i) behind.push_back(&loop_->add(settings, &jump));
  for (int cycle = 0; cycle < 2; ++cycle) {
    std::vector<Outcome> outcomes(behind.size());
    for (std::size_t i = 0; i < behind.size(); ++i) submit(*behind[i], std::to_string(i), outcomes[i]);
    for (std::size_t i = 0; i < behind.size(); ++i) {
      run_while_busy(*behind[i]);
      ASSERT_TRUE(outcomes[i].ok()) << outcomes[i].problem.message;
      const std::string end = "begin " + std::to_string(i) + " end\n";
      EXPECT_EQ(outcomes[i].answer.size(), 1500000 + end.size());
      EXPECT_TRUE(outcomes[i].answer.ends_with("x" + end));
    }
  }
  EXPECT_EQ(jump.logins(), 1U);
}

TEST_F(SshJump, ChecksTheHostKeyOfTheHostBehind) {
  Sshd gate;
  Sshd host;
  Connection& jump = loop_->add(known(gate, "gate"));
  auto settings = known(host, "behind");
  host.replace_host_key("ed25519");
  host.replace_host_key("ecdsa");
  EXPECT_EQ(ask(loop_->add(settings, &jump), "x").problem.failure, Failure::host_key_changed);
}

TEST_F(SshJump, SaysThatTheJumpHostFailed) {
  Sshd gate;
  Sshd host;
  auto gate_settings = known(gate, "gate");
  gate.stop();
  Connection& jump = loop_->add(gate_settings);
  Connection& behind = loop_->add(known(host, "behind"), &jump);
  const Outcome outcome = ask(behind, "x");
  EXPECT_EQ(outcome.problem.failure, Failure::connect_refused);
  EXPECT_THAT(outcome.problem.message, testing::AllOf(testing::StartsWith("behind ("), HasSubstr("gate (")));
}

TEST_F(SshJump, SaysThatTheJumpHostCannotReachTheHost) {
  Sshd gate;
  Sshd host;
  auto settings = known(host, "behind");
  host.stop();
  Connection& jump = loop_->add(known(gate, "gate"));
  Connection& behind = loop_->add(settings, &jump);
  const Outcome outcome = ask(behind, "x");
  EXPECT_EQ(outcome.problem.failure, Failure::connect_refused);
  EXPECT_THAT(outcome.problem.message, HasSubstr("the jump host cannot reach it"));
  host.start();
  behind.forget_backoff();
  EXPECT_TRUE(ask(behind, "y").ok());  // the jump's own connection has stayed
  EXPECT_EQ(jump.logins(), 1U);
}

TEST_F(SshJump, RecoversWhenTheJumpHostWasRestarted) {
  Sshd gate;
  Sshd host;
  Connection& jump = loop_->add(known(gate, "gate"));
  Connection& behind = loop_->add(known(host, "behind"), &jump);
  ASSERT_TRUE(ask(behind, "x").ok());
  gate.stop();
  gate.start();
  const Outcome outcome = ask(behind, "y");
  EXPECT_TRUE(outcome.ok()) << outcome.problem.message;
  EXPECT_EQ(jump.logins(), 2U);
}

TEST_F(SshJump, AHostThatIsSilentBehindTheJumpDoesNotHoldUpTheOthers) {
  Sshd gate;
  Sshd host;
  test::RawServer silent([](int socket) { test::receive_some(socket, 1U << 20U); });
  Connection& jump = loop_->add(known(gate, "gate"));
  auto dead_settings = known(host, "dead");
  dead_settings.port = silent.port();
  Connection& dead = loop_->add(dead_settings, &jump);
  Connection& behind = loop_->add(known(host, "behind"), &jump);
  Outcome never;
  submit(dead, "x", never);
  for (int i = 0; i < 5; ++i) EXPECT_TRUE(ask(behind, "y").ok());
  EXPECT_TRUE(dead.busy());
  run_while_busy(dead);
  EXPECT_EQ(never.problem.failure, Failure::banner_timeout) << never.problem.message;
  EXPECT_TRUE(ask(behind, "z").ok());
}

}  // namespace
}  // namespace pcb::ssh
