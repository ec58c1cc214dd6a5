#include "exporter/render_pve.h"

#include <array>
#include <span>

#include "cluster/metric_catalogue.h"
#include "common/text.h"
#include "exporter/render_jobs.h"

namespace pcb {
namespace {

constexpr auto kServiceStates = std::to_array<std::string_view>(
    {"stopped", "request_stop", "request_start", "request_start_balance", "started", "fence", "recovery",
     "migrate", "relocate", "freeze", "error"});
constexpr auto kNodeStates =
    std::to_array<std::string_view>({"online", "maintenance", "unknown", "fence", "gone"});
constexpr auto kLocks =
    std::to_array<std::string_view>({"backup", "clone", "create", "migrate", "rollback", "snapshot",
                                     "snapshot-delete", "suspended", "suspending"});

using Value = std::optional<double>;

std::string node_id(std::string_view name) { return "node/" + std::string(name); }
std::string_view type_of(std::string_view id) { return id.substr(0, id.find('/')); }
std::string storage_id(const SnapshotStorage& storage) {
  return "storage/" + storage.host + "/" + storage.document.name;
}

class Page {
 public:
  Page(const Snapshot& snapshot, Exposition exposition) : snapshot_(snapshot), text_(exposition, 65536) {}

  void cluster_part() {
    status();
    infos();
    figures();
    states();
    append_backup_coverage(snapshot_, text_);
  }

  // Of one host, or of all.
  void node_part(const std::string& host) {
    family("pve_onboot_status");
    for (const auto& guest : snapshot_.guests) {
      const auto& document = guest.document;
      if (!guest.read || (!host.empty() && document.host != host)) continue;
      text_.sample({{"id", document.id}, {"node", document.host}, {"type", type_of(document.id)}},
                   guest.onboot ? 1 : 0);
    }
    append_replication(snapshot_, host, text_);
  }

  std::string finish() && { return std::move(text_).finish(); }

 private:
  void family(std::string_view name) { text_.family(metric(name).family); }
  void sample(std::string_view id, const Value& value) {
    if (value) text_.sample({{"id", id}}, *value);
  }

  void status() {
    family("pve_up");
    for (const auto& host : snapshot_.hosts) sample(node_id(host.document.name), host.up ? 1 : 0);
    if (snapshot_.shows_cluster && !snapshot_.cluster.empty() && snapshot_.quorate)
      sample("cluster/" + snapshot_.cluster, *snapshot_.quorate ? 1 : 0);
    for (const auto& guest : snapshot_.guests) {
      if (guest.read) sample(guest.document.id, guest.document.status == GuestStatus::running ? 1 : 0);
    }
    for (const auto& storage : snapshot_.storages) {
      if (const auto& active = storage.document.active) sample(storage_id(storage), *active ? 1 : 0);
    }
  }

  void infos() {
    family("pve_version_info");
    for (const auto& host : snapshot_.hosts) {  // one series: of the host that answers, as the API gives it
      if (!host.read || !host.document.pve_version) continue;
      text_.sample({{"release", host.pve_release},
                    {"repoid", host.pve_repoid},
                    {"version", *host.document.pve_version}},
                   1);
      break;
    }
    family("pve_node_info");
    for (const auto& host : snapshot_.hosts) {
      text_.sample({{"id", node_id(host.document.name)},
                    {"level", host.subscription_level},
                    {"name", host.document.name},
                    {"nodeid", std::to_string(host.node_id.value_or(0))}},
                   1);
    }
    if (snapshot_.shows_cluster && !snapshot_.cluster.empty() && snapshot_.quorate) {
      family("pve_cluster_info");
      text_.sample({{"id", "cluster/" + snapshot_.cluster},
                    {"nodes", std::to_string(snapshot_.members)},
                    {"quorate", *snapshot_.quorate ? "1" : "0"},
                    {"version", text::number(snapshot_.cluster_version.value_or(0))}},
                   1);
    }
    family("pve_guest_info");
    for (const auto& guest : snapshot_.guests) {
      const auto& document = guest.document;
      if (!guest.read) continue;
      text_.sample({{"id", document.id},
                    {"node", document.host},
                    {"name", document.name.value_or("")},
                    {"type", type_of(document.id)},
                    {"template", document.is_template.value_or(false) ? "1" : "0"},
                    {"tags", text::join(document.tags, ";")}},
                   1);
    }
    family("pve_storage_info");
    for (const auto& storage : snapshot_.storages) {
      const auto& document = storage.document;
      text_.sample({{"id", storage_id(storage)},
                    {"node", storage.host},
                    {"storage", document.name},
                    {"plugintype", document.type},
                    {"content", text::join(document.content, ",")}},
                   1);
    }
    family("pve_storage_shared");
    for (const auto& storage : snapshot_.storages) {
      if (const auto& shared = storage.document.shared) sample(storage_id(storage), *shared ? 1 : 0);
    }
  }

  // `of_hosts`: the API has it of hosts, too. A guest that is known to be stopped uses nothing: 0, as the API
  // says.
  void figure(std::string_view name, Value Figures::*member, bool of_hosts, bool zero_when_stopped) {
    family(name);
    for (const auto& host : snapshot_.hosts) {
      if (of_hosts && host.read) sample(node_id(host.document.name), host.figures.*member);
    }
    for (const auto& guest : snapshot_.guests) {
      if (!guest.read) continue;
      const bool stopped = guest.document.status == GuestStatus::stopped;
      sample(guest.document.id, zero_when_stopped && stopped ? Value(0) : guest.figures.*member);
    }
  }

  void figures() {
    figure("pve_cpu_usage_ratio", &Figures::cpu_usage_ratio, true, true);
    figure("pve_cpu_usage_limit", &Figures::cpu_limit_cores, true, false);
    figure("pve_memory_usage_bytes", &Figures::memory_usage_bytes, true, true);
    figure("pve_memory_size_bytes", &Figures::memory_size_bytes, true, false);
    figure("pve_uptime_seconds", &Figures::uptime_seconds, true, true);
    figure("pve_disk_usage_bytes", &Figures::disk_usage_bytes, true, true);
    for (const auto& storage : snapshot_.storages) {
      const auto& document = storage.document;
      if (document.total_bytes && document.free_bytes)
        sample(storage_id(storage), *document.total_bytes - *document.free_bytes);
    }
    figure("pve_disk_size_bytes", &Figures::disk_size_bytes, true, false);
    for (const auto& storage : snapshot_.storages) sample(storage_id(storage), storage.document.total_bytes);
    // Each under its present name and under the one that it has given up.
    figure("pve_network_receive_bytes_total", &Figures::network_receive_bytes_total, false, true);
    figure("pve_network_receive_bytes", &Figures::network_receive_bytes_total, false, true);
    figure("pve_network_transmit_bytes_total", &Figures::network_transmit_bytes_total, false, true);
    figure("pve_network_transmit_bytes", &Figures::network_transmit_bytes_total, false, true);
    figure("pve_disk_read_bytes_total", &Figures::disk_read_bytes_total, false, true);
    figure("pve_disk_read_bytes", &Figures::disk_read_bytes_total, false, true);
    figure("pve_disk_written_bytes_total", &Figures::disk_written_bytes_total, false, true);
    figure("pve_disk_write_bytes", &Figures::disk_written_bytes_total, false, true);
  }

  void one_hot(std::string_view id, std::span<const std::string_view> names, std::string_view is) {
    for (const auto name : names) text_.sample({{"id", id}, {"state", name}}, name == is ? 1 : 0);
  }

  void states() {
    family("pve_ha_state");
    for (const auto& guest : snapshot_.guests) {
      const auto& ha = guest.document.ha;
      if (guest.read) one_hot(guest.document.id, kServiceStates, ha ? ha->state.value_or("") : "");
    }
    for (const auto& host : snapshot_.hosts)
      one_hot(node_id(host.document.name), kNodeStates, host.ha_state.value_or(""));
    family("pve_lock_state");
    for (const auto& guest : snapshot_.guests) {
      if (guest.read) one_hot(guest.document.id, kLocks, guest.document.lock.value_or(""));
    }
  }

  const Snapshot& snapshot_;
  MetricsText text_;
};

}  // namespace

std::string render_pve(const Snapshot& snapshot, const std::string& host, const PveParts& parts,
                       Exposition exposition) {
  Page page(snapshot, exposition);
  if (parts.cluster) page.cluster_part();
  if (parts.node) page.node_part(host);
  return std::move(page).finish();
}

}  // namespace pcb
