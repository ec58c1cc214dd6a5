// How a migrator reaches the hosts of a lab, and rules for it that do not wait long. Tests of moves use it,
// and the programs that they start.
#pragma once

#include <chrono>
#include <fstream>
#include <string>

#include "evaluator/decide/migration.h"
#include "evaluator/trigger/migrate.h"

namespace pcb::test {

inline MigratorSettings hosts_of_lab(const std::string& directory) {
  MigratorSettings settings;
  std::ifstream state(directory + "/state");
  for (std::string word; state >> word;) {
    if (word != "host") continue;
    ssh::ConnectionSettings host;
    state >> host.name >> host.address;
    host.key_path = directory + "/id_ed25519";
    host.known_hosts_path = directory + "/known_hosts";
    host.connect_timeout = std::chrono::seconds(20);
    settings.hosts.push_back(host);
  }
  settings.call_limit = std::chrono::seconds(30);
  return settings;
}

inline MigrationRules quick_rules() {
  MigrationRules rules;
  rules.settle_seconds = 0.5;
  rules.ha_settle_seconds = 2;
  rules.start_doubt_seconds = 8;
  rules.start_again_seconds = 10;
  return rules;
}

}  // namespace pcb::test
