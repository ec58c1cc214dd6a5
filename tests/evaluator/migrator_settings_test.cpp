// Who logs in to start migrations: the host's own user, or one that can do nothing else; and that hosts are
// read once.
#include <gtest/gtest.h>

#include "cluster/config_options.h"
#include "evaluator/trigger/migrate.h"

namespace pcb {
namespace {

Config two_logins() {
  Config config;
  HostConfig host;
  host.name = "pve1";
  host.user = "balancer-read";
  host.key_path = "/keys/exporter";
  host.password = Secret{"canary"};
  host.key_passphrase = Secret{"canary"};
  config.proxmox_hosts.push_back(host);
  return config;
}

TEST(MigratorSettings, TakeTheHostsOwnLoginWhereThereIsNoOther) {
  const MigratorSettings settings = migrator_settings(two_logins());
  EXPECT_EQ(settings.hosts.at(0).user, "balancer-read");
  EXPECT_EQ(settings.hosts.at(0).key_path, "/keys/exporter");
  EXPECT_EQ(settings.hosts.at(0).password, "canary");
}

TEST(MigratorSettings, TheMigrationsOwnLoginTakesNothingOfTheExporters) {
  Config config = two_logins();
  config.evaluator.migrate_user = "balancer-migrate";
  config.evaluator.migrate_key_path = "/keys/evaluator";
  const MigratorSettings settings = migrator_settings(config);
  EXPECT_EQ(settings.hosts.at(0).user, "balancer-migrate");
  EXPECT_EQ(settings.hosts.at(0).key_path, "/keys/evaluator");
  EXPECT_EQ(settings.hosts.at(0).password, "");
  EXPECT_EQ(settings.hosts.at(0).key_passphrase, "");
}

TEST(MigratorSettings, AReloadDoesNotClaimToChangeThem) {
  Config later = two_logins();
  later.proxmox_hosts.push_back(later.proxmox_hosts[0]);
  later.proxmox_hosts[1].name = "pve2";
  later.ssh.jump = "pve1";
  later.evaluator.migrate_user = "balancer-migrate";
  const auto changes = config_changes(two_logins(), later);
  ASSERT_GE(changes.size(), 3U);
  for (const ConfigChange& change : changes) EXPECT_TRUE(is_read_at_the_start(change.path)) << change.path;
  EXPECT_FALSE(is_read_at_the_start("evaluator.mode"));
}

TEST(MigratorSettings, AHostThatCameLaterIsToldToNeedARestart) {
  Operation operation;
  operation.id = std::string(32, 'a');
  operation.guest = "lxc/101";
  operation.from = "pve1";
  operation.to = "pve2";
  operation.method = MoveMethod::restart;
  const Observation seen = SshMigrator::create({}).value()->look(operation);
  ASSERT_EQ(seen.unreachable.size(), 2U);
  EXPECT_NE(seen.unreachable[0].second.find("restart the evaluator"), std::string::npos);
}

}  // namespace
}  // namespace pcb
