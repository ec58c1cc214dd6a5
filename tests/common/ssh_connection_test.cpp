// Connection against real sshd: every way to log in, host keys, and what the far side runs.
#include <gtest/gtest.h>
#include <sys/stat.h>

#include "common/ssh/connection.h"
#include "tests/support/ssh_client.h"
#include "tests/support/sshd.h"

namespace pcb::ssh {
namespace {

using test::kEchoScript;
using test::SshClient;
using test::Sshd;

TEST(SshConnection, LogsInWithAnEd25519KeyAndAsksTheScriptAgainOverTheSameConnection) {
  Sshd sshd;
  SshClient client(sshd);
  EXPECT_EQ(client.ask("one").answer, "begin one end\n");
  EXPECT_EQ(client.ask("two").answer, "begin two end\n");
  EXPECT_EQ(client.connection().logins(), 1U);
}

}  // namespace
}  // namespace pcb::ssh
