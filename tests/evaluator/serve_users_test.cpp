// The commands that decide, by somebody who logs in with a user's password, from a file or at the terminal.
#include <filesystem>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <pty.h>
#include <sys/wait.h>
#include <termios.h>
#include <unistd.h>

#include "tests/evaluator/serve_access_fixture.h"

namespace pcb {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;

class ServeUsers : public ServeAccess {
 protected:
  std::string password_file(const std::string& password) {
    test::write_text(folder_.file("password"), password);
    return folder_.file("password");
  }
  Finished command(std::vector<std::string> words) {
    words.insert(words.end(), {"--config", config_});
    return run_program(std::move(words));
  }
  // At a terminal of its own, where somebody types the password once it is asked for and not shown any more.
  Finished at_a_terminal(std::vector<std::string> words, const std::string& password) {
    words.insert(words.begin(), kProgram);
    words.insert(words.end(), {"--config", config_});
    std::vector<char*> arguments;
    arguments.reserve(words.size() + 1);
    for (std::string& word : words) arguments.push_back(word.data());
    arguments.push_back(nullptr);
    int terminal = -1;
    const pid_t child = ::forkpty(&terminal, nullptr, nullptr, nullptr);
    if (child == 0) {
      ::execv(arguments[0], arguments.data());
      ::_exit(127);
    }
    EXPECT_TRUE(wait_until([&] {
      termios now{};
      return ::tcgetattr(terminal, &now) == 0 && (now.c_lflag & static_cast<tcflag_t>(ECHO)) == 0;
    })) << "the password would be shown";
    const std::string typed = password + "\n";
    EXPECT_EQ(::write(terminal, typed.data(), typed.size()), static_cast<ssize_t>(typed.size()));
    Finished finished;
    char buffer[512];
    for (ssize_t got = 0; (got = ::read(terminal, buffer, sizeof buffer)) > 0;)
      finished.output.append(buffer, static_cast<std::size_t>(got));
    int status = 0;
    ::waitpid(child, &status, 0);
    ::close(terminal);
    finished.code = WIFEXITED(status) ? WEXITSTATUS(status) : -1;
    return finished;
  }
  [[nodiscard]] bool button_is_pressed() const {
    return std::filesystem::exists(folder_.file("state") + "/STOP");
  }
};

TEST_F(ServeUsers, AnOperatorDecidesByPasswordAndIsRecordedByName) {
  const auto program = start_with_users();
  const std::string file = password_file("opensesame");
  const Finished paused = command({"pause", "--user", "ann", "--password-file", file, "--reason", "smoke"});
  EXPECT_EQ(paused.code, 0) << paused.output;
  EXPECT_TRUE(button_is_pressed());
  const Finished history = command({"history", "--user", "ann", "--password-file", file});
  EXPECT_THAT(history.output, AllOf(HasSubstr("ann"), HasSubstr("pressed: smoke")));
  EXPECT_EQ(command({"resume", "--user", "ann", "--password-file", file}).code, 0);
  EXPECT_FALSE(button_is_pressed());
  EXPECT_EQ(command({"pause"}).code, 0) << "who holds the token needs no password";
}

TEST_F(ServeUsers, AViewerAndAWrongPasswordDecideNothing) {
  const auto program = start_with_users();
  const Finished viewer = command({"pause", "--user", "bob", "--password-file", password_file("hi")});
  EXPECT_EQ(viewer.code, 1);
  EXPECT_THAT(viewer.output, HasSubstr("bob may look, but not decide"));
  const Finished wrong = command({"pause", "--user", "ann", "--password-file", password_file("hi")});
  EXPECT_EQ(wrong.code, 1);
  EXPECT_THAT(wrong.output, HasSubstr("does not know the user ann with this password"));
  EXPECT_FALSE(button_is_pressed());
  const Finished neither = command({"resume", "--user", "ann"});
  EXPECT_EQ(neither.code, 1);
  EXPECT_THAT(neither.output, HasSubstr("--password-file"));
  EXPECT_EQ(command({"pause", "--user", "ann", "--token-file", "/dev/null"}).code, 2);
  EXPECT_EQ(command({"pause", "--user", "ann", "--password", "opensesame"}).code, 2)
      << "a password on the command line is seen by others";
}

TEST_F(ServeUsers, ThePasswordIsAskedForAtTheTerminalAndNotShown) {
  const auto program = start_with_users();
  const Finished paused = at_a_terminal({"pause", "--user", "ann"}, "opensesame");
  EXPECT_EQ(paused.code, 0) << paused.output;
  EXPECT_TRUE(button_is_pressed());
  EXPECT_THAT(paused.output,
              AllOf(HasSubstr("Password of ann: "), HasSubstr("paused"), Not(HasSubstr("opensesame"))));
  EXPECT_EQ(at_a_terminal({"resume", "--user", "ann"}, "wrong").code, 1);
  EXPECT_TRUE(button_is_pressed());
}

}  // namespace
}  // namespace pcb
