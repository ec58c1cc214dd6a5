#include <set>

#include "common/text.h"
#include "exporter/parse/migration_network.h"
#include "exporter/read_sample.h"

namespace pcb {
namespace {

// Every file "<directory><number><suffix>" → visit(number, content).
template <class Visit>
void for_each_file(const FileMap& files, const std::string& directory, std::string_view suffix, Visit visit) {
  for (const auto& file : files.below(directory)) {
    const auto name = file.path.substr(directory.size());
    if (name.ends_with(suffix)) visit(name.substr(0, name.size() - suffix.size()), file.content);
  }
}

struct ConfigReading {
  std::map<std::string, GuestConfig> configs;
  std::string first_fault;
  int read = 0, failed = 0;
};

void read_configs(const FileMap& files, const std::string& node, bool containers,
                  const std::map<std::string, GuestConfig>& former, ConfigReading& into) {
  const auto directory = "/etc/pve/nodes/" + node + (containers ? "/lxc/" : "/qemu-server/");
  for_each_file(files, directory, ".conf", [&](std::string_view number, std::string_view content) {
    if (!text::to_uint64(number)) return;
    const auto id = (containers ? "lxc/" : "qemu/") + std::string(number);
    auto config = parse_guest_config(content, containers, number);
    if (config.ok()) {
      ++into.read;
      into.configs.emplace(id, std::move(config.value()));
      return;
    }
    ++into.failed;
    if (into.first_fault.empty()) into.first_fault = id + ": " + config.error().message;
    if (const auto old = former.find(id); old != former.end()) into.configs.insert(*old);
  });
}

template <class T>
void take_into(std::optional<T>& into, Result<T> parsed, SectionState& state) {
  state = {};
  if (parsed.ok())
    into = std::move(parsed.value());
  else
    state = {false, parsed.error().message};
}

void read_backups(const FileMap& files, ClusterSettings& settings, SectionState& state) {
  auto jobs = parse_jobs_cfg(file_of(files, "/etc/pve/jobs.cfg"));
  const auto old = parse_vzdump_cron(file_of(files, "/etc/pve/vzdump.cron"));
  state = {};
  if (!jobs.ok() || !old.ok()) {
    state = {false, jobs.ok() ? old.error().message : jobs.error().message};
    return;
  }
  jobs->insert(jobs->end(), old->begin(), old->end());
  settings.backup_jobs = std::move(jobs.value());
  if (const auto pools = files.get("pcb/pools")) settings.pools = parse_pools(*pools);
}

}  // namespace

void read_facts(const FileMap& files, std::string_view node, double received_at, HostReport& report) {
  HostFacts facts = report.facts.value_or(HostFacts{});
  facts.read_at = received_at;
  take_into(facts.cpu, parse_cpuinfo(file_of(files, "/proc/cpuinfo")), report.sections["cpuinfo"]);
  take_into(facts.pve, parse_pvecfg(file_of(files, "/usr/share/perl5/PVE/pvecfg.pm")),
            report.sections["pve_version"]);
  facts.bridges = parse_bridges(files);
  if (const auto zone = files.get("pcb/zone")) {
    take_into(facts.zone, TimeZone::parse(text::trim(*zone)), report.sections["time_zone"]);
  }
  facts.devices.clear();
  for (const auto line : text::split_lines(file_of(files, "pcb/devices"))) facts.devices.emplace(line);

  ConfigReading reading;
  read_configs(files, std::string(node), true, facts.configs, reading);
  read_configs(files, std::string(node), false, facts.configs, reading);
  auto& state = report.sections["configs"] = {};
  if (reading.failed > 0) {
    state = {false, std::to_string(reading.failed) + " of " + std::to_string(reading.failed + reading.read) +
                        " guest configs cannot be read: " + reading.first_fault};
  }
  facts.configs = std::move(reading.configs);
  report.facts = std::move(facts);
}

void read_settings(const FileMap& files, double received_at, HostReport& report) {
  ClusterSettings settings = report.settings.value_or(ClusterSettings{});
  settings.read_at = received_at;
  take_into(settings.storages, parse_storage_cfg(file_of(files, "/etc/pve/storage.cfg")),
            report.sections["storage"]);
  settings.auto_rebalance.reset();  // what is not understood is not known, whatever it was before
  take_into(settings.auto_rebalance, parse_auto_rebalance(file_of(files, "/etc/pve/datacenter.cfg")),
            report.sections["datacenter"]);
  settings.migration_apart =
      migration_is_apart(file_of(files, "/etc/pve/datacenter.cfg"), file_of(files, "/etc/pve/corosync.conf"));
  settings.ha_resources = file_of(files, "/etc/pve/ha/resources.cfg");
  settings.ha_groups = file_of(files, "/etc/pve/ha/groups.cfg");
  settings.ha_rules = file_of(files, "/etc/pve/ha/rules.cfg");
  auto& mapping_state = report.sections["mapping"] = {};
  std::map<std::string, Mapping> mappings;
  for_each_file(files, "/etc/pve/mapping/", ".cfg", [&](std::string_view, std::string_view content) {
    auto parsed = parse_mappings(content);
    if (parsed.ok())
      mappings.merge(parsed.value());
    else
      mapping_state = {false, parsed.error().message};
  });
  if (mapping_state.ok) settings.mappings = std::move(mappings);
  auto& replication_state = report.sections["replication_jobs"] = {};
  auto replication = parse_replication_cfg(file_of(files, "/etc/pve/replication.cfg"));
  if (replication.ok())
    settings.replication = std::move(replication.value());
  else
    replication_state = {false, replication.error().message};
  read_backups(files, settings, report.sections["backup_jobs"]);
  report.settings = std::move(settings);
}

void read_view(const FileMap& files, double received_at, HostReport& report) {
  auto members = parse_members(file_of(files, "/etc/pve/.members"));
  const auto guests_text = file_of(files, "/etc/pve/.vmlist");
  // Thousands of guests, and nearly never another list than in the last cycle.
  const bool same = report.view && report.view->guests_text == guests_text;
  auto guests = same ? Result<VmList>(std::move(report.view->guests)) : parse_vmlist(guests_text);
  auto& state = report.sections["cluster"] = {};
  if (!members.ok() || !guests.ok()) {
    state = {false, members.ok() ? guests.error().message : members.error().message};
    if (same) report.view->guests = std::move(guests.value());
    return;
  }
  ClusterView view;
  view.guests_text = guests_text;
  view.received_at = received_at;
  view.members = std::move(members.value());
  view.guests = std::move(guests.value());
  auto& ha_state = report.sections["ha"] = {};
  if (const auto status = file_of(files, "/etc/pve/ha/manager_status"); !status.empty()) {
    auto parsed = parse_manager_status(status);
    if (parsed.ok())
      view.ha = std::move(parsed.value());
    else
      ha_state = {false, parsed.error().message};
  }
  for_each_file(files, "/etc/pve/nodes/", "/lrm_status",
                [&](std::string_view node, std::string_view content) {
                  auto mode = parse_lrm_mode(content);
                  if (mode.ok()) view.lrm_modes.emplace(node, std::move(mode.value()));
                });
  report.view = std::move(view);
}

}  // namespace pcb
