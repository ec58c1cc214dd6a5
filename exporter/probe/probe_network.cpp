#include <algorithm>
#include <array>
#include <map>

#include "common/text.h"
#include "exporter/parse/proc.h"
#include "exporter/probe/collectors.h"

namespace pcb::probe {
namespace {

constexpr std::string_view kDevices = "/sys/class/net/";

// The network devices whose state was read: those that belong to no guest.
std::vector<std::string_view> devices(const NodeFiles& files) {
  std::vector<std::string_view> names;
  if (!files.cycle) return names;
  for (const auto& file : files.cycle->below(kDevices)) {
    const auto rest = file.path.substr(kDevices.size());
    const auto slash = rest.find('/');
    if (rest.substr(std::min(slash, rest.size())) == "/operstate") names.push_back(rest.substr(0, slash));
  }
  return names;
}

std::string_view device_file(const NodeFiles& files, std::string_view device, std::string_view name) {
  return text::trim(files.get(std::string(kDevices).append(device).append("/").append(name)));
}

std::string device_label(std::string_view device) { return render_labels({{"device", device}}); }

constexpr std::uint64_t kInterfaceUp = 1;  // IFF_UP

// "0x1003".
std::optional<std::uint64_t> flags_of(std::string_view text) {
  return text.starts_with("0x") ? parse_hexadecimal(text.substr(2)) : std::nullopt;
}

}  // namespace

void add_netdev(ProbePage& page, const NodeFiles& files) {
  constexpr auto kColumns = std::to_array<ProbeColumn>({{"node_network_receive_bytes_total", 0},
                                                        {"node_network_receive_packets_total", 1},
                                                        {"node_network_receive_errs_total", 2},
                                                        {"node_network_receive_drop_total", 3},
                                                        {"node_network_receive_fifo_total", 4},
                                                        {"node_network_receive_frame_total", 5},
                                                        {"node_network_receive_compressed_total", 6},
                                                        {"node_network_receive_multicast_total", 7},
                                                        {"node_network_transmit_bytes_total", 8},
                                                        {"node_network_transmit_packets_total", 9},
                                                        {"node_network_transmit_errs_total", 10},
                                                        {"node_network_transmit_drop_total", 11},
                                                        {"node_network_transmit_fifo_total", 12},
                                                        {"node_network_transmit_colls_total", 13},
                                                        {"node_network_transmit_carrier_total", 14},
                                                        {"node_network_transmit_compressed_total", 15}});
  std::vector<ProbeRow> rows;
  for (const auto line : text::split_lines(files.get("/proc/net/dev"))) {
    const auto colon = line.find(':');
    if (colon == std::string_view::npos) continue;
    auto words = text::split_words(line.substr(colon + 1));
    if (words.size() == kColumns.size())
      rows.push_back({device_label(text::trim(line.substr(0, colon))), std::move(words)});
  }
  add_columns(page, rows, kColumns);
}

void add_netclass(ProbePage& page, const NodeFiles& files) {
  const auto names = devices(files);
  const auto of = [&](std::string_view device, std::string_view name) {
    return device_file(files, device, name);
  };
  page.family("node_network_up");
  for (const auto name : names) page.sample(device_label(name), of(name, "operstate") == "up" ? 1 : 0);
  page.family("node_network_info");
  for (const auto name : names) {
    const auto flags = flags_of(of(name, "flags"));
    const auto admin = !flags ? "" : (*flags & kInterfaceUp) != 0 ? "up" : "down";
    page.sample(render_labels({{"address", of(name, "address")},
                               {"adminstate", admin},
                               {"broadcast", of(name, "broadcast")},
                               {"device", name},
                               {"duplex", of(name, "duplex")},
                               {"ifalias", of(name, "ifalias")},
                               {"operstate", of(name, "operstate")}}),
                1);
  }
  struct Number {
    std::string_view family, file;
    double factor = 1;
  };
  constexpr double kMegabit = 1e6 / 8;
  constexpr auto kNumbers = std::to_array<Number>({{"node_network_carrier", "carrier"},
                                                   {"node_network_carrier_changes_total", "carrier_changes"},
                                                   {"node_network_mtu_bytes", "mtu"},
                                                   {"node_network_protocol_type", "type"},
                                                   {"node_network_speed_bytes", "speed", kMegabit},
                                                   {"node_network_transmit_queue_length", "tx_queue_len"}});
  for (const auto& number : kNumbers) {
    page.family(number.family);
    for (const auto name : names) {
      const auto value = text::to_double(of(name, number.file));
      if (value && *value >= 0) page.sample(device_label(name), *value * number.factor);  // -1: not known
    }
  }
  page.family("node_network_flags");
  for (const auto name : names) {
    if (const auto flags = flags_of(of(name, "flags")))
      page.sample(device_label(name), static_cast<double>(*flags));
  }
}

void add_bonding(ProbePage& page, const NodeFiles& files) {
  struct Bond {
    std::string label;
    double slaves = 0, active = 0;
  };
  std::vector<Bond> bonds;
  for (const auto name : devices(files)) {
    const auto slaves = text::split_words(device_file(files, name, "bonding/slaves"));
    if (slaves.empty()) continue;
    Bond bond{render_labels({{"master", name}})};
    for (const auto slave : slaves) {
      ++bond.slaves;
      if (device_file(files, slave, "bonding_slave/mii_status") == "up") ++bond.active;
    }
    bonds.push_back(std::move(bond));
  }
  page.family("node_bonding_slaves");
  for (const auto& bond : bonds) page.sample(bond.label, bond.slaves);
  page.family("node_bonding_active");
  for (const auto& bond : bonds) page.sample(bond.label, bond.active);
}

void add_arp(ProbePage& page, const NodeFiles& files) {
  std::map<std::string_view, double> entries;
  for (const auto line : text::split_lines(files.get("/proc/net/arp"))) {
    const auto words = text::split_words(line);
    if (words.size() == 6 && words[0] != "IP") ++entries[words[5]];
  }
  page.family("node_arp_entries");
  for (const auto& [device, count] : entries) page.sample(device_label(device), count);
}

void add_conntrack(ProbePage& page, const NodeFiles& files) {
  page.single("node_nf_conntrack_entries", files.get("/proc/sys/net/netfilter/nf_conntrack_count"));
  page.single("node_nf_conntrack_entries_limit", files.get("/proc/sys/net/netfilter/nf_conntrack_max"));
}

void add_softnet(ProbePage& page, const NodeFiles& files) {
  constexpr auto kNames = std::to_array<std::string_view>(
      {"node_softnet_processed_total", "node_softnet_dropped_total", "node_softnet_times_squeezed_total"});
  constexpr std::size_t kCpuColumn = 12;  // kernels before 5.10 have none: a line per CPU, in order
  const auto lines = text::split_lines(files.get("/proc/net/softnet_stat"));
  for (std::size_t column = 0; column < kNames.size(); ++column) {
    page.family(kNames.at(column));
    for (std::size_t i = 0; i < lines.size(); ++i) {
      const auto words = text::split_words(lines[i]);
      if (column >= words.size()) continue;
      const auto cpu = words.size() > kCpuColumn ? parse_hexadecimal(words[kCpuColumn]) : i;
      const auto value = parse_hexadecimal(words[column]);
      if (cpu && value)
        page.sample(render_labels({{"cpu", std::to_string(*cpu)}}), static_cast<double>(*value));
    }
  }
}

}  // namespace pcb::probe
