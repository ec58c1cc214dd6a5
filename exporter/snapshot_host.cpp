#include <algorithm>

#include "exporter/snapshot_parts.h"

namespace pcb {
namespace {

constexpr double kDfFreshSeconds = 900;  // df is asked in every tenth cycle only

const SnapshotSettings::HostSettings* settings_of(const Merged& merged, const HostReport* report,
                                                  const std::string& name) {
  for (const auto& host : merged.settings.hosts) {
    if (host.name == name || (report != nullptr && host.name == report->name)) return &host;
  }
  return nullptr;
}

HostState state_of(const Merged& merged, const std::string& name, const SnapshotHost& host) {
  const auto* view = merged.view;
  const Members::Node* member = nullptr;
  if (view != nullptr) {
    const auto found = view->members.nodes.find(name);
    if (found != view->members.nodes.end()) member = &found->second;
  }
  const bool quorate = view != nullptr && (!view->members.clustered || view->members.quorate == true);
  const bool offline = member != nullptr && !member->online;
  if (!host.read) return offline && quorate ? HostState::offline : HostState::unknown;
  const auto pve = host.sections.find("pve");
  if (pve == host.sections.end() || !pve->second.ok || offline) return HostState::unknown;
  const auto lrm = view == nullptr ? decltype(view->lrm_modes.end()){} : view->lrm_modes.find(name);
  const bool by_lrm = view != nullptr && lrm != view->lrm_modes.end() && lrm->second == "maintenance";
  const bool by_manager = view != nullptr && view->ha && view->ha->in_maintenance.contains(name);
  return by_lrm || by_manager ? HostState::maintenance : HostState::online;
}

void fill_thresholds(const Merged& merged, const SnapshotSettings::HostSettings* own, SnapshotHost& host) {
  const auto& defaults = merged.settings.defaults;
  const auto or_else = [&](auto member, double fallback) {
    return own != nullptr && (own->*member) ? *(own->*member) : fallback;
  };
  using Settings = SnapshotSettings::HostSettings;
  auto& document = host.document;
  document.cpu_threshold = or_else(&Settings::cpu_threshold, defaults.cpu_threshold);
  document.memory_threshold = or_else(&Settings::memory_threshold, defaults.memory_threshold);
  host.root_filesystem_threshold =
      or_else(&Settings::root_filesystem_threshold, defaults.root_filesystem_threshold);
  host.figures.cpu_threshold = document.cpu_threshold;
  host.figures.memory_threshold = document.memory_threshold;
  constexpr double kGibibyte = 1024.0 * 1024.0 * 1024.0;
  const double reserve = std::max(4 * kGibibyte, 0.05 * document.memory_bytes);
  document.memory_reserved_bytes =
      or_else(&Settings::memory_reserved_bytes, defaults.memory_reserved_bytes.value_or(reserve));
}

// Sizes outlive the sample they came with: a host that is down has not lost its memory.
void fill_facts(const Merged& merged, const std::string& name, const HostReport* report, SnapshotHost& host) {
  auto& document = host.document;
  if (report != nullptr && report->sample) {
    if (report->sample->cpu) document.cpu_cores = report->sample->cpu->cpus;
    if (report->sample->memory) document.memory_bytes = report->sample->memory->total_bytes;
  }
  if (const auto* row = merged.rrd_node(name); row != nullptr) {
    if (document.cpu_cores == 0) document.cpu_cores = row->cpus.value_or(0);
    if (document.memory_bytes == 0) document.memory_bytes = row->memory_total_bytes.value_or(0);
    host.subscription_level = row->level;
  }
  if (report == nullptr || !report->facts) return;
  if (report->facts->cpu) {
    document.cpu_model = report->facts->cpu->model;
    document.cpu_vendor = report->facts->cpu->vendor;
    document.cpu_level = report->facts->cpu->level;
  }
  if (report->facts->pve) {
    document.pve_version = report->facts->pve->version;
    host.pve_release = report->facts->pve->release;
    host.pve_repoid = report->facts->pve->repoid;
  }
  document.bridges = report->facts->bridges;
}

void fill_pressure_totals(const HostSample& sample, PressureTotals& into) {
  if (sample.cpu_pressure) into.cpu_some = sample.cpu_pressure->some_total_seconds;
  if (sample.cpu_pressure) into.cpu_full = sample.cpu_pressure->full_total_seconds;
  if (sample.io_pressure) into.io_some = sample.io_pressure->some_total_seconds;
  if (sample.io_pressure) into.io_full = sample.io_pressure->full_total_seconds;
  if (sample.memory_pressure) into.memory_some = sample.memory_pressure->some_total_seconds;
  if (sample.memory_pressure) into.memory_full = sample.memory_pressure->full_total_seconds;
}

void fill_memory(const Merged& merged, const HostSample& sample, SnapshotHost& host) {
  if (sample.arc) {
    host.arc_size_bytes = sample.arc->size_bytes;
    host.arc_min_bytes = sample.arc->min_bytes;
    host.arc_max_bytes = sample.arc->max_bytes;
  }
  host.ksm_shared_bytes = sample.ksm_shared_bytes;
  if (!sample.memory) return;
  const auto& memory = *sample.memory;
  auto& figures = host.figures;
  figures.memory_size_bytes = memory.total_bytes;
  figures.memory_usage_bytes = memory.total_bytes - memory.available_bytes;
  figures.memory_cache_bytes = memory.cache_bytes;
  figures.memory_swap_bytes = memory.swap_total_bytes - memory.swap_free_bytes;
  host.memory_swap_size_bytes = memory.swap_total_bytes;
  const double arc = sample.arc ? std::max(0.0, sample.arc->size_bytes - sample.arc->min_bytes) : 0;
  const double used =
      std::max(0.0, memory.total_bytes - memory.available_bytes - merged.settings.defaults.arc_credit * arc);
  host.document.memory_used_bytes = used;
  host.memory_available_bytes = memory.total_bytes - used;
}

void fill_load(const Merged& merged, const HostReport& report, const HostSample& sample, SnapshotHost& host) {
  auto& figures = host.figures;
  auto& document = host.document;
  figures.uptime_seconds = sample.uptime_seconds;
  if (sample.cpu) {
    host.clock_offset_seconds = sample.cpu->boot_time_unix + sample.uptime_seconds - sample.received_at;
    figures.cpu_limit_cores = sample.cpu->cpus;
    figures.cpu_seconds_total = sample.cpu->used_seconds;
  }
  if (report.rates.cpu_ratio && sample.cpu) {
    figures.cpu_usage_ratio = report.rates.cpu_ratio;
    document.cpu_used_cores = *report.rates.cpu_ratio * sample.cpu->cpus;
  }
  if (sample.load) {
    document.load1 = sample.load->load1;
    host.load5 = sample.load->load5;
    host.load15 = sample.load->load15;
  }
  const auto& pressure = report.rates.pressure;
  if (pressure.cpu_some || pressure.io_some || pressure.io_full || pressure.memory_some ||
      pressure.memory_full) {
    document.pressure = pressure;
  }
  if (sample.net) {
    if (const auto traffic = host_traffic(*sample.net, report.nics)) {
      figures.network_receive_bytes_total = traffic->received_bytes;
      figures.network_transmit_bytes_total = traffic->transmitted_bytes;
    }
  }
  figures.oom_kills_total = sample.oom_kills;
  fill_pressure_totals(sample, figures.pressure);
  fill_memory(merged, sample, host);
  if (const auto* row = merged.rrd_node(document.name);
      row != nullptr && row->root_total_bytes && row->root_used_bytes) {
    figures.disk_size_bytes = row->root_total_bytes;
    figures.disk_usage_bytes = row->root_used_bytes;
  } else if (report.root && merged.now - report.root_received_at <= kDfFreshSeconds) {
    figures.disk_size_bytes = report.root->size_bytes;
    figures.disk_usage_bytes = report.root->used_bytes;
  }
}

}  // namespace

SnapshotHost build_host(const Merged& merged, const std::string& name) {
  SnapshotHost host;
  const auto* report = merged.report_of(name);
  const auto* own = settings_of(merged, report, name);
  host.document.name = name;
  host.configured = own != nullptr || report != nullptr;
  if (own != nullptr) host.address = own->address;
  const auto* sample = merged.sample_of(name);
  host.read = sample != nullptr;
  if (report != nullptr) {
    host.failure = report->failure;
    host.failure_detail = report->failure_detail;
    host.configured_name = report->name;
    if (report->sample) {
      host.sections = report->sections;
      host.last_success_at = report->sample->received_at;
      host.collect_duration_seconds = report->duration_seconds;
      host.script_version = report->script_version;
      host.document.age_seconds = std::max(0.0, merged.now - report->sample->received_at);
    }
  }
  host.document.state = state_of(merged, name, host);
  host.up = host.configured ? host.read : false;
  if (merged.view != nullptr) {
    const auto member = merged.view->members.nodes.find(name);
    if (member != merged.view->members.nodes.end()) {
      host.node_id = member->second.id;
      if (!host.configured) host.up = member->second.online;
    }
    if (merged.view->ha) {
      const auto ha = merged.view->ha->nodes.find(name);
      if (ha != merged.view->ha->nodes.end()) host.ha_state = ha->second;
    }
  }
  const auto moved = merged.host_moved_at.find(name);
  if (moved != merged.host_moved_at.end()) host.document.last_moved_at = moved->second;
  fill_facts(merged, name, report, host);
  fill_thresholds(merged, own, host);
  if (sample != nullptr) {
    fill_load(merged, *report, *sample, host);
    host.node_files = report->node_files;
  }
  return host;
}

std::vector<SnapshotStorage> build_storages(const Merged& merged, const std::string& host) {
  std::vector<SnapshotStorage> storages;
  if (merged.cluster_settings == nullptr || !merged.cluster_settings->storages) return storages;
  for (const auto& known : *merged.cluster_settings->storages) {
    if (known.disabled || !known.is_on(host)) continue;
    HostStorage storage{known.name,   known.type,   known.content, known.shared,
                        std::nullopt, std::nullopt, std::nullopt};
    if (merged.rrd != nullptr) {
      const auto* row = merged.rrd_storage(host, known.name);
      storage.active = row != nullptr;
      if (row != nullptr) {
        storage.total_bytes = row->total_bytes;
        if (row->total_bytes && row->used_bytes) {
          storage.free_bytes = std::max(0.0, *row->total_bytes - *row->used_bytes);
        }
      }
    }
    storages.push_back({host, std::move(storage)});
  }
  return storages;
}

}  // namespace pcb
