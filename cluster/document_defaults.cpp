#include "cluster/document_defaults.h"

#include <algorithm>

#include "cluster/document_fields.h"

namespace pcb {
namespace {

std::optional<double> use_of(const Guest& guest, const std::optional<double>& value) {
  if (status_of(guest) == GuestStatus::stopped) return 0.0;
  return value;
}

std::optional<double> arriving(const std::optional<double>& use, const std::optional<double>& high) {
  if (!use || !high) return use;
  return std::max(*use, *high);
}

}  // namespace

bool is_quorate(const Cluster& cluster) { return cluster.quorate.value_or(true); }
bool is_auto_rebalanced(const Cluster& cluster) { return cluster.auto_rebalance.value_or(false); }

HostState state_of(const Host& host) { return host.state.value_or(HostState::online); }
bool is_online(const Host& host) { return state_of(host) == HostState::online; }
double age_seconds_of(const Host& host) { return host.age_seconds.value_or(0); }
double cpu_threshold_of(const Host& host) { return host.cpu_threshold.value_or(kDefaultCpuThreshold); }
double memory_threshold_of(const Host& host) {
  return host.memory_threshold.value_or(kDefaultMemoryThreshold);
}
double memory_reserved_bytes_of(const Host& host) { return host.memory_reserved_bytes.value_or(0); }

double cpu_limit_cores(const Host& host) { return cpu_threshold_of(host) * host.cpu_cores; }
double memory_limit_bytes(const Host& host) {
  const double unreserved = host.memory_bytes - memory_reserved_bytes_of(host);
  return std::max(0.0, std::min(memory_threshold_of(host) * host.memory_bytes, unreserved));
}

GuestStatus status_of(const Guest& guest) { return guest.status.value_or(GuestStatus::running); }
bool is_running(const Guest& guest) { return status_of(guest) == GuestStatus::running; }
bool is_template(const Guest& guest) { return guest.is_template.value_or(false); }
bool is_guest_id(std::string_view id) {
  for (const std::string_view kind : {"lxc/", "qemu/"}) {
    if (!id.starts_with(kind)) continue;
    const std::string_view number = id.substr(kind.size());
    return !number.empty() && number.size() <= 9 && number[0] != '0' &&
           std::all_of(number.begin(), number.end(), [](char c) { return c >= '0' && c <= '9'; });
  }
  return false;
}
bool is_container(const Guest& guest) { return guest.id.starts_with("lxc/"); }
std::string name_of(const Guest& guest) { return guest.name.value_or(guest.id); }
bool is_ha_managed(const Guest& guest) { return guest.ha && guest.ha->managed; }

std::optional<double> cpu_used_cores_of(const Guest& guest) { return use_of(guest, guest.cpu_used_cores); }
std::optional<double> memory_used_bytes_of(const Guest& guest) {
  return use_of(guest, guest.memory_used_bytes);
}
std::optional<double> cpu_arriving_cores_of(const Guest& guest) {
  return arriving(cpu_used_cores_of(guest), use_of(guest, guest.cpu_high_cores));
}
std::optional<double> memory_arriving_bytes_of(const Guest& guest) {
  return arriving(memory_used_bytes_of(guest), use_of(guest, guest.memory_high_bytes));
}

const HostStorage* find_storage(const Host& host, const std::string& name) {
  if (!host.storages) return nullptr;
  const auto at = std::find_if(host.storages->begin(), host.storages->end(),
                               [&](const HostStorage& storage) { return storage.name == name; });
  return at == host.storages->end() ? nullptr : &*at;
}
bool is_active(const HostStorage& storage) { return storage.active.value_or(true); }
bool is_shared(const HostStorage& storage) { return storage.shared.value_or(false); }
bool is_shared(const Volume& volume, const Host& host) {
  if (volume.shared) return *volume.shared;
  const HostStorage* storage = find_storage(host, volume.storage);
  return storage != nullptr && is_shared(*storage);
}
std::optional<double> copy_bytes_of(const Volume& volume) {
  return volume.used_bytes ? volume.used_bytes : volume.size_bytes;
}

std::string to_word(HostState state) {
  return std::string(kEnumWords<HostState>.at(static_cast<size_t>(state)));
}
std::string to_word(GuestStatus status) {
  return std::string(kEnumWords<GuestStatus>.at(static_cast<size_t>(status)));
}
std::string to_word(RuleKind kind) { return std::string(kEnumWords<RuleKind>.at(static_cast<size_t>(kind))); }

}  // namespace pcb
