// Connection against real sshd: every way to log in, host keys, and what the far side runs.
#include <cstdlib>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include "common/ssh/algorithms.h"
#include "common/ssh/connection.h"
#include "common/ssh/encoding.h"
#include "common/ssh/fetch_host_key.h"
#include "common/ssh/known_hosts_file.h"
#include "tests/support/ssh_client.h"
#include "tests/support/sshd.h"

#if defined(__SANITIZE_ADDRESS__)
#include <sanitizer/lsan_interface.h>
#endif

namespace pcb::ssh {
namespace {

// libssh2 1.10 loses 56 bytes (a bignum of OpenSSL) each time it opens an ecdsa key; what is allocated while
// this lives is left out of the leak check.
class LibraryLeakAllowed {
#if defined(__SANITIZE_ADDRESS__)
  __lsan::ScopedDisabler disabler_;
#endif
};

using test::SshClient;
using test::Sshd;
using test::SshdOptions;
using testing::AllOf;
using testing::HasSubstr;
using testing::Not;

int count(const std::string& text, const std::string& word) {
  int found = 0;
  for (auto at = text.find(word); at != std::string::npos; at = text.find(word, at + 1)) ++found;
  return found;
}

ConnectionSettings with_key(const Sshd& sshd, const std::string& key) {
  auto settings = SshClient::settings_for(sshd);
  settings.key_path = key;
  return settings;
}

TEST(SshConnection, AsksTheScriptAgainAndAgainOverOneConnection) {
  Sshd sshd;
  SshClient client(sshd);
  for (const char* word : {"one", "two", "three"}) {
    const Outcome outcome = client.ask(word);
    EXPECT_TRUE(outcome.ok()) << outcome.problem.message;
    EXPECT_EQ(outcome.answer, std::string("begin ") + word + " end\n");
  }
  EXPECT_EQ(client.connection().logins(), 1U);
  EXPECT_EQ(count(sshd.log(), "Accepted publickey"), 1);
}

TEST(SshConnection, LogsInWithEcdsaAndWithAPassphrase) {
  Sshd sshd;
  for (const char* type : {"ecdsa", "ed25519"}) {
    std::optional<LibraryLeakAllowed> allowed;
    if (std::string_view(type) == "ecdsa") allowed.emplace();
    for (const char* passphrase : {"", "two words"}) {
      const std::string key = sshd.file(std::string(type) + (*passphrase == 0 ? "_open" : "_locked"));
      test::make_key(key, type, passphrase);
      sshd.authorize(key + ".pub");
      auto settings = with_key(sshd, key);
      settings.key_passphrase = passphrase;
      SshClient client(settings, sshd.known_hosts());
      const Outcome outcome = client.ask("x");
      EXPECT_TRUE(outcome.ok()) << key << ": " << outcome.problem.message;
    }
  }
}

TEST(SshConnection, SaysThatThePassphraseIsMissingOrWrong) {
  Sshd sshd;
  const std::string key = sshd.file("locked");
  test::make_key(key, "ed25519", "right");
  sshd.authorize(key + ".pub");
  auto settings = with_key(sshd, key);
  EXPECT_THAT(SshClient(settings, sshd.known_hosts()).ask("x").problem.message, HasSubstr("is encrypted"));
  settings.key_passphrase = "wrong";
  const Outcome outcome = SshClient(settings, sshd.known_hosts()).ask("x");
  EXPECT_EQ(outcome.problem.failure, Failure::auth);
  EXPECT_THAT(outcome.problem.message, HasSubstr("does not open with key_passphrase"));
}

// ssh-agent in the foreground, with one key.
class Agent {
 public:
  explicit Agent(const std::string& key)
      : server_({"/usr/bin/ssh-agent", "-D", "-a", folder_.file("socket")}) {
    server_.wait_for_file(folder_.file("socket"));
    ::setenv("SSH_AUTH_SOCK", folder_.file("socket").c_str(), 1);
    if (!key.empty()) test::run({"/usr/bin/ssh-add", "-q", key});
  }
  ~Agent() { ::unsetenv("SSH_AUTH_SOCK"); }
  Agent(const Agent&) = delete;
  Agent& operator=(const Agent&) = delete;
  test::Program& program() { return server_; }

 private:
  test::TemporaryFolder folder_;
  test::Program server_;
};

TEST(SshConnection, LogsInWithTheKeysOfAnAgent) {
  Sshd sshd;
  const Agent agent(sshd.key());
  auto settings = with_key(sshd, "");
  settings.use_agent = true;
  const Outcome outcome = SshClient(settings, sshd.known_hosts()).ask("x");
  EXPECT_TRUE(outcome.ok()) << outcome.problem.message;
}

TEST(SshConnection, SaysWhatAnAgentLacks) {
  Sshd sshd;
  auto settings = with_key(sshd, "");
  settings.use_agent = true;
  EXPECT_THAT(SshClient(settings, sshd.known_hosts()).ask("x").problem.message, HasSubstr("SSH_AUTH_SOCK"));
  test::make_key(sshd.file("rsa"), "rsa");
  {
    const Agent agent(sshd.file("rsa"));
    EXPECT_THAT(SshClient(settings, sshd.known_hosts()).ask("x").problem.message,
                HasSubstr("no ed25519 or ecdsa key"));
  }
  test::make_key(sshd.file("stranger"), "ed25519");
  const Agent agent(sshd.file("stranger"));
  const Outcome outcome = SshClient(settings, sshd.known_hosts()).ask("x");
  EXPECT_EQ(outcome.problem.failure, Failure::auth);
  EXPECT_THAT(outcome.problem.message, HasSubstr("refused (1 tried)"));
}

TEST(SshConnection, IsNotHeldByAnAgentThatDoesNotAnswer) {
  Sshd sshd;
  Agent agent(sshd.key());
  agent.program().send_signal(SIGSTOP);
  auto settings = with_key(sshd, "");
  settings.use_agent = true;
  const auto before = Clock::now();
  const Outcome outcome = SshClient(settings, sshd.known_hosts()).ask("x");
  agent.program().send_signal(SIGCONT);
  EXPECT_EQ(outcome.problem.failure, Failure::auth);
  EXPECT_LT(Clock::now() - before, std::chrono::seconds(20)) << "stopped, it never answers";
}

TEST(SshConnection, LogsInWithAPasswordByBothMethods) {
  for (const bool keyboard : {false, true}) {
    SshdOptions options;
    options.root_password = "correct horse";
    options.use_pam = keyboard;  // keyboard-interactive is PAM's
    options.lines = {keyboard ? "PasswordAuthentication no\nKbdInteractiveAuthentication yes"
                              : "PasswordAuthentication yes\nKbdInteractiveAuthentication no"};
    Sshd sshd(options);
    auto settings = with_key(sshd, "");
    settings.password = "correct horse";
    const Outcome good = SshClient(settings, sshd.known_hosts()).ask("x");
    EXPECT_TRUE(good.ok()) << good.problem.message << sshd.log();
    EXPECT_THAT(sshd.log(), HasSubstr(keyboard ? "Accepted keyboard-interactive" : "Accepted password"));
    settings.password = "wrong";
    const Outcome wrong = SshClient(settings, sshd.known_hosts()).ask("x");
    EXPECT_EQ(wrong.problem.failure, Failure::auth) << wrong.problem.message;
    EXPECT_THAT(wrong.problem.message, HasSubstr("the password was refused"));
  }
}

TEST(SshConnection, SaysThatAServerTakesNoPassword) {
  SshdOptions options;
  options.lines = {"PasswordAuthentication no", "KbdInteractiveAuthentication no"};
  Sshd sshd(options);
  auto settings = with_key(sshd, "");
  settings.password = "correct horse";
  const Outcome outcome = SshClient(settings, sshd.known_hosts()).ask("x");
  EXPECT_EQ(outcome.problem.failure, Failure::auth);
  EXPECT_THAT(outcome.problem.message, HasSubstr("takes no password (it offers: publickey)"));
}

TEST(SshConnection, ReachesAHostByIpv6) {
  SshdOptions options;
  options.address = "::1";
  Sshd sshd(options);
  auto settings = SshClient::settings_for(sshd);
  settings.address = "::1";
  const Outcome outcome = SshClient(settings, sshd.known_hosts()).ask("x");
  EXPECT_TRUE(outcome.ok()) << outcome.problem.message;
}

TEST(SshConnection, BacksOffAfterARefusedKeyAndSaysHowToAllowIt) {
  Sshd sshd;
  test::make_key(sshd.file("stranger"), "ed25519");
  SshClient client(with_key(sshd, sshd.file("stranger")), sshd.known_hosts());
  Outcome outcome = client.ask("x");
  EXPECT_EQ(outcome.problem.failure, Failure::auth);
  EXPECT_TRUE(outcome.attempted);
  EXPECT_THAT(outcome.problem.message,
              AllOf(HasSubstr("pve1 (127.0.0.1 port "), HasSubstr("ssh-copy-id -p ")));
  const int tries = count(sshd.log(), "Connection from");
  for (int i = 0; i < 20; ++i) {
    outcome = client.ask("x");
    EXPECT_EQ(outcome.problem.failure, Failure::auth);
    EXPECT_FALSE(outcome.attempted);
    EXPECT_THAT(outcome.problem.message, HasSubstr("the next try is in "));
  }
  EXPECT_EQ(count(sshd.log(), "Connection from"), tries);
  // The negative control: without the back-off the server hears from us again.
  client.connection().forget_backoff();
  EXPECT_TRUE(client.ask("x").attempted);
  EXPECT_GT(count(sshd.log(), "Connection from"), tries);
}

TEST(SshConnection, SaysWhatMendsAnRsaKeyWithoutConnecting) {
  Sshd sshd;
  test::make_key(sshd.file("rsa"), "rsa");
  const Outcome outcome = SshClient(with_key(sshd, sshd.file("rsa")), sshd.known_hosts()).ask("x");
  EXPECT_EQ(outcome.problem.failure, Failure::auth);
  EXPECT_THAT(outcome.problem.message, HasSubstr("ssh-keygen -t ed25519"));
}

TEST(SshConnection, SaysWhatMendsAHostThatHasOnlyAnRsaHostKey) {
  SshdOptions options;
  options.host_key_types = {"rsa"};
  Sshd sshd(options);
  auto settings = SshClient::settings_for(sshd);
  const Outcome unknown = SshClient(settings, "").ask("x");
  EXPECT_EQ(unknown.problem.failure, Failure::handshake);
  EXPECT_THAT(unknown.problem.message,
              HasSubstr("ssh-keygen -t ed25519 -N '' -f /etc/ssh/ssh_host_ed25519_key"));
  const Outcome listed = SshClient(settings, sshd.known_hosts()).ask("x");
  EXPECT_EQ(listed.problem.failure, Failure::host_key_unknown);
  EXPECT_THAT(listed.problem.message, AllOf(HasSubstr("ssh-rsa"), HasSubstr("ssh-keyscan -t ed25519")));
}

TEST(SshConnection, AsksForTheHostKeyTypesThatAreKnown) {
  Sshd sshd;  // it has both; the library would choose ecdsa by itself
  for (const char* type : {"ed25519", "ecdsa"}) {
    const Outcome outcome = SshClient(SshClient::settings_for(sshd), sshd.known_hosts(type)).ask("x");
    EXPECT_TRUE(outcome.ok()) << type << ": " << outcome.problem.message;
  }
}

TEST(SshConnection, RefusesAChangedHostKeyBeforeAnyLogin) {
  Sshd sshd;
  const std::string known = sshd.known_hosts("ed25519");
  sshd.replace_host_key("ed25519");
  auto settings = SshClient::settings_for(sshd);
  settings.accept_new = true;  // means new hosts, never changed ones
  SshClient client(settings, known);
  const Outcome outcome = client.ask("x");
  EXPECT_EQ(outcome.problem.failure, Failure::host_key_changed);
  EXPECT_THAT(outcome.problem.message, HasSubstr("accept-host-key"));
  EXPECT_EQ(test::read_text(client.known_hosts_file()), known);
  // sshd tells of a login that was begun ("[preauth]" with a user's name); here it must know of none.
  ASSERT_TRUE(client.run_until([&] { return sshd.log().find("[preauth]") != std::string::npos; }));
  EXPECT_THAT(sshd.log(), AllOf(Not(HasSubstr("user root")), Not(HasSubstr("userauth"))));
}

TEST(SshConnection, RefusesARevokedHostKey) {
  Sshd sshd;
  const std::string known = sshd.known_hosts("ed25519");
  const auto key = known.substr(known.find(' ') + 1);
  const Outcome outcome = SshClient(SshClient::settings_for(sshd), known + "@revoked * " + key).ask("x");
  EXPECT_EQ(outcome.problem.failure, Failure::host_key_changed);
  EXPECT_THAT(outcome.problem.message, HasSubstr("revokes"));
}

TEST(SshConnection, RefusesAnUnknownHostKeyUnlessNewOnesAreAccepted) {
  Sshd sshd;
  auto settings = SshClient::settings_for(sshd);
  SshClient strict(settings, "");
  const Outcome refused = strict.ask("x");
  EXPECT_EQ(refused.problem.failure, Failure::host_key_unknown);
  EXPECT_THAT(refused.problem.message, AllOf(HasSubstr("ssh-keyscan -t ed25519 -p "), HasSubstr("SHA256:")));
  EXPECT_EQ(test::read_text(strict.known_hosts_file()), "");

  settings.accept_new = true;
  SshClient trusting(settings, "");
  EXPECT_TRUE(trusting.ask("x").ok());
  const std::string recorded = test::read_text(trusting.known_hosts_file());
  EXPECT_EQ(recorded, known_hosts_line("127.0.0.1", sshd.port(),
                                       *fetch_host_key("127.0.0.1", sshd.port(), std::chrono::seconds(5))));
  sshd.stop();
  ASSERT_TRUE(trusting.run_until([&] { return !trusting.connection().connected(); }));
  sshd.start();
  EXPECT_TRUE(trusting.ask("y").ok());
  EXPECT_EQ(test::read_text(trusting.known_hosts_file()), recorded);  // recorded once
}

TEST(SshConnection, DoesNotTakeANewKeyTypeOfAKnownHostForANewHost) {
  SshdOptions options;
  options.host_key_types = {"ecdsa"};
  Sshd sshd(options);
  const std::string ed = sshd.file("former");
  test::make_key(ed, "ed25519");
  auto settings = SshClient::settings_for(sshd);
  settings.accept_new = true;
  SshClient client(settings,
                   "[127.0.0.1]:" + std::to_string(sshd.port()) + " " + test::read_text(ed + ".pub"));
  const Outcome outcome = client.ask("x");
  EXPECT_EQ(outcome.problem.failure, Failure::handshake);
  EXPECT_THAT(outcome.problem.message, HasSubstr("no host key of the types listed"));
}

TEST(SshConnection, ExplainsThatCertificateAuthoritiesDoNotCount) {
  Sshd sshd;
  const std::string known = sshd.known_hosts("ed25519");
  const Outcome outcome = SshClient(SshClient::settings_for(sshd), "@cert-authority " + known).ask("x");
  EXPECT_EQ(outcome.problem.failure, Failure::host_key_unknown);
  EXPECT_THAT(outcome.problem.message, HasSubstr("@cert-authority"));
}

TEST(SshConnection, GetsTheSameAnswersFromAForcedCommand) {
  test::TemporaryFolder folder;
  test::write_text(folder.file("installed.sh"), "#!/bin/sh\necho noise\n" + test::kEchoScript, 0700);
  SshdOptions options;
  options.forced_command = folder.file("installed.sh");
  Sshd sshd(options);
  auto settings = SshClient::settings_for(sshd);
  settings.script = "echo the script that was sent must not run\n";
  SshClient client(settings, sshd.known_hosts());
  EXPECT_EQ(client.ask("one").answer, "noise\nbegin one end\n");
  EXPECT_EQ(client.ask("two").answer, "begin two end\n");
}

TEST(SshConnection, SendsAScriptWithEveryKindOfCharacterUnchanged) {
  Sshd sshd;
  auto settings = SshClient::settings_for(sshd);
  std::string script = "# '\"`$\\!*? \xc3\xa4 \xff\n";
  for (int i = 0; i < 3000; ++i) script += "# a long script, longer than a pipe holds\n";
  settings.script = script + test::kEchoScript;
  EXPECT_EQ(SshClient(settings, sshd.known_hosts()).ask("x").answer, "begin x end\n");
}

TEST(SshLibrary, OffersOnlyWhatItCanCheck) {
  EXPECT_THAT(all_host_key_algorithms(),
              AllOf(testing::StartsWith("ssh-ed25519,"), Not(HasSubstr("ssh-rsa"))));
  EXPECT_EQ(algorithms_for({"ssh-ed25519", "ssh-dss"}), "ssh-ed25519");
  EXPECT_EQ(algorithms_for({"ssh-rsa"}).empty(), !can_sign_with_rsa());
}

}  // namespace
}  // namespace pcb::ssh
