// --check --connect against real sshd: every host is this machine.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "exporter/collect_request.h"
#include "exporter/poller/check.h"
#include "exporter/poller/poller.h"
#include "tests/support/sshd.h"

namespace pcb {
namespace {

using testing::AllOf;
using testing::HasSubstr;
using testing::Not;

// One host of that name, reached by that sshd.
Config config_with(const std::string& name, const test::Sshd& sshd, const test::TemporaryFolder& folder) {
  test::write_text(folder.file("known_hosts"), sshd.known_hosts());
  Config config;
  config.ssh.known_hosts_path = folder.file("known_hosts");
  HostConfig host;
  host.name = name;
  host.address = "127.0.0.1";
  host.port = sshd.port();
  host.user = "root";
  host.key_path = sshd.key();
  config.proxmox_hosts = {host};
  return config;
}

TEST(PollerCheck, AHostUnderAnotherNameIsReadAndNamedAsItIsConfigured) {
  const test::TemporaryFolder folder;
  const test::Sshd sshd;
  testing::internal::CaptureStdout();
  const int code = check(config_with("office", sshd, folder), true, {});
  const std::string printed = testing::internal::GetCapturedStdout();
  EXPECT_EQ(code, 0);
  EXPECT_THAT(printed, AllOf(HasSubstr("office: good"), Not(HasSubstr("FAILED"))));
  EXPECT_THAT(printed, HasSubstr("the host configured as office calls itself"));
}

TEST(PollerCheck, AnAnswerOfAnotherScriptIsCountedAsSuch) {
  const test::TemporaryFolder folder;
  test::write_text(folder.file("other"),
                   "#!/bin/sh\nwhile read -r v nonce s; do printf '\\n@@%s error protocol\\n' $nonce; done\n",
                   0700);
  test::SshdOptions options;
  options.forced_command = folder.file("other");
  const test::Sshd sshd(options);
  auto poller =
      Poller::create(poller_settings(config_with("pve1", sshd, folder), node_collect_script(), "test", {}));
  ASSERT_TRUE(poller.ok());
  const auto collected = (*poller)->collect_once(std::chrono::milliseconds(0));
  ASSERT_EQ(collected.self.hosts.size(), 1U);
  const std::map<FailureReason, double> once{{FailureReason::script, 1}};
  EXPECT_EQ(collected.self.hosts[0].ssh_failures, once);
}

TEST(PollerCheck, AKeyThatCannotBeFetchedIsToldWithTheWayToIt) {
  const test::TemporaryFolder folder;
  const test::Sshd sshd;
  Config config = config_with("pve1", sshd, folder);
  config.proxmox_hosts[0].port = test::free_port();
  const auto printed = [&](const std::string& host) {
    testing::internal::CaptureStdout();
    EXPECT_NE(accept_host_key(config, host, ""), 0);
    return testing::internal::GetCapturedStdout();
  };
  EXPECT_THAT(printed("pve9"), AllOf(HasSubstr("there are: pve1."), HasSubstr("--check --connect")));
  EXPECT_THAT(printed("pve1"), AllOf(HasSubstr("connection refused"), Not(HasSubstr("jump host"))));
  config.ssh.jump = "bastion";
  EXPECT_THAT(printed("pve1"), HasSubstr("does not go through the jump host bastion"));
}

}  // namespace
}  // namespace pcb
