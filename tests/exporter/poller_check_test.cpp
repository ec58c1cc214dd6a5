// --check --connect against real sshd: every host is this machine, or answers as a fixture does.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "exporter/collect_request.h"
#include "exporter/poller/check.h"
#include "exporter/poller/poller.h"
#include "tests/exporter/fixture.h"
#include "tests/support/sshd.h"

namespace pcb {
namespace {

using testing::AllOf;
using testing::ElementsAre;
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

// sshd of a host that answers every request with all that this tree has.
test::SshdOptions answering(const test::Tree& tree, const test::TemporaryFolder& folder) {
  CollectRequest everything;
  everything.configs = everything.cluster = everything.rrd = everything.df = true;
  test::write_text(folder.file("answer"), test::answer(tree, everything));
  test::write_text(folder.file("host"),
                   "#!/bin/sh\nwhile read -r verb nonce sets; do sed s/" + std::string(test::kNonce) +
                       "/$nonce/ " + folder.file("answer") + "; done\n",
                   0700);
  test::SshdOptions options;
  options.forced_command = folder.file("host");
  return options;
}

struct Checked {
  int code = 0;
  std::string printed;
};

Checked checked(const Config& config) {
  testing::internal::CaptureStdout();
  const int code = check(config, true, {});
  return {code, testing::internal::GetCapturedStdout()};
}

TEST(PollerCheck, AHostUnderAnotherNameIsReadAndNamedAsItIsConfigured) {
  const test::TemporaryFolder folder;
  const test::Sshd sshd;
  const auto found = checked(config_with("office", sshd, folder));
  EXPECT_THAT(found.printed, AllOf(HasSubstr("office: usable"), Not(HasSubstr("FAILED"))));
  EXPECT_THAT(found.printed, HasSubstr("the host configured as office calls itself"));
}

TEST(PollerCheck, AHostOfWhichNothingIsMissingIsGood) {
  const test::TemporaryFolder folder;
  const test::Sshd sshd(answering(test::load_tree("pve9/gamma"), folder));
  const auto found = checked(config_with("gamma", sshd, folder));
  EXPECT_EQ(found.code, 0) << found.printed;
  EXPECT_THAT(found.printed, AllOf(HasSubstr("\ngamma: good, Proxmox VE 9."), Not(HasSubstr("missing"))));
  EXPECT_THAT(found.printed, HasSubstr("\nalpha: not checked (a member of the cluster that is not in "));
  EXPECT_THAT(found.printed, HasSubstr("\n1 host checked: 1 good; not checked: 2 other members.\n"));
}

TEST(PollerCheck, AHostThatLacksASectionIsUsableAndNoMore) {
  const test::TemporaryFolder folder;
  auto tree = test::load_tree("pve9/gamma");
  tree["/proc/vmstat"] = "torn";
  tree["/etc/pve/.rrd"] = "";
  const test::Sshd sshd(answering(tree, folder));
  const auto found = checked(config_with("gamma", sshd, folder));
  EXPECT_EQ(found.code, 3) << found.printed;
  EXPECT_THAT(found.printed, HasSubstr("\ngamma: usable, 2 sections missing, Proxmox VE 9."));
  EXPECT_THAT(found.printed, HasSubstr("\n  rrd is missing: .rrd is empty"));
  EXPECT_THAT(found.printed, HasSubstr("\n1 host checked: 0 good, 1 usable with sections missing; not "));
}

TEST(PollerCheck, WhatAHostNeedNotHaveIsNotMissing) {
  const test::TemporaryFolder folder;
  auto tree = test::load_tree("pve9/gamma");
  for (const auto* optional :
       {"/proc/spl/kstat/zfs/arcstats", "/proc/pressure/cpu", "/proc/pressure/io", "/proc/pressure/memory",
        "/etc/pve/ha/manager_status", "/etc/pve/jobs.cfg", "/etc/pve/replication.cfg"}) {
    tree.erase(optional);
  }
  const test::Sshd sshd(answering(tree, folder));
  const auto found = checked(config_with("gamma", sshd, folder));
  EXPECT_EQ(found.code, 0) << found.printed;
  EXPECT_THAT(found.printed, HasSubstr("gamma: good"));
}

TEST(PollerCheck, MembersThatWereDiscoveredCountAsTheOthersDo) {
  SnapshotHost listed, discovered, unknown;
  listed.document.name = listed.configured_name = "pve1";
  discovered.document.name = discovered.configured_name = "pve2";
  unknown.document.name = "pve3";
  listed.up = listed.read = discovered.up = discovered.read = true;
  unknown.configured = false;
  HostConfig first;
  first.name = "pve1";
  Snapshot snapshot;
  snapshot.hosts = {listed, discovered, unknown};
  const std::string version = "Proxmox VE of unknown version, 0 guests", pve1 = "pve1: good, " + version;
  const std::string pve3 = "pve3: not checked (a member of the cluster that is not in proxmox_hosts)";
  auto found = findings_on(snapshot, {first});
  EXPECT_THAT(found.lines, ElementsAre(pve1, "pve2: good, " + version + ", found by exporter.discover", pve3,
                                       "2 hosts checked: 2 good; not checked: 1 other member."));
  EXPECT_EQ(found.exit_code, 0) << "nobody has asked for pve3";
  snapshot.hosts[1].up = false;
  snapshot.hosts[1].failure = FailureReason::auth;
  snapshot.hosts[1].failure_detail = "the key is not accepted";
  found = findings_on(snapshot, {first});
  EXPECT_THAT(found.lines, ElementsAre(pve1, "pve2: FAILED (auth)", "  the key is not accepted", pve3,
                                       "2 hosts checked: 1 good, 1 failed; not checked: 1 other member."));
  EXPECT_EQ(found.exit_code, 3);
  snapshot.hosts[0].failure = FailureReason::command_timeout;  // it was read, and then no more
  EXPECT_EQ(findings_on(snapshot, {first}).exit_code, 1);
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
