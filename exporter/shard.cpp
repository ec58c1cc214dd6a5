#include "exporter/shard.h"

#include <set>
#include <string>

#include "common/text.h"
#include "exporter/snapshot_parts.h"

namespace pcb {

bool Shard::has(std::string_view host) const {
  std::uint64_t hash = 14695981039346656037U;
  for (const char byte : host) hash = (hash ^ static_cast<unsigned char>(byte)) * 1099511628211U;
  return hash % static_cast<std::uint64_t>(count) == static_cast<std::uint64_t>(index - 1);
}

Result<Shard> read_shard(std::string_view text) {
  constexpr std::int64_t kMostShards = 100;
  const auto slash = text.find('/');
  const auto index = text::to_int64(text.substr(0, slash));
  const auto count = slash == std::string_view::npos ? std::nullopt : text::to_int64(text.substr(slash + 1));
  if (!index || !count || *index < 1 || *index > *count || *count > kMostShards)
    return Error{"--shard " + text::printable(text) +
                 ": write the number of this one and of all, such as 1/2"};
  return Shard{static_cast<int>(*index), static_cast<int>(*count)};
}

Status keep_own_hosts(const Shard& shard, Config& config) {
  if (shard.count == 1) return Done{};
  if (!config.ssh.jump.empty())
    return Error{"--shard does not go with ssh.jump: run the exporters where they reach the hosts"};
  std::erase_if(config.proxmox_hosts, [&](const HostConfig& host) { return !shard.has(host.name); });
  if (!config.proxmox_hosts.empty()) return Done{};
  return Error{"shard " + std::to_string(shard.index) + "/" + std::to_string(shard.count) +
               " has none of the hosts in proxmox_hosts; list all hosts, or use fewer shards"};
}

void keep_own(const Shard& shard, Snapshot& snapshot) {
  if (shard.count == 1) return;
  const auto name_of = [](const SnapshotHost& host) -> const std::string& {
    return host.configured_name.empty() ? host.document.name : host.configured_name;
  };
  std::set<std::string> own;
  for (const SnapshotHost& host : snapshot.hosts)
    if (shard.has(name_of(host))) own.insert(host.document.name);
  std::erase_if(snapshot.hosts, [&](const auto& host) { return !own.contains(host.document.name); });
  std::erase_if(snapshot.guests, [&](const auto& guest) { return !own.contains(guest.document.host); });
  std::erase_if(snapshot.storages, [&](const auto& storage) { return !own.contains(storage.host); });
  std::erase_if(snapshot.tasks, [&](const auto& task) { return !own.contains(task.host); });
  snapshot.shows_cluster = shard.index == 1;
}

}  // namespace pcb
