#include <algorithm>
#include <array>
#include <functional>
#include <span>

#include "cluster/metric_catalogue.h"
#include "common/text.h"
#include "exporter/render.h"
#include "exporter/render_jobs.h"

namespace pcb {
namespace {

constexpr std::array<std::string_view, 11> kServiceStates = {
    "stopped",  "request_stop", "request_start", "request_start_balance",
    "started",  "fence",        "recovery",      "migrate",
    "relocate", "freeze",       "error"};
constexpr std::array<std::string_view, 5> kNodeStates = {"online", "maintenance", "unknown", "fence", "gone"};
// prometheus-pve-exporter's nine, and those that only containers have.
constexpr std::array<std::string_view, 13> kLocks = {
    "backup",    "clone",      "create",    "migrate", "rollback", "snapshot", "snapshot-delete",
    "suspended", "suspending", "destroyed", "disk",    "fstrim",   "mounted"};

using Value = std::optional<double>;
// One host or guest with its labels rendered once.
struct Series {
  std::string id_label;
  const Figures* figures = nullptr;
};

class Page {
 public:
  Page(const Snapshot& snapshot, const SelfMetrics& self, const MetricsOptions& options)
      : snapshot_(snapshot), self_(self), options_(options), text_(writer(snapshot, options)) {
    for (const auto& host : snapshot.hosts) hosts_.push_back(label("node/" + host.document.name));
    for (const auto& guest : snapshot.guests) guests_.push_back(label(guest.document.id));
    for (const auto& storage : snapshot.storages) {
      storages_.push_back(label("storage/" + storage.host + "/" + storage.document.name));
    }
    for (std::size_t i = 0; i < hosts_.size(); ++i) {
      if (snapshot.hosts[i].read) series_.push_back({hosts_[i], &snapshot.hosts[i].figures});
    }
    for (std::size_t i = 0; i < guests_.size(); ++i) {
      if (snapshot.guests[i].read) series_.push_back({guests_[i], &snapshot.guests[i].figures});
    }
  }

  std::string render() && {
    status();
    usage();
    host_usage();
    pressure();
    thresholds();
    storage();
    high_availability();
    guest_facts();
    jobs();
    self();
    return std::move(text_).finish();
  }

 private:
  static MetricsText writer(const Snapshot& of, const MetricsOptions& options) {
    const auto size = 16384 + of.hosts.size() * 8192 + of.guests.size() * 4096 + of.storages.size() * 512;
    return MetricsText(options.exposition, options.sink ? 0 : size, options.sink);
  }
  static std::string label(std::string_view id) { return render_labels({{"id", id}}); }
  [[nodiscard]] bool shows(std::string_view collector) const {
    const auto& wanted = options_.collectors;
    return wanted.empty() || std::find(wanted.begin(), wanted.end(), collector) != wanted.end();
  }
  // False if the family's collector is switched off.
  bool family(std::string_view name) {
    const auto& entry = metric(name);
    if (!shows(entry.collector)) return false;
    text_.family(entry.family);
    return true;
  }

  void sample(const std::string& labels, const Value& value) {
    if (value) text_.sample(labels, *value);
  }

  // A family whose value every host and guest may have.
  void figure(std::string_view name, Value Figures::*member) {
    if (!family(name)) return;
    for (const auto& series : series_) sample(series.id_label, series.figures->*member);
  }

  template <class Get>
  void per_host(std::string_view name, Get get) {
    if (!family(name)) return;
    for (std::size_t i = 0; i < hosts_.size(); ++i) {
      if (snapshot_.hosts[i].read) sample(hosts_[i], std::invoke(get, snapshot_.hosts[i]));
    }
  }

  // The states of a closed set, each with its label rendered once.
  using States = std::vector<std::pair<std::string_view, std::string>>;
  static States states(std::span<const std::string_view> names) {
    States made;
    for (const auto name : names) made.emplace_back(name, render_labels({{"state", name}}));
    return made;
  }
  void one_hot(const std::string& labels, const States& of, std::string_view is) {
    for (const auto& [state, label] : of) text_.sample_of(labels, label, state == is ? 1 : 0);
  }

  void status() {
    if (family("pve_up")) {
      for (std::size_t i = 0; i < hosts_.size(); ++i) text_.sample(hosts_[i], snapshot_.hosts[i].up ? 1 : 0);
      for (std::size_t i = 0; i < guests_.size(); ++i) {
        const auto& guest = snapshot_.guests[i];
        const bool runs =
            guest.document.status == GuestStatus::running || guest.document.status == GuestStatus::paused;
        if (guest.read) text_.sample(guests_[i], runs ? 1 : 0);
      }
      for (std::size_t i = 0; i < storages_.size(); ++i) {
        if (const auto& active = snapshot_.storages[i].document.active)
          text_.sample(storages_[i], *active ? 1 : 0);
      }
    }
    per_guest("pve_guest_info", [&](const std::string& labels, const SnapshotGuest& guest) {
      guest_info(labels, guest.document);
    });
    if (family("pve_node_info")) {
      for (std::size_t i = 0; i < hosts_.size(); ++i) {
        const auto& host = snapshot_.hosts[i];
        text_.sample(hosts_[i],
                     {{"level", host.subscription_level},
                      {"name", host.document.name},
                      {"nodeid", host.node_id ? std::to_string(*host.node_id) : std::string("0")}},
                     1);
      }
    }
    versions();
    const bool known = !snapshot_.cluster.empty() && snapshot_.quorate;
    if (known && snapshot_.shows_cluster && family("pve_cluster_info")) {
      text_.sample({{"id", "cluster/" + snapshot_.cluster},
                    {"nodes", std::to_string(snapshot_.members)},
                    {"quorate", *snapshot_.quorate ? "1" : "0"},
                    {"version", text::number(snapshot_.cluster_version.value_or(0))}},
                   1);
    }
  }

  void guest_info(const std::string& labels, const Guest& document) {
    text_.sample(labels,
                 {{"node", document.host},
                  {"name", document.name.value_or("")},
                  {"type", std::string_view(document.id).substr(0, document.id.find('/'))},
                  {"template", document.is_template.value_or(false) ? "1" : "0"},
                  {"tags", text::join(document.tags, ";")}},
                 1);
  }

  // One series per version that is in use: a cluster can be mixed while it is upgraded.
  void versions() {
    if (!family("pve_version_info")) return;
    std::vector<std::string> seen;
    for (const auto& host : snapshot_.hosts) {
      if (!host.read || !host.document.pve_version) continue;
      auto labels = render_labels({{"release", host.pve_release},
                                   {"repoid", host.pve_repoid},
                                   {"version", *host.document.pve_version}});
      if (std::find(seen.begin(), seen.end(), labels) != seen.end()) continue;
      text_.sample(labels, 1);
      seen.push_back(std::move(labels));
    }
  }

  void usage() {
    figure("pve_cpu_usage_ratio", &Figures::cpu_usage_ratio);
    figure("pve_cpu_usage_limit", &Figures::cpu_limit_cores);
    figure("pve_cpu_seconds_total", &Figures::cpu_seconds_total);
    figure("pve_memory_usage_bytes", &Figures::memory_usage_bytes);
    figure("pve_memory_size_bytes", &Figures::memory_size_bytes);
    figure("pve_memory_cache_bytes", &Figures::memory_cache_bytes);
    figure("pve_memory_swap_bytes", &Figures::memory_swap_bytes);
    per_guest("pve_memory_needed_bytes", [&](const std::string& labels, const SnapshotGuest& guest) {
      sample(labels, guest.document.memory_used_bytes);
    });
    figure("pve_oom_kills_total", &Figures::oom_kills_total);
    figure("pve_uptime_seconds", &Figures::uptime_seconds);
    figure("pve_network_receive_bytes_total", &Figures::network_receive_bytes_total);
    figure("pve_network_transmit_bytes_total", &Figures::network_transmit_bytes_total);
    figure("pve_disk_read_bytes_total", &Figures::disk_read_bytes_total);
    figure("pve_disk_written_bytes_total", &Figures::disk_written_bytes_total);
    if (family("pve_disk_usage_bytes")) {
      for (const auto& series : series_) sample(series.id_label, series.figures->disk_usage_bytes);
      for (std::size_t i = 0; i < storages_.size(); ++i) {
        const auto& storage = snapshot_.storages[i].document;
        if (storage.total_bytes && storage.free_bytes)
          text_.sample(storages_[i], *storage.total_bytes - *storage.free_bytes);
      }
    }
    if (family("pve_disk_size_bytes")) {
      for (const auto& series : series_) sample(series.id_label, series.figures->disk_size_bytes);
      for (std::size_t i = 0; i < storages_.size(); ++i)
        sample(storages_[i], snapshot_.storages[i].document.total_bytes);
    }
    per_guest("pve_cpu_throttled_seconds_total", [&](const std::string& labels, const SnapshotGuest& guest) {
      sample(labels, guest.cpu_throttled_seconds_total);
    });
  }

  void host_usage() {
    per_host("pve_load1", [](const SnapshotHost& host) { return host.document.load1; });
    per_host("pve_load5", &SnapshotHost::load5);
    per_host("pve_load15", &SnapshotHost::load15);
    per_host("pve_clock_offset_seconds", &SnapshotHost::clock_offset_seconds);
    per_host("pve_memory_available_bytes", &SnapshotHost::memory_available_bytes);
    per_host("pve_memory_swap_size_bytes", &SnapshotHost::memory_swap_size_bytes);
    per_host("pve_memory_ksm_shared_bytes", &SnapshotHost::ksm_shared_bytes);
    per_host("pve_zfs_arc_size_bytes", &SnapshotHost::arc_size_bytes);
    per_host("pve_zfs_arc_min_size_bytes", &SnapshotHost::arc_min_bytes);
    per_host("pve_zfs_arc_max_size_bytes", &SnapshotHost::arc_max_bytes);
  }

  void pressure() {
    if (!family("pve_pressure_seconds_total")) return;
    const auto kind = [](std::string_view resource, std::string_view which, Value PressureTotals::*member) {
      return std::pair(render_labels({{"resource", resource}, {"kind", which}}), member);
    };
    const std::array kinds = {kind("cpu", "some", &PressureTotals::cpu_some),
                              kind("cpu", "full", &PressureTotals::cpu_full),
                              kind("io", "some", &PressureTotals::io_some),
                              kind("io", "full", &PressureTotals::io_full),
                              kind("memory", "some", &PressureTotals::memory_some),
                              kind("memory", "full", &PressureTotals::memory_full)};
    for (const auto& series : series_) {
      const PressureTotals& pressure = series.figures->pressure;
      for (const auto& [labels, member] : kinds) {
        if (const Value& value = pressure.*member) text_.sample_of(series.id_label, labels, *value);
      }
    }
  }

  void thresholds() {
    if (!family("pve_threshold_ratio")) return;
    const auto cpu = render_labels({{"resource", "cpu"}}), memory = render_labels({{"resource", "memory"}});
    for (const auto& series : series_) {
      if (const Value& value = series.figures->cpu_threshold) text_.sample_of(series.id_label, cpu, *value);
      if (const Value& value = series.figures->memory_threshold)
        text_.sample_of(series.id_label, memory, *value);
    }
    for (std::size_t i = 0; i < hosts_.size(); ++i) {
      const auto& host = snapshot_.hosts[i];
      if (host.read && host.root_filesystem_threshold) {
        text_.sample(hosts_[i], {{"resource", "root_filesystem"}}, *host.root_filesystem_threshold);
      }
    }
  }

  void storage() {
    if (family("pve_storage_info")) {
      for (std::size_t i = 0; i < storages_.size(); ++i) {
        const auto& storage = snapshot_.storages[i];
        text_.sample(storages_[i],
                     {{"node", storage.host},
                      {"storage", storage.document.name},
                      {"plugintype", storage.document.type},
                      {"content", text::join(storage.document.content, ",")}},
                     1);
      }
    }
    if (!family("pve_storage_shared")) return;
    for (std::size_t i = 0; i < storages_.size(); ++i) {
      if (const auto& shared = snapshot_.storages[i].document.shared)
        text_.sample(storages_[i], *shared ? 1 : 0);
    }
  }

  void high_availability() {
    if (!family("pve_ha_state")) return;
    for (std::size_t i = 0; i < guests_.size(); ++i) {
      const auto& guest = snapshot_.guests[i];
      if (guest.read && guest.document.ha && guest.document.ha->state) {
        one_hot(guests_[i], service_states_, *guest.document.ha->state);
      }
    }
    for (std::size_t i = 0; i < hosts_.size(); ++i) {
      if (snapshot_.hosts[i].ha_state) one_hot(hosts_[i], node_states_, *snapshot_.hosts[i].ha_state);
    }
  }

  template <class Emit>
  void per_guest(std::string_view name, Emit emit) {
    if (!family(name)) return;
    for (std::size_t i = 0; i < guests_.size(); ++i) {
      if (snapshot_.guests[i].read) emit(guests_[i], snapshot_.guests[i]);
    }
  }

  void guest_facts() {
    per_guest("pve_lock_state", [&](const std::string& labels, const SnapshotGuest& guest) {
      one_hot(labels, locks_, guest.document.lock.value_or(""));
    });
    per_guest("pve_onboot_status", [&](const std::string& labels, const SnapshotGuest& guest) {
      const auto& id = guest.document.id;
      text_.sample(labels,
                   {{"node", guest.document.host}, {"type", std::string_view(id).substr(0, id.find('/'))}},
                   guest.onboot ? 1 : 0);
    });
    per_guest("pve_guest_movable", [&](const std::string& labels, const SnapshotGuest& guest) {
      text_.sample(labels, guest.document.blockers.empty() ? 1 : 0);
    });
    per_guest("pve_guest_blocker", [&](const std::string& labels, const SnapshotGuest& guest) {
      const auto& blockers = guest.document.blockers;
      for (std::size_t i = 0; i < blockers.size(); ++i) {
        const auto same = [&](const Blocker& other) { return other.code == blockers[i].code; };
        const auto end = blockers.begin() + static_cast<std::ptrdiff_t>(i);
        if (std::none_of(blockers.begin(), end, same)) text_.sample(labels, {{"code", blockers[i].code}}, 1);
      }
    });
    per_guest("pve_volume_size_bytes", [&](const std::string& labels, const SnapshotGuest& guest) {
      if (!guest.document.volumes) return;
      for (const auto& volume : *guest.document.volumes) {
        if (!volume.size_bytes) continue;
        text_.sample(labels, {{"volume", volume.key}, {"storage", volume.storage}}, *volume.size_bytes);
      }
    });
  }

  void jobs() {
    if (shows("replication")) append_replication(snapshot_, {}, text_);
    if (shows("backup")) append_backup_coverage(snapshot_, text_);
  }

  void self() {
    if (family("balancer_collect_success")) {
      for (std::size_t i = 0; i < hosts_.size(); ++i) {
        if (!snapshot_.hosts[i].read) continue;
        for (const auto& [section, state] : snapshot_.hosts[i].sections) {
          text_.sample(hosts_[i], {{"section", section}}, state.ok ? 1 : 0);
        }
      }
    }
    per_host("balancer_collect_duration_seconds", &SnapshotHost::collect_duration_seconds);
    if (family("balancer_collect_last_success_timestamp_seconds")) {
      for (std::size_t i = 0; i < hosts_.size(); ++i) sample(hosts_[i], snapshot_.hosts[i].last_success_at);
    }
    if (family("balancer_snapshot_timestamp_seconds")) text_.sample(std::string{}, snapshot_.taken_at);
    if (family("balancer_ssh_connects_total")) {
      for (const auto& host : self_.hosts) text_.sample({{"id", "node/" + host.name}}, host.ssh_connects);
    }
    if (family("balancer_ssh_failures_total")) {
      for (const auto& host : self_.hosts) {
        const auto labels = label("node/" + host.name);
        for (const auto& [reason, count] : host.ssh_failures) {
          text_.sample(labels, {{"reason", to_string(reason)}}, count);
        }
      }
    }
    if (family("balancer_node_script_info")) {
      for (std::size_t i = 0; i < hosts_.size(); ++i) {
        const auto& host = snapshot_.hosts[i];
        if (host.read && host.script_version) {
          text_.sample(hosts_[i], {{"version", std::to_string(*host.script_version)}}, 1);
        }
      }
    }
    process();
  }

  void single(std::string_view name, const Value& value) {
    if (value && family(name)) text_.sample(std::string{}, *value);
  }
  void process() {
    if (family("balancer_build_info")) text_.sample({{"program", "exporter"}, {"version", self_.version}}, 1);
    if (self_.config_last_reload_successful) {
      single("balancer_config_last_reload_successful", *self_.config_last_reload_successful ? 1.0 : 0.0);
    }
    single("balancer_config_last_reload_success_timestamp_seconds",
           self_.config_last_reload_success_timestamp_seconds);
    single("process_cpu_seconds_total", self_.process_cpu_seconds);
    single("process_resident_memory_bytes", self_.process_resident_memory_bytes);
    single("process_virtual_memory_bytes", self_.process_virtual_memory_bytes);
    single("process_open_fds", self_.process_open_fds);
    single("process_max_fds", self_.process_max_fds);
    single("process_start_time_seconds", self_.process_start_time_seconds);
  }

  const Snapshot& snapshot_;
  const SelfMetrics& self_;
  const MetricsOptions& options_;
  MetricsText text_;
  std::vector<std::string> hosts_, guests_, storages_;  // id labels, in the order of the snapshot
  std::vector<Series> series_;
  const States service_states_ = states(kServiceStates), node_states_ = states(kNodeStates),
               locks_ = states(kLocks);
};

}  // namespace

std::string render_metrics(const Snapshot& snapshot, const SelfMetrics& self, const MetricsOptions& options) {
  return Page(snapshot, self, options).render();
}

}  // namespace pcb
