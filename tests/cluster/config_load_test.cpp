// load_config(): the permissions of files with secrets. Changes owners, so it must run as root, as the lab
// does.
#include <cstdlib>
#include <filesystem>
#include <fstream>

#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cluster/config_read.h"
#include "tests/support/temporary_folder.h"

namespace pcb {
namespace {

constexpr const char* kPlain = "cluster: homelab\nproxmox_hosts: [{name: pve1, key_path: /k}]\n";
constexpr const char* kWithSecret = "cluster: homelab\nproxmox_hosts: [{name: pve1, password: canary}]\n";
constexpr uid_t kNobody = 65534;

class ConfigLoad : public testing::Test {
 protected:
  void SetUp() override { unsetenv("CREDENTIALS_DIRECTORY"); }
  void TearDown() override { unsetenv("CREDENTIALS_DIRECTORY"); }

  std::string write(const std::string& name, const std::string& text, mode_t mode = 0600) {
    std::string path = folder_.write(name, text);
    EXPECT_EQ(chmod(path.c_str(), mode), 0);
    return path;
  }
  std::string with_password_file(const std::string& path) {
    return write("config.yaml",
                 "cluster: homelab\nproxmox_hosts: [{name: pve1, password_file: '" + path + "'}]\n", 0644);
  }
  static std::string result_of(const std::string& path) {
    const Result<Config> config = load_config(path);
    return config.ok() ? "loaded" : config.error().message;
  }

  test::TemporaryFolder folder_;
};

TEST_F(ConfigLoad, AFileWithoutSecretsMayBeReadByEveryone) {
  EXPECT_EQ(result_of(write("config.yaml", kPlain, 0644)), "loaded");
}

TEST_F(ConfigLoad, AFileWithASecretMustBePrivate) {
  for (const mode_t mode : {0600U, 0400U}) {
    EXPECT_EQ(result_of(write("config.yaml", kWithSecret, mode)), "loaded") << std::oct << mode;
  }
  for (const mode_t mode : {0640U, 0604U, 0644U, 0620U, 0602U, 0660U, 0666U, 0700U, 0610U}) {
    const std::string path = write("config.yaml", kWithSecret, mode);
    char octal[8];
    std::snprintf(octal, sizeof octal, "0%o", mode);
    EXPECT_EQ(result_of(path), path + " holds a secret and has mode " + octal + "; run chmod 0600 " + path +
                                   ", or move the secret into a file of its own (password_file)");
  }
}

TEST_F(ConfigLoad, AFileWithASecretMustBelongToUsOrRoot) {
  const std::string path = write("config.yaml", kWithSecret);
  ASSERT_EQ(chown(path.c_str(), kNobody, kNobody), 0) << "this test needs root";
  EXPECT_EQ(result_of(path),
            path +
                " holds a secret and belongs to user 65534; run chown to the program's own user (0) or "
                "root, or move the secret into a file of its own (password_file)");
}

TEST_F(ConfigLoad, AFileWithASecretMustNotLieWhereEveryoneWrites) {
  const std::string path = write("config.yaml", kWithSecret);
  for (const mode_t mode : {0702U, 0777U, 01777U}) {
    ASSERT_EQ(chmod(folder_.path().c_str(), mode), 0);
    EXPECT_NE(result_of(path).find("lies in " + folder_.path() + ", in which everyone may write"),
              std::string::npos);
  }
  ASSERT_EQ(chmod(folder_.path().c_str(), 0755), 0);
  EXPECT_EQ(result_of(path), "loaded");
}

TEST_F(ConfigLoad, ASecretsFileObeysTheSameRules) {
  const std::string secret = write("secret", "canary\n");
  const std::string config = with_password_file(secret);
  ASSERT_EQ(load_config(config).value().proxmox_hosts.at(0).password.reveal(), "canary");
  write("secret", "canary\n", 0644);
  EXPECT_EQ(result_of(config), config + ":2:45: proxmox_hosts[0].password_file: " + secret +
                                   " holds a secret and has mode 0644; run chmod 0600 " + secret);
  write("secret", "canary\n", 0600);
  ASSERT_EQ(chown(secret.c_str(), kNobody, kNobody), 0) << "this test needs root";
  EXPECT_NE(result_of(config).find("belongs to user 65534"), std::string::npos);
}

TEST_F(ConfigLoad, ASecretsFileIsAFile) {
  const std::string config = with_password_file(folder_.file("secret"));
  EXPECT_NE(result_of(config).find("/secret: No such file or directory"), std::string::npos);
  write("elsewhere", "canary\n");
  ASSERT_EQ(symlink((folder_.file("elsewhere")).c_str(), (folder_.file("secret")).c_str()), 0);
  EXPECT_NE(result_of(config).find("it is a symbolic link"), std::string::npos);
  ASSERT_EQ(unlink((folder_.file("secret")).c_str()), 0);
  ASSERT_EQ(mkfifo((folder_.file("secret")).c_str(), 0600), 0);
  EXPECT_NE(result_of(config).find("it is not a regular file"), std::string::npos);
  ASSERT_EQ(unlink((folder_.file("secret")).c_str()), 0);
  ASSERT_EQ(mkdir((folder_.file("secret")).c_str(), 0700), 0);
  EXPECT_NE(result_of(config).find("it is not a regular file"), std::string::npos);
  ASSERT_EQ(rmdir((folder_.file("secret")).c_str()), 0);
  write("secret", std::string(70000, 'x'));
  EXPECT_NE(result_of(config).find("it is larger than 65536 bytes"), std::string::npos);
}

// systemd shows a credential to the service's user by an access list, whose mask looks like a group's right.
TEST_F(ConfigLoad, CredentialsOfSystemdAreTakenAsTheyAre) {
  ASSERT_EQ(setenv("CREDENTIALS_DIRECTORY", folder_.path().c_str(), 1), 0);
  write("pve1", "canary\n", 0440);
  EXPECT_EQ(result_of(with_password_file("${CREDENTIALS_DIRECTORY}/pve1")), "loaded");
  ASSERT_EQ(mkdir((folder_.file("inner")).c_str(), 0700), 0);
  ASSERT_EQ(setenv("CREDENTIALS_DIRECTORY", (folder_.file("inner")).c_str(), 1), 0);
  EXPECT_NE(result_of(with_password_file("${CREDENTIALS_DIRECTORY}/../pve1")).find("has mode 0440"),
            std::string::npos);
}

// One file for two programs that run as two users: neither can read the other's secrets, nor has to.
TEST_F(ConfigLoad, OnlyTheProgramsOwnSecretsMustBeThere) {
  const std::string mine = write("mine", "canary\n");
  const auto config_with = [&](const std::string& password, const std::string& token) {
    return write("config.yaml", "cluster: homelab\nproxmox_hosts: [{name: pve1, password_file: '" + password +
                                    "'}]\nevaluator: {mode: suggest, webhook: {bearer_token_file: '" + token +
                                    "'}}\n");
  };
  const auto loads = [&](const std::string& path, SecretsOf needed) {
    const Result<Config> config = load_config(path, nullptr, needed);
    return config.ok() ? config->proxmox_hosts.at(0).password.reveal() + "/" +
                             config->evaluator.webhook_auth.bearer_token.reveal()
                       : "refused";
  };
  for (const std::string& other : {folder_.file("absent"), std::string("${CREDENTIALS_DIRECTORY}/token")}) {
    std::string path = config_with(mine, other);
    EXPECT_EQ(loads(path, SecretsOf::exporter), "canary/");
    EXPECT_EQ(loads(path, SecretsOf::neither), "canary/");
    EXPECT_EQ(loads(path, SecretsOf::evaluator), "refused");
    EXPECT_EQ(loads(path, SecretsOf::both), "refused");
    path = config_with(other, mine);
    EXPECT_EQ(loads(path, SecretsOf::exporter), "refused");
    EXPECT_EQ(loads(path, SecretsOf::evaluator), "/canary");
  }
}

TEST_F(ConfigLoad, WhatCannotBeReadSaysWhy) {
  const std::string cure = "; name the configuration with --config FILE";
  EXPECT_EQ(result_of(folder_.file("none.yaml")),
            "cannot read " + folder_.file("none.yaml: No such file or directory") + cure);
  EXPECT_EQ(result_of(folder_.path()), "cannot read " + folder_.path() + ": it is not a regular file" + cure);
  EXPECT_EQ(result_of("/dev/zero"), "cannot read /dev/zero: it is not a regular file" + cure);
  EXPECT_EQ(result_of(write("big.yaml", std::string((1U << 20U) + 1, '#'))),
            "cannot read " + folder_.file("big.yaml: it is larger than 1048576 bytes") + cure);
}

TEST_F(ConfigLoad, FaultsAndPermissionsComeTogether) {
  const std::string path = write("config.yaml", std::string(kWithSecret) + "ssh: {accept_new: yes}\n", 0644);
  const std::string result = result_of(path);
  EXPECT_TRUE(result.starts_with(path + ":3:19: ssh.accept_new: found \"yes\", allowed: true or false\n"))
      << result;
  EXPECT_NE(result.find("has mode 0644"), std::string::npos);
  EXPECT_EQ(result.find("canary"), std::string::npos);
}

TEST_F(ConfigLoad, WarningsAreGivenBesideTheConfiguration) {
  std::string warnings;
  ASSERT_TRUE(load_config(write("config.yaml", std::string(kPlain) + "dry_run: true\n"), &warnings).ok());
  EXPECT_EQ(warnings, folder_.path() +
                          "/config.yaml:3:1: dry_run: no longer used, because evaluator.mode: suggest is the "
                          "default and moves nothing");
}

}  // namespace
}  // namespace pcb
