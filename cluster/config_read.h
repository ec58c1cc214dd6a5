// Reading config.yaml: strictly, and with all faults at once.
//
// Pure but for the one function that says so. Each fault has line:column, the key, what was found and what is
// allowed; unknown keys get the nearest known one, keys of the seed's older versions get "no longer used,
// because …", thresholds below 1 get the hint to write percent. Input is capped (1 MiB, depth 16, no
// aliases). Tested by tests/cluster/config_read_test.cpp and the files in tests/cluster/bad_configs/.
#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "cluster/config.h"
#include "common/result.h"

namespace pcb {

struct ConfigFault {
  int line = 0;  // from 1
  int column = 0;
  std::string key;      // "proxmox_hosts[1].cpu_threshold"
  std::string message;  // what was found, what is allowed
};

struct ConfigReading {
  Config config;
  std::vector<ConfigFault> faults;  // not empty: the config must not be used
  std::vector<ConfigFault> warnings;
  bool holds_secret = false;  // a secret stands in the file itself
};

// Whose secrets must be there. Both programs read one file, and each may hold its own secrets only: one of
// the other program's that cannot be read is left empty. The exporter's are those of proxmox_hosts, the
// evaluator's all others; a command that talks to a running program needs none.
enum class SecretsOf { both, exporter, evaluator, neither };

// Gives the text of a secret's file ("*_file" keys, "${CREDENTIALS_DIRECTORY}/name" already expanded).
using SecretSource = std::function<Result<std::string>(const std::string& path)>;

// `credentials_directory`: what $CREDENTIALS_DIRECTORY holds, empty when it is not set.
ConfigReading read_config(std::string_view yaml_text, const SecretSource& secrets,
                          std::string_view credentials_directory = {}, SecretsOf needed = SecretsOf::both);

// "config.yaml:7:5: proxmox_hosts[1].cpu_threshold: found 0.8, …", one line per fault. Never shows a secret.
std::string describe_faults(std::string_view file_name, const std::vector<ConfigFault>& faults);

// Reads the file, checks its permissions where it holds secrets, reads the files of secrets. Touches the disk
// and the environment ($CREDENTIALS_DIRECTORY). Warnings ("no longer used, because …"), one a line, go to
// `warnings`.
Result<Config> load_config(const std::string& path, std::string* warnings = nullptr,
                           SecretsOf needed = SecretsOf::both);

}  // namespace pcb
