// The options of config.yaml as a list: for the documents, for tests, and for comparing two configurations.
//
// Pure. Made from the tables in config_fields.h, so it cannot differ from what is read.
// Tested by tests/cluster/config_options_test.cpp.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "cluster/config.h"

namespace pcb {

struct ConfigOption {
  std::string path;                // "proxmox_hosts[].cpu_threshold", "guests[lxc/N].cpu_threshold"
  std::string allowed;             // "percent, above 1 up to 100"
  std::string default_text;        // as it would stand in the file; what holds instead, where it has no value
  bool has_default_value = false;  // default_text can be written in the file as it is
  bool required = false;
  bool live = true;     // SIGHUP suffices; else the program must be started again
  bool unused = false;  // read and checked, but no program of this version heeds it
  bool section = false;
  bool secret = false;  // may also be given as path + "_file"
  std::string tells;
};
std::vector<ConfigOption> config_options();

std::string configuration_page();     // docs/configuration.md
std::string configuration_example();  // /config.yaml, the manual in the form of the file itself

// Why a key of the older versions has no meaning here; nullopt when it never had one. `path` may hold
// indices.
std::optional<std::string> why_no_longer_used(std::string_view path);

// What a reload changes. Paths only: values may be secrets.
struct ConfigChange {
  std::string path;  // "proxmox_hosts[pve1].port"
  bool live = true;  // false: takes effect at the next start
};
std::string describe(const ConfigChange& change);  // "proxmox_hosts[pve1].port has changed: taken now"
std::vector<ConfigChange> config_changes(const Config& before, const Config& after);

}  // namespace pcb
