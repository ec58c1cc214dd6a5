#include "exporter/parse/net.h"

#include <array>

#include "common/text.h"
#include "exporter/parse/proc.h"

namespace pcb {
namespace {

bool is_named_physical(std::string_view device) {
  constexpr std::array<std::string_view, 6> kPrefixes = {"en", "eth", "nic", "ib", "wl", "usb"};
  for (const auto prefix : kPrefixes) {
    // A VLAN device ("eno1.30") carries what its parent counts already.
    if (device.starts_with(prefix) && device.find('.') == std::string_view::npos) return true;
  }
  return false;
}

bool is_of_firewall(std::string_view device) {
  return device.starts_with("fwbr") || device.starts_with("fwpr") || device.starts_with("fwln");
}

// "veth101i0" → "lxc/101"; empty for other devices.
std::string guest_of(std::string_view device) {
  const bool container = device.starts_with("veth");
  if (!container && !device.starts_with("tap")) return {};
  const auto rest = device.substr(container ? 4 : 3);
  const auto i = rest.find('i');
  if (i == std::string_view::npos || !text::to_uint64(rest.substr(0, i)) ||
      !text::to_uint64(rest.substr(i + 1))) {
    return {};
  }
  return (container ? "lxc/" : "qemu/") + std::string(rest.substr(0, i));
}

void add_open_vswitch(std::string_view interfaces, std::vector<Bridge>& bridges) {
  std::string_view current;
  for (const auto line : text::split_lines(interfaces)) {
    const auto words = text::split_words(line);
    if (words.size() >= 2 && words[0] == "iface") current = words[1];
    if (words.size() == 2 && words[0] == "ovs_type" && words[1] == "OVSBridge" && !current.empty()) {
      bridges.push_back({std::string(current), true, std::nullopt, std::nullopt});
    }
  }
}

}  // namespace

Result<NetCounters> parse_net_dev(std::string_view text) {
  NetCounters counters;
  std::size_t devices = 0;
  for (const auto line : text::split_lines(text)) {
    const auto colon = line.find(':');
    if (colon == std::string_view::npos) continue;  // the two lines of headings
    const auto device = text::trim(line.substr(0, colon));
    const auto words = text::split_words(line.substr(colon + 1));
    const auto received = words.size() >= 16 ? text::to_double(words[0]) : std::nullopt;
    const auto transmitted = words.size() >= 16 ? text::to_double(words[8]) : std::nullopt;
    if (!received || !transmitted) return Error{"/proc/net/dev is cut off or malformed"};
    ++devices;
    if (const auto guest = guest_of(device); !guest.empty()) {
      auto& traffic = counters.guests[guest];
      traffic.received_bytes += *transmitted;
      traffic.transmitted_bytes += *received;
    } else if (!is_of_firewall(device)) {
      counters.devices.insert_or_assign(std::string(device), NetTraffic{*received, *transmitted});
    }
  }
  if (devices == 0 || !text.ends_with('\n')) return Error{"/proc/net/dev is cut off or malformed"};
  return counters;
}

std::optional<NetTraffic> host_traffic(const NetCounters& counters, const std::set<std::string>& nics) {
  std::optional<NetTraffic> sum;
  for (const auto& [device, traffic] : counters.devices) {
    if (nics.empty() ? !is_named_physical(device) : !nics.contains(device)) continue;
    if (!sum) sum.emplace();
    sum->received_bytes += traffic.received_bytes;
    sum->transmitted_bytes += traffic.transmitted_bytes;
  }
  return sum;
}

std::optional<std::vector<Bridge>> parse_bridges(const FileMap& files) {
  // Every bridge has stp_state; a kernel without VLAN filtering has no vlan_filtering.
  constexpr std::string_view kNet = "/sys/class/net/", kState = "/bridge/stp_state",
                             kFiltering = "/bridge/vlan_filtering";
  std::set<std::string> names;
  bool read = files.get("/sys/class/net/lo/mtu").has_value();
  for (const auto& file : files.below(kNet)) {
    for (const auto suffix : {kState, kFiltering}) {
      if (!file.path.ends_with(suffix)) continue;
      names.emplace(file.path.substr(kNet.size(), file.path.size() - kNet.size() - suffix.size()));
    }
  }
  const auto number_in = [&](const std::string& path) -> std::optional<double> {
    const auto file = files.get(path);
    if (!file) return std::nullopt;
    const auto value = parse_single_number(*file);
    return value.ok() ? std::optional<double>(*value) : std::nullopt;
  };
  std::vector<Bridge> bridges;
  for (const auto& name : names) {
    read = true;
    Bridge bridge;
    bridge.name = name;
    const std::string device = std::string(kNet) + name;
    if (const auto aware = number_in(device + std::string(kFiltering))) bridge.vlan_aware = *aware != 0;
    if (const auto mtu = number_in(device + "/mtu")) bridge.mtu = static_cast<int>(*mtu);
    bridges.push_back(std::move(bridge));
  }
  if (const auto interfaces = files.get("/etc/network/interfaces")) add_open_vswitch(*interfaces, bridges);
  if (!read && bridges.empty()) return std::nullopt;
  return bridges;
}

}  // namespace pcb
