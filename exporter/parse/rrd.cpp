#include "exporter/parse/rrd.h"

#include <vector>

#include "common/text.h"

namespace pcb {
namespace {

using Fields = std::vector<std::string_view>;

std::optional<double> number(const Fields& fields, std::size_t column) {
  return column < fields.size() ? text::to_double(fields[column]) : std::nullopt;  // "U" is no number
}

// Figures that cannot be negative: the first sample after a restart gives cpu -0.002 (seen).
std::optional<double> amount(const Fields& fields, std::size_t column) {
  auto value = number(fields, column);
  if (value && *value < 0) value = 0;
  return value;
}

bool read_node(const Fields& f, std::map<std::string, RrdNode>& into, std::string_view name) {
  const auto at = number(f, 2);
  if (f.size() < 15 || !at) return false;
  auto& node = into[std::string(name)];
  if (node.at > *at) return true;
  node = {};
  node.at = *at;
  node.level = f[1];
  node.uptime_seconds = amount(f, 0);
  node.load1 = amount(f, 3);
  node.cpus = amount(f, 4);
  node.cpu_ratio = amount(f, 5);
  node.memory_total_bytes = amount(f, 7);
  node.memory_used_bytes = amount(f, 8);
  node.root_total_bytes = amount(f, 11);
  node.root_used_bytes = amount(f, 12);
  return true;
}

bool read_guest(const Fields& f, std::map<std::string, RrdGuest>& into, std::string_view number_text) {
  const auto at = number(f, 4);
  if (f.size() < 15 || !at || !text::to_uint64(number_text)) return false;
  auto& guest = into[std::string(number_text)];
  if (guest.at > *at) return true;
  guest = {};
  guest.at = *at;
  guest.uptime_seconds = amount(f, 0);
  guest.name = f[1];
  guest.status = f[2];
  guest.is_template = f[3] == "1";
  guest.cpus = amount(f, 5);
  guest.cpu_ratio = amount(f, 6);
  guest.memory_max_bytes = amount(f, 7);
  guest.memory_bytes = amount(f, 8);
  guest.disk_max_bytes = amount(f, 9);
  guest.disk_bytes = amount(f, 10);
  guest.net_in_bytes = amount(f, 11);
  guest.net_out_bytes = amount(f, 12);
  guest.disk_read_bytes = amount(f, 13);
  guest.disk_written_bytes = amount(f, 14);
  guest.memory_host_bytes = amount(f, 15);
  return true;
}

bool read_storage(const Fields& f, std::map<std::string, RrdStorage>& into, std::string_view name) {
  const auto at = number(f, 0);
  if (f.size() < 3 || !at || name.find('/') == std::string_view::npos) return false;
  auto& storage = into[std::string(name)];
  if (storage.at <= *at) storage = {*at, amount(f, 1), amount(f, 2)};
  return true;
}

bool read_row(std::string_view row, Rrd& rrd) {
  const auto colon = row.find(':'), slash = row.find('/');
  if (colon == std::string_view::npos || slash == std::string_view::npos || slash > colon) return false;
  const auto kind = row.substr(0, slash), name = row.substr(slash + 1, colon - slash - 1);
  const auto fields = text::split(row.substr(colon + 1), ':');
  if (kind == "pve2-node" || kind.starts_with("pve-node-")) return read_node(fields, rrd.nodes, name);
  if (kind == "pve2.3-vm" || kind.starts_with("pve-vm-")) return read_guest(fields, rrd.guests, name);
  if (kind == "pve2-storage" || kind.starts_with("pve-storage-")) {
    return read_storage(fields, rrd.storages, name);
  }
  return true;  // a kind of a later version
}

}  // namespace

Result<Rrd> parse_rrd(std::string_view text) {
  if (text.empty()) return Error{".rrd is empty: pvestatd has sent nothing for 5 minutes; is it running?"};
  Rrd rrd;
  std::size_t at = 0;
  while (at < text.size()) {
    const auto end = text.find('\n', at);
    if (end == std::string_view::npos || !read_row(text.substr(at, end - at), rrd)) ++rrd.torn_rows;
    if (end == std::string_view::npos) break;
    at = end + 1;
  }
  if (rrd.nodes.empty() && rrd.guests.empty()) return Error{".rrd holds no row that can be read"};
  return rrd;
}

}  // namespace pcb
