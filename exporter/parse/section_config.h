// Reader of Proxmox's section files (storage.cfg, ha/*.cfg, replication.cfg, mapping/*.cfg) and of
// datacenter.cfg.
//
// Pure. "type: id" at column 0 opens a section, indented "key value" lines belong to it; a key may stand bare
// ("disable"). A file without its last line end is torn.
// Tested by tests/exporter/parse_pve_test.cpp.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "cluster/document.h"
#include "common/result.h"

namespace pcb {

struct ConfigSection {
  std::string type, id;
  std::vector<std::pair<std::string, std::string>> properties;  // in order: "map" of a mapping repeats

  [[nodiscard]] std::string_view get(std::string_view key) const;  // empty if absent
  [[nodiscard]] bool is_set(std::string_view key) const;           // "1", bare, "yes", "on"
};
Result<std::vector<ConfigSection>> parse_sections(std::string_view text);

// "a,b;c d" → pieces.
std::vector<std::string> split_list(std::string_view list);

struct StorageConfig {
  std::string name, type;
  std::vector<std::string> content;
  std::vector<std::string> nodes;  // empty: all
  bool shared = false, disabled = false;
  [[nodiscard]] bool is_on(std::string_view node) const;
};
// "local" is always among them. Which types are shared whatever is written: proxmox.md 1.7.
Result<std::vector<StorageConfig>> parse_storage_cfg(std::string_view text);

// True if Proxmox's own scheduler is switched on to move HA guests (crs: ha-auto-rebalance=1), with whatever
// `ha`. An error where that cannot be said for sure. The host judges alike: tests/support/crs_spellings.h.
Result<bool> parse_auto_rebalance(std::string_view datacenter_cfg);

// Name of the mapping → nodes that have an entry for it; live migration allowed or not.
struct Mapping {
  std::vector<std::string> nodes;
  bool live_migration = false;
};
Result<std::map<std::string, Mapping>> parse_mappings(std::string_view text);

struct ReplicationJob {
  std::string id, type, target;   // "101-0", "local", "pve2"
  std::string schedule = "*/15";  // a calendar event
};
// replication.cfg: "101" → its jobs that are not disabled.
Result<std::map<std::string, std::vector<ReplicationJob>>> parse_replication_cfg(std::string_view text);

}  // namespace pcb
