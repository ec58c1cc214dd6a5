#include "exporter/parse/section_config.h"

#include <algorithm>
#include <array>
#include <optional>

#include "common/text.h"

namespace pcb {
namespace {

bool contains(const std::vector<std::string>& list, std::string_view wanted) {
  return std::find(list.begin(), list.end(), wanted) != list.end();
}

bool always_shared(std::string_view type) {
  constexpr std::array<std::string_view, 10> kShared = {"iscsi",       "nfs", "cifs", "rbd", "cephfs",
                                                        "iscsidirect", "zfs", "drbd", "pbs", "glusterfs"};
  return std::find(kShared.begin(), kShared.end(), type) != kShared.end();
}

std::vector<std::string> default_content(std::string_view type) {
  if (type == "pbs") return {"backup"};
  if (type == "dir" || type == "lvmthin" || type == "zfspool" || type == "btrfs")
    return {"images", "rootdir"};
  return {"images"};
}

// As Proxmox writes and reads a switch.
bool is_yes(std::string_view value) {
  return value == "1" || value == "yes" || value == "on" || value == "true";
}
bool is_no(std::string_view value) {
  return value == "0" || value == "no" || value == "off" || value == "false";
}

// What crs is, if the line says it: in lower case, without blanks.
std::optional<std::string> crs_of(std::string_view line) {
  const auto colon = line.find(':');
  if (colon == std::string_view::npos || text::trim(line.substr(0, colon)) != "crs") return std::nullopt;
  std::string said = text::to_lower(line.substr(colon + 1));
  const auto is_blank = [](char c) { return c == ' ' || c == '\t' || c == '\r'; };
  said.erase(std::remove_if(said.begin(), said.end(), is_blank), said.end());
  return said;
}

// One word of crs. may_rebalance() of evaluator/node-migrate.sh judges alike; absent: it is not understood.
std::optional<bool> rebalances(std::string_view word) {
  constexpr std::string_view kSwitch = "ha-auto-rebalance=";
  if (word.find("rebalance") == std::string_view::npos || word.starts_with("ha-rebalance-on-start=") ||
      word.starts_with("ha-auto-rebalance-"))
    return false;
  if (!word.starts_with(kSwitch)) return std::nullopt;
  const auto value = word.substr(kSwitch.size());
  if (is_yes(value)) return true;
  return is_no(value) ? std::optional(false) : std::nullopt;
}

}  // namespace

std::string_view ConfigSection::get(std::string_view key) const {
  for (const auto& [name, value] : properties) {
    if (name == key) return value;
  }
  return {};
}

bool ConfigSection::is_set(std::string_view key) const {
  for (const auto& [name, value] : properties) {
    if (name == key) return value.empty() || is_yes(value);
  }
  return false;
}

std::vector<std::string> split_list(std::string_view list) {
  std::vector<std::string> pieces;
  std::size_t at = 0;
  while (at < list.size()) {
    const auto end = std::min(list.find_first_of(",; \t", at), list.size());
    if (end > at) pieces.emplace_back(list.substr(at, end - at));
    at = end + 1;
  }
  return pieces;
}

Result<std::vector<ConfigSection>> parse_sections(std::string_view text) {
  if (!text.empty() && !text.ends_with('\n')) return Error{"the file is cut off"};
  std::vector<ConfigSection> sections;
  for (const auto line : text::split_lines(text)) {
    const auto content = text::trim(line);
    if (content.empty() || content.starts_with('#')) continue;
    const bool indented = line.front() == '\t' || line.front() == ' ';
    if (!indented) {
      const auto colon = content.find(':');
      if (colon == std::string_view::npos) continue;
      sections.push_back(
          {std::string(content.substr(0, colon)), std::string(text::trim(content.substr(colon + 1))), {}});
    } else if (!sections.empty()) {
      const auto blank = std::min(content.find_first_of(" \t"), content.size());
      sections.back().properties.emplace_back(content.substr(0, blank), text::trim(content.substr(blank)));
    }
  }
  return sections;
}

bool StorageConfig::is_on(std::string_view node) const {
  return name == "local" || nodes.empty() || contains(nodes, node);
}

Result<std::vector<StorageConfig>> parse_storage_cfg(std::string_view text) {
  const auto sections = parse_sections(text);
  if (!sections.ok()) return sections.error().in("storage.cfg");
  std::vector<StorageConfig> storages;
  for (const auto& section : *sections) {
    StorageConfig storage;
    storage.name = section.id;
    storage.type = section.type;
    const auto content = section.get("content");
    storage.content = content.empty() ? default_content(section.type) : split_list(content);
    std::sort(storage.content.begin(), storage.content.end());
    storage.nodes = split_list(section.get("nodes"));
    storage.shared = always_shared(section.type) || section.is_set("shared");
    storage.disabled = section.is_set("disable");
    storages.push_back(std::move(storage));
  }
  const bool has_local = std::any_of(storages.begin(), storages.end(),
                                     [](const auto& storage) { return storage.name == "local"; });
  if (!has_local) storages.push_back({"local", "dir", {"backup", "iso", "vztmpl"}, {}, false, false});
  return storages;
}

Result<bool> parse_auto_rebalance(std::string_view datacenter_cfg) {
  std::optional<std::string> fault;
  for (const auto line : text::split_lines(datacenter_cfg)) {
    const auto crs = crs_of(line);
    if (!crs) continue;
    for (const auto word : text::split(*crs, ',')) {
      const auto on = rebalances(word);
      if (on.value_or(false)) return true;
      if (!on) fault = "crs in datacenter.cfg is not understood: " + text::printable(word);
    }
  }
  if (!datacenter_cfg.empty() && !datacenter_cfg.ends_with('\n')) fault = "datacenter.cfg is cut off";
  if (fault) return Error{*fault};
  return false;
}

Result<std::map<std::string, Mapping>> parse_mappings(std::string_view text) {
  // Here a section is headed by its bare id, and its lines are "map node=pve1,path=…".
  if (!text.empty() && !text.ends_with('\n')) return Error{"the mapping file is cut off"};
  std::map<std::string, Mapping> mappings;
  Mapping* current = nullptr;
  for (const auto line : text::split_lines(text)) {
    const auto content = text::trim(line);
    if (content.empty() || content.starts_with('#')) continue;
    if (line.front() != '\t' && line.front() != ' ') {
      current = &mappings[std::string(content.substr(0, content.find(':')))];
    } else if (current != nullptr && content.starts_with("map ")) {
      for (const auto& option : split_list(content.substr(4))) {
        if (option.starts_with("node=")) current->nodes.push_back(option.substr(5));
      }
    } else if (current != nullptr && content == "live-migration-capable 1") {
      current->live_migration = true;
    }
  }
  return mappings;
}

Result<std::map<std::string, std::vector<ReplicationJob>>> parse_replication_cfg(std::string_view text) {
  const auto sections = parse_sections(text);
  if (!sections.ok()) return sections.error().in("replication.cfg");
  std::map<std::string, std::vector<ReplicationJob>> jobs;
  for (const auto& job : *sections) {  // "local: 101-0"
    const auto target = job.get("target");
    if (job.is_set("disable") || target.empty()) continue;
    ReplicationJob read{job.id, job.type, std::string(target)};
    if (const auto schedule = job.get("schedule"); !schedule.empty()) read.schedule = schedule;
    jobs[job.id.substr(0, job.id.find('-'))].push_back(std::move(read));
  }
  return jobs;
}

}  // namespace pcb
