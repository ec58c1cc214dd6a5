#include <algorithm>

#include "common/text.h"
#include "exporter/movability.h"
#include "exporter/parse/calendar_event.h"
#include "exporter/snapshot_parts.h"

namespace pcb {
namespace {

// Everything about one guest while it is put together.
struct Subject {
  explicit Subject(const Merged& the_reports) : merged(the_reports) {}

  const Merged& merged;
  std::string id, number, host;
  bool is_container = true;
  const GuestConfig* config = nullptr;
  const HostReport* report = nullptr;    // of its host
  const HostSample* sample = nullptr;    // fresh, or null
  const GuestSample* running = nullptr;  // null: not running, or not known
  const RrdGuest* row = nullptr;         // fresh, or null
  const SnapshotHost* snapshot_host = nullptr;
};

GuestStatus status_of(const Subject& s) {
  if (s.sample == nullptr || !s.sample->guests_read) return GuestStatus::unknown;
  if (s.running == nullptr) return GuestStatus::stopped;
  const bool paused =
      !s.is_container && s.row != nullptr && (s.row->status == "paused" || s.row->status == "suspended");
  return paused ? GuestStatus::paused : GuestStatus::running;
}

std::optional<double> threshold_of(const Subject& s, const Guest& document, bool cpu) {
  const auto pick = [&](const GuestThresholds& thresholds) {
    return cpu ? thresholds.cpu : thresholds.memory;
  };
  const auto& settings = s.merged.settings;
  if (const auto own = settings.guests.find(s.id); own != settings.guests.end() && pick(own->second)) {
    return pick(own->second);
  }
  std::optional<double> by_tag;  // of several tags the lowest counts
  for (const auto& tag : document.tags) {
    const auto found = settings.guests.find("tag:" + tag);
    if (found == settings.guests.end() || !pick(found->second)) continue;
    by_tag = std::min(by_tag.value_or(*pick(found->second)), *pick(found->second));
  }
  if (by_tag) return by_tag;
  // Its host may be configured under another name than it gives itself.
  for (const auto& name : {s.host, s.report == nullptr ? s.host : s.report->name}) {
    const auto* host = s.merged.settings_of(name);
    if (host == nullptr) continue;
    const auto& own = cpu ? host->container_cpu_threshold : host->container_memory_threshold;
    if (own) return own;
  }
  return cpu ? settings.defaults.container_cpu_threshold : settings.defaults.container_memory_threshold;
}

void fill_cpu(const Subject& s, SnapshotGuest& guest) {
  const auto host_cores = s.snapshot_host == nullptr ? 0.0 : s.snapshot_host->document.cpu_cores;
  auto limit = s.config == nullptr ? std::nullopt : s.config->cores_limit();
  guest.document.cpu_cores = limit;
  if (!limit || (!s.is_container && host_cores > 0 && *limit > host_cores)) limit = host_cores;
  if (*limit > 0) guest.figures.cpu_limit_cores = limit;
  if (s.running == nullptr) return;
  guest.figures.cpu_seconds_total = s.running->cgroup.cpu_seconds;
  guest.cpu_throttled_seconds_total = s.running->cgroup.throttled_seconds;
  const auto rate = s.report->rates.guest_cpu_cores.find(s.id);
  if (rate == s.report->rates.guest_cpu_cores.end()) return;
  guest.document.cpu_used_cores = rate->second;
  if (*limit > 0) guest.figures.cpu_usage_ratio = rate->second / *limit;
}

// QEMU takes such a VM's whole memory when it starts.
bool is_in_huge_pages(const Subject& s) {
  return !s.is_container && s.config != nullptr && !s.config->get("hugepages").empty();
}

std::optional<double> memory_usage(const Subject& s) {
  const auto* row = s.is_container ? nullptr : s.row;  // the balloon's figure is known to QEMU alone
  if (is_in_huge_pages(s)) {
    // Without the balloon's figure the row has what the host sees, as the scope does: all but the huge pages.
    const bool tells =
        row != nullptr && row->memory_host_bytes && row->memory_bytes != row->memory_host_bytes;
    return tells ? row->memory_bytes : std::nullopt;
  }
  if (row != nullptr && row->memory_bytes) return row->memory_bytes;
  const auto& cgroup = s.running->cgroup;
  return std::max(0.0, cgroup.memory_current_bytes - cgroup.memory_file_bytes);
}

// What it needs on arrival: page cache stays behind, but tmpfs, swap and huge pages come along.
double memory_needed(const Subject& s) {
  const auto& cgroup = s.running->cgroup;
  const bool not_counted = is_in_huge_pages(s) && !cgroup.huge_page_bytes;
  return std::max(0.0, cgroup.memory_current_bytes - (cgroup.memory_file_bytes - cgroup.memory_shmem_bytes)) +
         cgroup.swap_bytes.value_or(0) + (not_counted ? s.config->memory_bytes() : 0);
}

void fill_memory(const Subject& s, SnapshotGuest& guest) {
  auto& figures = guest.figures;
  if (s.config != nullptr) {
    guest.document.memory_bytes = s.config->memory_bytes();
    figures.memory_size_bytes = guest.document.memory_bytes;
  }
  if (s.running == nullptr) return;
  const auto& cgroup = s.running->cgroup;
  figures.memory_usage_bytes = memory_usage(s);
  figures.memory_cache_bytes = cgroup.memory_file_bytes;
  figures.memory_swap_bytes = cgroup.swap_bytes;
  figures.oom_kills_total = cgroup.oom_kills;
  guest.document.memory_used_bytes = memory_needed(s);
}

void fill_network(const Subject& s, Figures& figures) {
  if (!s.sample->net) return;
  const auto counted = s.sample->net->guests.find(s.id);
  if (counted != s.sample->net->guests.end()) {
    figures.network_receive_bytes_total = counted->second.received_bytes;
    figures.network_transmit_bytes_total = counted->second.transmitted_bytes;
  } else if (s.config != nullptr && s.config->nics.empty()) {
    figures.network_receive_bytes_total = figures.network_transmit_bytes_total = 0;
  } else if (s.row != nullptr) {  // its device has another name: Proxmox's own figure
    figures.network_receive_bytes_total = s.row->net_in_bytes;
    figures.network_transmit_bytes_total = s.row->net_out_bytes;
  }
}

void fill_io(const Subject& s, SnapshotGuest& guest) {
  auto& figures = guest.figures;
  if (s.row != nullptr) {
    figures.disk_size_bytes = s.row->disk_max_bytes;
    if (s.running != nullptr && s.is_container) figures.disk_usage_bytes = s.row->disk_bytes;
  }
  if (!figures.disk_size_bytes && s.is_container && s.config != nullptr) {
    for (const auto& volume : s.config->volumes) {
      if (volume.key == "rootfs") figures.disk_size_bytes = volume.size_bytes;
    }
  }
  if (s.running == nullptr) return;
  if (s.is_container) {
    figures.disk_read_bytes_total = s.running->cgroup.read_bytes;
    figures.disk_written_bytes_total = s.running->cgroup.written_bytes;
  } else if (s.row != nullptr) {
    // QEMU counts what the guest asked for, wherever its disks are; only it knows. The scope's own counters
    // are others: shown in between, they would be a reset, and a leap when the row is back.
    figures.disk_read_bytes_total = s.row->disk_read_bytes;
    figures.disk_written_bytes_total = s.row->disk_written_bytes;
  }
  fill_network(s, figures);
}

void fill_uptime_and_pressure(const Subject& s, SnapshotGuest& guest) {
  if (s.running == nullptr) return;
  if (s.running->started_at_uptime) {
    guest.figures.uptime_seconds = std::max(0.0, s.sample->uptime_seconds - *s.running->started_at_uptime);
  } else if (s.row != nullptr) {
    guest.figures.uptime_seconds = s.row->uptime_seconds;
  }
  const auto fill = [](const std::optional<PressureFile>& file, std::optional<double>& some,
                       std::optional<double>& full) {
    if (!file) return;
    some = file->some_total_seconds;
    full = file->full_total_seconds;
  };
  auto& pressure = guest.figures.pressure;
  fill(s.running->cgroup.cpu_pressure, pressure.cpu_some, pressure.cpu_full);
  fill(s.running->cgroup.io_pressure, pressure.io_some, pressure.io_full);
  fill(s.running->cgroup.memory_pressure, pressure.memory_some, pressure.memory_full);
}

const std::vector<StorageConfig>* storages_of(const Merged& merged) {
  const auto* settings = merged.cluster_settings;
  return settings != nullptr && settings->storages ? &*settings->storages : nullptr;
}

void fill_volumes(const Subject& s, Guest& document) {
  std::vector<Volume> volumes;
  for (const auto& volume : s.config->volumes) {
    // Drives without a medium copy nothing; ISO images do not move with the guest (blocker local_iso).
    if (volume.kind != GuestVolume::Kind::storage || volume.cdrom) continue;
    Volume entry{volume.key, volume.storage, volume.size_bytes, std::nullopt, std::nullopt};
    entry.shared = is_shared_storage(storages_of(s.merged), volume.storage);
    // A root file system without a size of its own is a directory: what df says there is the host's.
    const bool own_size = volume.key == "rootfs" && volume.size_bytes;
    if (own_size && s.running != nullptr && s.row != nullptr && s.row->disk_bytes && *s.row->disk_bytes > 0) {
      entry.used_bytes = std::min(*s.row->disk_bytes, *volume.size_bytes);
    }
    volumes.push_back(std::move(entry));
  }
  document.volumes = std::move(volumes);
  std::vector<Bridge> bridges;
  for (const auto& nic : s.config->nics) {
    const bool known = std::any_of(bridges.begin(), bridges.end(), [&](const Bridge& bridge) {
      return bridge.name == nic.bridge && bridge.tag == nic.tag;
    });
    if (!nic.bridge.empty() && !known) bridges.push_back({nic.bridge, std::nullopt, std::nullopt, nic.tag});
  }
  document.bridges = std::move(bridges);
  for (const auto& nic : s.config->nics) {
    if (is_mac(nic.mac)) document.macs.push_back(text::to_lower(nic.mac));
  }
}

void fill_ha(const Subject& s, Guest& document) {
  const auto managed = s.merged.ha.resources.find(s.id);
  if (managed == s.merged.ha.resources.end()) return;
  document.ha = managed->second;
  if (s.merged.view == nullptr || !s.merged.view->ha) return;
  const auto service = s.merged.view->ha->services.find(s.id);
  if (service != s.merged.view->ha->services.end()) document.ha->state = service->second.state;
}

// As Proxmox itself plans it (PVE::ReplicationState): by the schedule, after failures sooner or later.
std::optional<double> next_sync(const Subject& s, const ReplicationJob& job, const ReplicationState& state) {
  constexpr double kMinute = 60;
  if (!state.last_try_at || *state.last_try_at <= 0 || *state.last_try_at > kLatestTime) return std::nullopt;
  if (const double failed = state.failed_syncs.value_or(0); failed > 0) {
    return *state.last_try_at + (failed < 3 ? 5 * failed : 30) * kMinute;
  }
  const auto* report = s.merged.report_of(s.host);
  const auto event = parse_calendar_event(job.schedule);
  if (report == nullptr || !report->facts || !report->facts->zone || !event.ok()) return std::nullopt;
  const auto at = next_event(*event, *report->facts->zone, static_cast<std::int64_t>(*state.last_try_at));
  return at ? std::optional(static_cast<double>(*at)) : std::nullopt;
}

bool fill_replication(const Subject& s, SnapshotGuest& guest) {
  bool running = false;
  if (s.merged.cluster_settings == nullptr) return running;
  const auto jobs = s.merged.cluster_settings->replication.find(s.number);
  if (jobs == s.merged.cluster_settings->replication.end()) return running;
  for (const auto& job : jobs->second) {
    Replication replication{job.target, std::nullopt, std::nullopt};
    SnapshotReplication shown{job.id, job.type, job.target, {}, {}, {}, {}, {}};
    for (const auto& state : s.sample == nullptr ? std::vector<ReplicationState>{} : s.sample->replication) {
      if (state.guest != s.number || state.target != job.target) continue;
      replication.last_sync_at = state.last_sync_at;
      replication.ok = state.ok && state.last_sync_at;
      running = running || state.running;
      shown.last_sync_at = state.last_sync_at.value_or(0);  // 0 as Proxmox says it: never
      shown.last_try_at = state.last_try_at;
      shown.next_sync_at = next_sync(s, job, state);
      shown.duration_seconds = state.duration_seconds;
      shown.failed_syncs = state.failed_syncs;
    }
    guest.document.replication.push_back(std::move(replication));
    guest.replication.push_back(std::move(shown));
  }
  return running;
}

void fill_blockers(const Subject& s, bool replication_running, Guest& document,
                   std::vector<std::string>& warnings) {
  const auto* settings = s.merged.cluster_settings;
  static const Neighbours kNone;
  const auto neighbours = s.merged.neighbours.find(s.host);
  Surroundings around(neighbours == s.merged.neighbours.end() ? kNone : neighbours->second);
  around.running = s.running != nullptr;
  around.auto_rebalance = settings == nullptr ? std::optional(false) : settings->auto_rebalance;
  around.replication_running = replication_running;
  if (const auto task = s.merged.running_tasks.find(s.number); task != s.merged.running_tasks.end()) {
    around.running_task = task->second;
  }
  around.storages = storages_of(s.merged);
  around.mappings = settings == nullptr ? nullptr : &settings->mappings;
  around.ha = document.ha ? &*document.ha : nullptr;
  if (s.merged.view != nullptr && s.merged.view->ha) {
    const auto service = s.merged.view->ha->services.find(s.id);
    if (service != s.merged.view->ha->services.end()) around.service = &service->second;
  }
  const auto allowed = s.merged.settings.allow_blockers.find(s.id);
  for (auto& blocker : find_blockers(*s.config, around)) {
    const bool overridden =
        allowed != s.merged.settings.allow_blockers.end() &&
        std::find(allowed->second.begin(), allowed->second.end(), blocker.code) != allowed->second.end();
    if (overridden) {
      warnings.push_back(s.id + ": " + blocker.code + " (" + blocker.detail + ") is allowed by config.yaml");
    } else {
      document.blockers.push_back(std::move(blocker));
    }
  }
}

Subject find_subject(const Merged& merged, const std::string& id, const std::vector<SnapshotHost>& hosts) {
  Subject s(merged);
  s.id = id;
  s.number = id.substr(id.find('/') + 1);
  s.is_container = id.starts_with("lxc/");
  s.host = merged.guest_hosts.at(id);
  if (const auto config = merged.configs.find(id); config != merged.configs.end()) s.config = config->second;
  s.report = merged.report_of(s.host);
  s.sample = merged.sample_of(s.host);
  if (s.sample != nullptr) {
    const auto running = s.sample->guests.find(id);
    if (running != s.sample->guests.end()) s.running = &running->second;
  }
  s.row = merged.rrd_guest(s.number, s.host);
  const auto host = std::lower_bound(
      hosts.begin(), hosts.end(), s.host,
      [](const SnapshotHost& one, const std::string& name) { return one.document.name < name; });
  if (host != hosts.end() && host->document.name == s.host) s.snapshot_host = &*host;
  return s;
}

}  // namespace

SnapshotGuest build_guest(const Merged& merged, const std::string& id, const std::vector<SnapshotHost>& hosts,
                          std::vector<std::string>& warnings) {
  const auto s = find_subject(merged, id, hosts);
  SnapshotGuest guest;
  auto& document = guest.document;
  document.id = id;
  document.host = s.host;
  document.status = status_of(s);
  guest.read = s.config != nullptr && s.sample != nullptr && s.sample->guests_read;
  if (const auto moved = merged.moved_at.find(s.number); moved != merged.moved_at.end()) {
    document.last_moved_at = moved->second;
  }
  if (s.config == nullptr) {
    if (s.row != nullptr) document.name = s.row->name;
    return guest;
  }
  document.name = s.config->name();
  document.is_template = s.config->get("template") == "1";
  if (const auto lock = s.config->get("lock"); !lock.empty()) document.lock = std::string(lock);
  document.tags = s.config->tags;
  if (!s.is_container) document.cpu_type = s.config->cpu_type();
  guest.onboot = s.config->get("onboot") == "1";
  fill_volumes(s, document);
  fill_ha(s, document);
  const bool replication_running = fill_replication(s, guest);
  fill_blockers(s, replication_running, document, warnings);
  fill_cpu(s, guest);
  fill_memory(s, guest);
  fill_io(s, guest);
  fill_uptime_and_pressure(s, guest);
  guest.figures.cpu_threshold = threshold_of(s, document, true);
  guest.figures.memory_threshold = threshold_of(s, document, false);
  return guest;
}

}  // namespace pcb
