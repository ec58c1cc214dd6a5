// Walking a YAML tree with the tables of config_fields.h: the inside of read_config().
//
// Pure. OptionReader reads one map; it notes every fault and goes on, so that all are shown at once. Places
// of keys are kept for the checks that look at several options (config_checks.cpp). Tested by
// tests/cluster/config_read_test.cpp.
#pragma once

#include <map>
#include <set>
#include <string>

#include "cluster/config_read.h"
#include "cluster/config_values.h"
#include "common/yaml_tree.h"

namespace pcb {

struct ConfigWalk {
  ConfigReading reading;
  const SecretSource& secrets;
  std::string_view credentials_directory;
  SecretsOf needed;
  std::map<std::string, TextPlace> places;  // by path of the key

  void fault(TextPlace place, const std::string& key, std::string message);
  void warn(TextPlace place, const std::string& key, std::string message);
  [[nodiscard]] bool needs_secret(std::string_view key) const;
  // At the option itself, or at the nearest section around it that the file has.
  [[nodiscard]] TextPlace place_of(std::string key) const;
};

// Faults that no single option shows: names that clash, settings that exclude each other.
void check_config(ConfigWalk& walk);

}  // namespace pcb
