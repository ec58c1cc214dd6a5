#include <algorithm>
#include <cmath>

#include "tests/lab/model/render.h"
#include "tests/lab/model/text.h"

namespace pcb::lab::render {
namespace {

std::string guest_row(Model& model, const HostState& host, GuestState& guest, double second) {
  const bool nine = host.spec.major() >= 9;
  const auto& spec = guest.spec;
  const double now = std::floor(model.unix_seconds(host, second));
  const double cores = guest.shown_cores(host.spec.cores);
  double disk = 0.0;
  for (const auto& [storage, size] : spec.disks) disk = disk > 0.0 ? disk : size;
  std::string row = form("%s/%d:%.0f:%s:%s:%d:%.0f:%.15g:", nine ? "pve-vm-9.0" : "pve2.3-vm", spec.id,
                         guest.running ? std::max(0.0, second - guest.started_at) : 0.0, spec.name.c_str(),
                         guest.running ? "running" : "stopped", spec.template_ ? 1 : 0, now, cores);
  if (!guest.running) {
    row += form("U:%.0f:U:%.0f:0:U:U:U:U", spec.memory_bytes, disk);
    return row + (nine ? ":U:U:U:U:U:U:U\n" : "\n");
  }
  const double seconds = std::max(0.001, second - guest.published_at);
  const double used_cores = (guest.cpu_seconds - guest.published_cpu_seconds) / seconds;
  const auto memory = guest.memory(second);
  row +=
      form("%.15g:%.0f:%.0f:%.0f:%.0f:%.0f:%.0f:%.0f:%.0f", used_cores / cores, spec.memory_bytes,
           memory.current - memory.file, disk, spec.vm ? 0.0 : spec.disk_used_bytes, guest.network_in_bytes,
           guest.network_out_bytes, guest.disk_read_bytes, guest.disk_written_bytes);
  if (!nine) return row + "\n";
  const double waits = spec.cpu.at(second) > 1e-9
                           ? 100.0 * std::max(0.0, 1.0 - guest.cpu_now_cores / spec.cpu.at(second))
                           : 0.0;
  return row + (spec.vm ? ":" + whole(memory.current - memory.file) : ":U") +
         form(":%.2f:%.2f:0.00:0.00:0.00:0.00\n", waits, waits * 0.3);
}

std::string node_row(Model& model, HostState& host, double second) {
  const bool nine = host.spec.major() >= 9;
  const double seconds = std::max(0.001, second - host.published_at);
  const double cpu = (host.cpu_seconds - host.published_cpu_seconds) / seconds / host.spec.cores;
  const double arc_over = std::max(0.0, host.spec.arc_bytes - host.spec.arc_minimum_bytes);
  const double used = model.memory_used_bytes(host, second) + 0.5 * arc_over;
  std::string row =
      form("%s/%s:%.0f::%.0f:%.2f:%d:%.15g:0.004:%.0f:%.0f:%.0f:0:%.0f:%.0f:%.0f:%.0f",
           nine ? "pve-node-9.0" : "pve2-node", host.spec.name.c_str(), host.spec.uptime_seconds + second,
           std::floor(model.unix_seconds(host, second)), host.load[0], host.spec.cores, cpu,
           host.spec.memory_bytes, used, host.spec.swap_bytes, host.spec.root_bytes,
           host.spec.root_used_bytes, host.network_in_bytes, host.network_out_bytes);
  if (nine)
    row += form(":%.0f:%.0f:0.00:0.00:0.00:0.00:0.00", host.spec.memory_bytes - used, host.spec.arc_bytes);
  return row + "\n";
}

}  // namespace

std::string rrd_rows(Model& model, HostState& host, double second) {
  model.advance(host, second);
  const char* storage_key = host.spec.major() >= 9 ? "pve-storage-9.0" : "pve2-storage";
  const double now = std::floor(model.unix_seconds(host, second));
  std::string rows;
  for (auto& [id, guest] : model.guests()) {
    if (guest.host != host.spec.name) continue;
    rows += guest_row(model, host, guest, second);
    guest.published_cpu_seconds = guest.cpu_seconds;
    guest.published_at = second;
  }
  rows += node_row(model, host, second);
  host.published_cpu_seconds = host.cpu_seconds;
  host.published_at = second;
  for (const auto& [name, storage] : model.spec().storages) {
    const bool here =
        storage.hosts.empty() || std::count(storage.hosts.begin(), storage.hosts.end(), host.spec.name) > 0;
    if (here && !storage.disabled)
      rows += form("%s/%s/%s:%.0f:%.0f:%.0f\n", storage_key, host.spec.name.c_str(), name.c_str(), now,
                   storage.size_bytes, storage.used_bytes);
  }
  return rows + form("%s/%s/local:%.0f:%.0f:%.0f\n", storage_key, host.spec.name.c_str(), now,
                     host.spec.root_bytes, host.spec.root_used_bytes);
}

std::string members(Model& model, const HostState& view, std::uint64_t version,
                    const std::map<std::string, std::string>& addresses) {
  const auto& cluster = model.spec();
  if (cluster.hosts.size() == 1)
    return form("{\n\"nodename\": \"%s\",\n\"version\": %llu\n}\n", view.spec.name.c_str(),
                static_cast<unsigned long long>(version));
  std::string text = form(
      "{\n\"nodename\": \"%s\",\n\"version\": %llu,\n\"cluster\": { \"name\": \"%s\", \"version\": 3, "
      "\"nodes\": %zu, \"quorate\": %d },\n\"nodelist\": {\n",
      view.spec.name.c_str(), static_cast<unsigned long long>(version), cluster.name.c_str(),
      cluster.hosts.size(), model.quorate(view) ? 1 : 0);
  std::string members;
  for (std::size_t i = 0; i < cluster.hosts.size(); ++i) {
    const auto& name = cluster.hosts[i].name;
    if (model.host(name)->left && name != view.spec.name) continue;
    const auto address = addresses.find(name);
    members +=
        form("%s  \"%s\": { \"id\": %zu, \"online\": %d, \"ip\": \"%s\"}", members.empty() ? "" : ",\n",
             name.c_str(), i + 1, model.sees_online(view, *model.host(name)) ? 1 : 0,
             address == addresses.end() ? "" : address->second.c_str());
  }
  return text + members + "\n  }\n}\n";
}

std::string vmlist(Model& model, std::uint64_t version) {
  std::string text = form("{\n\"version\": %llu", static_cast<unsigned long long>(version));
  std::string ids;
  for (const auto& [id, guest] : model.guests()) {
    if (guest.host.empty()) continue;
    ids += form("%s\"%d\": { \"node\": \"%s\", \"type\": \"%s\", \"version\": %llu }",
                ids.empty() ? "" : ",\n", id, guest.host.c_str(), guest.spec.vm ? "qemu" : "lxc",
                static_cast<unsigned long long>(guest.config_version));
  }
  if (ids.empty()) return text + "\n\n}\n";
  return text + ",\n\"ids\": {\n" + ids + "}\n\n}\n";
}

}  // namespace pcb::lab::render
