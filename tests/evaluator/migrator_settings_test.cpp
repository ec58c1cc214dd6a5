// Who logs in to start migrations: the host's own user, or one that can do nothing else.
#include <gtest/gtest.h>

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

}  // namespace
}  // namespace pcb
