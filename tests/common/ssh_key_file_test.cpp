// Keys made by the real ssh-keygen, with every fault that keeps one from being used.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/ssh/key_file.h"
#include "tests/support/sshd.h"

namespace pcb::ssh {
namespace {

using test::make_key;
using test::read_text;
using test::TemporaryFolder;
using test::write_text;
using testing::AllOf;
using testing::HasSubstr;

std::string fault_of(const std::string& path) {
  auto key = read_private_key(path);
  return key.ok() ? "none" : key.error().message;
}

TEST(SshKeyFile, KnowsTheTypeWithoutThePassphrase) {
  const TemporaryFolder folder;
  make_key(folder.file("ed"), "ed25519");
  make_key(folder.file("ec"), "ecdsa");
  make_key(folder.file("locked"), "ed25519", "secret words");
  const auto ed = read_private_key(folder.file("ed"));
  ASSERT_TRUE(ed.ok()) << ed.error().message;
  EXPECT_EQ(ed->type, "ssh-ed25519");
  EXPECT_FALSE(ed->encrypted);
  const auto ec = read_private_key(folder.file("ec"));
  ASSERT_TRUE(ec.ok()) << ec.error().message;
  EXPECT_EQ(ec->type, "ecdsa-sha2-nistp256");
  const auto locked = read_private_key(folder.file("locked"));
  ASSERT_TRUE(locked.ok()) << locked.error().message;
  EXPECT_EQ(locked->type, "ssh-ed25519");
  EXPECT_TRUE(locked->encrypted);
}

TEST(SshKeyFile, RefusesAnRsaKeyWithTheCommandThatMakesABetterOne) {
  const TemporaryFolder folder;
  make_key(folder.file("rsa"), "rsa");
  test::run({"/usr/bin/ssh-keygen", "-q", "-t", "rsa", "-m", "PEM", "-N", "", "-f", folder.file("pem")});
  for (const char* name : {"rsa", "pem"}) {
    EXPECT_THAT(fault_of(folder.file(name)), AllOf(HasSubstr("RSA"), HasSubstr("ssh-keygen -t ed25519")))
        << name;
  }
}

TEST(SshKeyFile, RefusesAKeyThatOthersCanReadOrReplace) {
  const TemporaryFolder folder;
  const std::string path = folder.file("key");
  make_key(path, "ed25519");
  for (const mode_t mode : {0644U, 0640U, 0620U, 0604U}) {
    ::chmod(path.c_str(), mode);
    EXPECT_THAT(fault_of(path), AllOf(HasSubstr(path), HasSubstr("has mode 06"), HasSubstr("chmod 0600")))
        << mode;
  }
  for (const mode_t mode : {0600U, 0400U}) {
    ::chmod(path.c_str(), mode);
    EXPECT_EQ(fault_of(path), "none") << mode;
  }
  ::chmod(folder.path().c_str(), 0770);
  EXPECT_THAT(fault_of(path), HasSubstr("chmod go-w"));
  ::chmod(folder.path().c_str(), 0700);
  ASSERT_EQ(::chown(path.c_str(), 12345, 0), 0);
  EXPECT_THAT(fault_of(path), AllOf(HasSubstr("12345"), HasSubstr("chown")));
}

// systemd shows a credential to the service's user by an access list, whose mask looks like a group's right.
TEST(SshKeyFile, TakesACredentialOfSystemdAsItIs) {
  const TemporaryFolder folder;
  const std::string path = folder.file("key");
  make_key(path, "ed25519");
  ::chmod(path.c_str(), 0440);
  EXPECT_THAT(fault_of(path), HasSubstr("has mode 0440"));
  ::setenv("CREDENTIALS_DIRECTORY", folder.path().c_str(), 1);
  EXPECT_EQ(fault_of(path), "none");
  EXPECT_THAT(fault_of(folder.path() + "/../" + folder.path().substr(5) + "/key"),
              HasSubstr("has mode 0440"));
  ::chmod(path.c_str(), 0444);
  EXPECT_THAT(fault_of(path), HasSubstr("has mode 0444"));
  ::unsetenv("CREDENTIALS_DIRECTORY");
}

TEST(SshKeyFile, SaysWhatItFoundInstead) {
  const TemporaryFolder folder;
  make_key(folder.file("key"), "ed25519");
  EXPECT_THAT(fault_of(folder.file("absent")), HasSubstr("there is no key"));
  EXPECT_THAT(fault_of(folder.path()), HasSubstr("not a regular file"));
  write_text(folder.file("public"), read_text(folder.file("key.pub")));
  EXPECT_THAT(fault_of(folder.file("public")), HasSubstr("public key"));
  write_text(folder.file("words"), "not a key\n");
  EXPECT_THAT(fault_of(folder.file("words")), HasSubstr("is not a private key"));
  write_text(folder.file("huge"), std::string(1U << 20U, 'x'));
  EXPECT_THAT(fault_of(folder.file("huge")), HasSubstr("larger than"));
  ::mkfifo(folder.file("pipe").c_str(), 0600);
  EXPECT_THAT(fault_of(folder.file("pipe")), HasSubstr("not a regular file"));
}

TEST(SshKeyFile, NamesADamagedKeyWhereverItIsCut) {
  const TemporaryFolder folder;
  make_key(folder.file("key"), "ed25519");
  const std::string whole = read_text(folder.file("key"));
  const std::string head = whole.substr(0, whole.find('\n') + 1);
  for (std::size_t cut = head.size(); cut < head.size() + 120; ++cut) {
    const auto key = examine_private_key(whole.substr(0, cut) + "\n-----END OPENSSH PRIVATE KEY-----\n", "k");
    if (key.ok()) continue;  // cut behind the public half: libssh2 finds the rest missing
    EXPECT_THAT(key.error().message, HasSubstr("damaged")) << cut;
  }
  EXPECT_FALSE(examine_private_key(head + "AAAA\n-----END OPENSSH PRIVATE KEY-----\n", "k").ok());
}

}  // namespace
}  // namespace pcb::ssh
