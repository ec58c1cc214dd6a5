// Reader of .rrd: the newest figures of every node, guest and storage, as pvestatd has sent them.
//
// Pure. Rows are "KEY:field:field…", unordered, "U" for unknown. Keys are matched by their beginning and
// known leading columns are taken, for Proxmox promises only to append. A row without its line end is torn
// and left out. During an upgrade a guest can have an old and a new row: the newest wins. Each row carries
// its own time: the reader never judges age, the user of a row must (rows live 5 minutes, also those of a
// dead node). Source of the columns: proxmox.md 1.4. Tested by tests/exporter/parse_pve_test.cpp.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>

#include "common/result.h"

namespace pcb {

struct RrdNode {
  double at = 0;  // Unix seconds, by the clock of the node it speaks of
  std::string level;
  std::optional<double> uptime_seconds, load1, cpus, cpu_ratio, memory_total_bytes, memory_used_bytes;
  std::optional<double> root_total_bytes, root_used_bytes;
};
struct RrdGuest {
  double at = 0;
  std::string name, status;
  bool is_template = false;
  std::optional<double> uptime_seconds, cpus, cpu_ratio, memory_max_bytes, memory_bytes, disk_max_bytes,
      disk_bytes;
  std::optional<double> net_in_bytes, net_out_bytes, disk_read_bytes, disk_written_bytes;
  std::optional<double> memory_host_bytes;  // of a VM, since PVE 9: memory_bytes if its balloon tells nothing
};
struct RrdStorage {
  double at = 0;
  std::optional<double> total_bytes, used_bytes;
};

struct Rrd {
  std::map<std::string, RrdNode> nodes;        // by name
  std::map<std::string, RrdGuest> guests;      // by bare number
  std::map<std::string, RrdStorage> storages;  // by "node/storage"
  std::size_t torn_rows = 0;
};
// An empty file is an error: it is empty when pvestatd has not written for 5 minutes.
Result<Rrd> parse_rrd(std::string_view text);

}  // namespace pcb
