#include <algorithm>
#include <cstdlib>
#include <functional>

#include <yaml-cpp/yaml.h>

#include "tests/lab/model/spec.h"

namespace pcb::lab {
namespace {

// One fault ends the reading: the file is small and its author sits in front of it.
struct Fault {
  std::string message;
};

[[noreturn]] void fault(const YAML::Node& node, const std::string& message) {
  throw Fault{"line " + std::to_string(node.Mark().line + 1) + ": " + message};
}

std::string text_of(const YAML::Node& node) {
  if (!node.IsScalar()) fault(node, "a plain value is expected here");
  return node.Scalar();
}

double number_of(const YAML::Node& node) {
  const std::string text = text_of(node);
  char* end = nullptr;
  const double value = std::strtod(text.c_str(), &end);
  if (text.empty() || *end != '\0') fault(node, "'" + text + "' is not a number");
  return value;
}

double size_of(const YAML::Node& node) {
  const auto size = parse_size(text_of(node));
  if (!size) fault(node, "'" + text_of(node) + "' is not a size; write 512MiB or 32GiB");
  return *size;
}

double seconds_of(const YAML::Node& node) {
  const auto seconds = parse_duration(text_of(node));
  if (!seconds) fault(node, "'" + text_of(node) + "' is not a duration; write 0.2s or 5m");
  return *seconds;
}

bool flag_of(const YAML::Node& node) {
  bool value = false;
  if (!YAML::convert<bool>::decode(node, value)) fault(node, "true or false is expected here");
  return value;
}

std::vector<std::string> words_of(const YAML::Node& node) {
  std::vector<std::string> words;
  if (node.IsScalar()) return {node.Scalar()};
  for (const auto& item : node) words.push_back(text_of(item));
  return words;
}

using ReadValue = double (*)(const YAML::Node&);

Load load_of(const YAML::Node& node, ReadValue value) {
  if (node.IsScalar()) return Load(value(node));
  if (node.IsMap() && node["mean"]) {
    if (!node["amplitude"] || !node["period"]) fault(node, "a sine has mean, amplitude and period");
    return Load::sine(value(node["mean"]), value(node["amplitude"]), seconds_of(node["period"]));
  }
  std::vector<std::pair<double, double>> steps;
  const auto add = [&](const YAML::Node& map) {
    for (const auto& step : map) steps.emplace_back(seconds_of(step.first), value(step.second));
  };
  if (node.IsSequence()) {
    for (const auto& map : node) add(map);
  } else {
    add(node);
  }
  if (steps.empty() || steps.front().first != 0.0 || !std::is_sorted(steps.begin(), steps.end()))
    fault(node, "steps start at 0s and rise: [0s: 1, 60s: 6]");
  return Load::steps(std::move(steps));
}

using Setters = std::map<std::string, std::function<void(const YAML::Node&)>>;

void read_map(const YAML::Node& node, const std::string& what, const Setters& setters) {
  if (node.IsNull()) return;
  if (!node.IsMap()) fault(node, what + " is a map");
  for (const auto& item : node) {
    const std::string key = text_of(item.first);
    const auto found = setters.find(key);
    if (found == setters.end()) {
      std::string known;
      for (const auto& [name, setter] : setters) known += (known.empty() ? "" : ", ") + name;
      fault(item.first, "unknown key '" + key + "' in " + what + "; known are " + known);
    }
    found->second(item.second);
  }
}

StorageSpec read_storage(const YAML::Node& node) {
  StorageSpec storage;
  read_map(node, "a storage",
           {{"type", [&](const auto& v) { storage.type = text_of(v); }},
            {"content", [&](const auto& v) { storage.content = text_of(v); }},
            {"hosts", [&](const auto& v) { storage.hosts = words_of(v); }},
            {"shared", [&](const auto& v) { storage.shared = flag_of(v); }},
            {"disabled", [&](const auto& v) { storage.disabled = flag_of(v); }},
            {"size", [&](const auto& v) { storage.size_bytes = size_of(v); }},
            {"used", [&](const auto& v) { storage.used_bytes = size_of(v); }}});
  return storage;
}

HostSpec read_host(const std::string& name, const YAML::Node& node, const ClusterSpec& cluster) {
  HostSpec host;
  host.name = name;
  host.version = cluster.version;
  Setters setters{{"version", [&](const auto& v) { host.version = text_of(v); }},
                  {"cores", [&](const auto& v) { host.cores = static_cast<int>(number_of(v)); }},
                  {"memory", [&](const auto& v) { host.memory_bytes = size_of(v); }},
                  {"cpu", [&](const auto& v) { host.own_cpu = load_of(v, number_of); }},
                  {"memory_used", [&](const auto& v) { host.own_memory = load_of(v, size_of); }},
                  {"swap", [&](const auto& v) { host.swap_bytes = size_of(v); }},
                  {"arc", [&](const auto& v) { host.arc_bytes = size_of(v); }},
                  {"arc_minimum", [&](const auto& v) { host.arc_minimum_bytes = size_of(v); }},
                  {"uptime", [&](const auto& v) { host.uptime_seconds = seconds_of(v); }},
                  {"root", [&](const auto& v) { host.root_bytes = size_of(v); }},
                  {"root_used", [&](const auto& v) { host.root_used_bytes = size_of(v); }},
                  {"clock_skew", [&](const auto& v) { host.clock_skew_seconds = seconds_of(v); }},
                  {"cpu_model", [&](const auto& v) { host.cpu_model = text_of(v); }},
                  {"cpu_vendor", [&](const auto& v) { host.cpu_vendor = text_of(v); }},
                  {"cpu_level", [&](const auto& v) { host.cpu_level = static_cast<int>(number_of(v)); }},
                  {"bridges", [&](const auto& v) { host.bridges = words_of(v); }},
                  {"vlan_aware", [&](const auto& v) { host.vlan_aware = words_of(v); }},
                  {"maintenance", [&](const auto& v) { host.maintenance = flag_of(v); }},
                  {"offline", [&](const auto& v) { host.offline = flag_of(v); }},
                  {"password", [&](const auto& v) { host.password = text_of(v); }}};
  for (const char* key : {"cpu_threshold", "memory_threshold", "root_filesystem_threshold",
                          "container_cpu_threshold", "container_memory_threshold"})
    setters[key] = [&host, key](const YAML::Node& v) { host.thresholds[key] = number_of(v); };
  read_map(node, "a host", setters);
  if (host.cores < 1) fault(node, "a host has at least one core");
  if (host.bridges.empty()) fault(node, "a host has at least one bridge: its address is on the first");
  return host;
}

void read_ha(const YAML::Node& node, GuestSpec& guest) {
  if (node.IsScalar()) {
    guest.ha = flag_of(node);
    return;
  }
  guest.ha = true;
  read_map(node, "ha",
           {{"state", [&](const auto& v) { guest.ha_state = text_of(v); }},
            {"group", [&](const auto& v) { guest.ha_group = text_of(v); }},
            {"failback", [&](const auto& v) { guest.ha_failback = flag_of(v); }}});
}

GuestSpec read_guest(int id, const YAML::Node& node) {
  GuestSpec guest;
  guest.id = id;
  read_map(node, "a guest",
           {{"type",
             [&](const auto& v) {
               if (text_of(v) != "vm" && text_of(v) != "ct") fault(v, "type is ct or vm");
               guest.vm = text_of(v) == "vm";
             }},
            {"name", [&](const auto& v) { guest.name = text_of(v); }},
            {"host", [&](const auto& v) { guest.host = text_of(v); }},
            {"status", [&](const auto& v) { guest.running = text_of(v) == "running"; }},
            {"template", [&](const auto& v) { guest.template_ = flag_of(v); }},
            {"onboot", [&](const auto& v) { guest.onboot = flag_of(v); }},
            {"cores", [&](const auto& v) { guest.cores = number_of(v); }},
            {"cpulimit", [&](const auto& v) { guest.cpulimit = number_of(v); }},
            {"memory", [&](const auto& v) { guest.memory_bytes = size_of(v); }},
            {"swap", [&](const auto& v) { guest.swap_bytes = size_of(v); }},
            {"cpu", [&](const auto& v) { guest.cpu = load_of(v, number_of); }},
            {"memory_used", [&](const auto& v) { guest.memory_used = load_of(v, size_of); }},
            {"memory_cache", [&](const auto& v) { guest.memory_cache_bytes = size_of(v); }},
            {"swap_used", [&](const auto& v) { guest.swap_used_bytes = size_of(v); }},
            {"network_in", [&](const auto& v) { guest.network_in = load_of(v, size_of); }},
            {"network_out", [&](const auto& v) { guest.network_out = load_of(v, size_of); }},
            {"disk_read", [&](const auto& v) { guest.disk_read = load_of(v, size_of); }},
            {"disk_written", [&](const auto& v) { guest.disk_written = load_of(v, size_of); }},
            {"tags", [&](const auto& v) { guest.tags = words_of(v); }},
            {"snapshots", [&](const auto& v) { guest.snapshots = words_of(v); }},
            {"lock", [&](const auto& v) { guest.lock = text_of(v); }},
            {"bind_mount", [&](const auto& v) { guest.bind_mount = text_of(v); }},
            {"cpu_type", [&](const auto& v) { guest.cpu_type = text_of(v); }},
            {"bridge", [&](const auto& v) { guest.bridge = text_of(v); }},
            {"vlan", [&](const auto& v) { guest.vlan = static_cast<int>(number_of(v)); }},
            {"disk",
             [&](const auto& v) {
               for (const auto& disk : v) guest.disks.emplace_back(text_of(disk.first), size_of(disk.second));
             }},
            {"disk_used", [&](const auto& v) { guest.disk_used_bytes = size_of(v); }},
            {"ha", [&](const auto& v) { read_ha(v, guest); }},
            {"raw", [&](const auto& v) { guest.raw = words_of(v); }}});
  if (guest.host.empty()) fault(node, "guest " + std::to_string(id) + " has no host");
  if (guest.template_) guest.running = false;
  return guest;
}

HaGroupSpec read_group(const YAML::Node& node) {
  HaGroupSpec group;
  read_map(node, "an HA group",
           {{"nodes",
             [&](const auto& v) {
               if (v.IsMap()) {
                 for (const auto& item : v)
                   group.nodes.emplace_back(text_of(item.first), static_cast<int>(number_of(item.second)));
               } else {
                 for (const auto& name : words_of(v)) group.nodes.emplace_back(name, 0);
               }
             }},
            {"restricted", [&](const auto& v) { group.restricted = flag_of(v); }},
            {"nofailback", [&](const auto& v) { group.nofailback = flag_of(v); }}});
  return group;
}

HaAffinitySpec read_affinity(const YAML::Node& node) {
  HaAffinitySpec rule;
  read_map(node, "an HA affinity",
           {{"guests",
             [&](const auto& v) {
               for (const auto& id : v) rule.guests.push_back(static_cast<int>(number_of(id)));
             }},
            {"positive", [&](const auto& v) { rule.positive = flag_of(v); }}});
  return rule;
}

void check(const YAML::Node& root, ClusterSpec& cluster) {
  if (cluster.hosts.empty()) fault(root, "the cluster has no hosts");
  if (cluster.storages.empty()) {
    cluster.storages["ceph"] = StorageSpec{};
    cluster.storages["local-zfs"].type = "zfspool";
  }
  for (auto& [id, guest] : cluster.guests) {
    const auto& node = root["guests"];
    if (cluster.host(guest.host) == nullptr)
      fault(node, "guest " + std::to_string(id) + " is on host '" + guest.host + "', which is not there");
    if (guest.disks.empty())
      guest.disks.emplace_back(cluster.storages.begin()->first, 8.0 * 1024 * 1024 * 1024);
    if (!guest.ha_group.empty() && cluster.ha_groups.count(guest.ha_group) == 0)
      fault(node, "guest " + std::to_string(id) + " is in the HA group '" + guest.ha_group +
                      "', which is not there");
    for (const auto& [storage, size] : guest.disks) {
      if (cluster.storages.count(storage) == 0 && storage != "local")
        fault(node,
              "guest " + std::to_string(id) + " has a disk on storage '" + storage + "', which is not there");
    }
  }
}

ClusterSpec read(const YAML::Node& root) {
  ClusterSpec cluster;
  YAML::Node hosts;
  read_map(root, "the cluster",
           {{"cluster", [&](const auto& v) { cluster.name = text_of(v); }},
            {"version", [&](const auto& v) { cluster.version = text_of(v); }},
            {"phase", [&](const auto& v) { cluster.phase_seconds = seconds_of(v); }},
            {"pvestatd", [&](const auto& v) { cluster.pvestatd_seconds = seconds_of(v); }},
            {"lock_lifetime", [&](const auto& v) { cluster.lock_lifetime_seconds = seconds_of(v); }},
            {"auto_rebalance", [&](const auto& v) { cluster.auto_rebalance = flag_of(v); }},
            {"storages",
             [&](const auto& v) {
               for (const auto& s : v) cluster.storages[text_of(s.first)] = read_storage(s.second);
             }},
            {"hosts", [&](const auto& v) { hosts = v; }},
            {"guests",
             [&](const auto& v) {
               for (const auto& g : v) {
                 const int id = static_cast<int>(number_of(g.first));
                 if (!cluster.guests.emplace(id, read_guest(id, g.second)).second)
                   fault(g.first, "guest " + std::to_string(id) + " stands twice");
               }
             }},
            {"ha_groups",
             [&](const auto& v) {
               for (const auto& g : v) cluster.ha_groups[text_of(g.first)] = read_group(g.second);
             }},
            {"ha_affinities",
             [&](const auto& v) {
               for (const auto& a : v) cluster.ha_affinities[text_of(a.first)] = read_affinity(a.second);
             }},
            {"config", [&](const auto& v) { cluster.config = YAML::Dump(v) + "\n"; }}});
  for (const auto& host : hosts)
    cluster.hosts.push_back(read_host(text_of(host.first), host.second, cluster));
  check(root, cluster);
  return cluster;
}

}  // namespace

Result<ClusterSpec> read_spec(const std::string& yaml_text) {
  try {
    return read(YAML::Load(yaml_text));
  } catch (const Fault& caught) {
    return Error{caught.message};
  } catch (const YAML::Exception& caught) {
    return Error{caught.what()};
  }
}

}  // namespace pcb::lab
