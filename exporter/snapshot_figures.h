// Figures of a host or guest in the snapshot. Bytes, cores, ratios 0..1, seconds; nullopt: not known.
//
// Pure data. Tested by tests/exporter/snapshot_test.cpp.
#pragma once

#include <optional>

namespace pcb {

// Seconds that something waited, since boot of the host or start of the guest.
struct PressureTotals {
  std::optional<double> cpu_some, cpu_full, io_some, io_full, memory_some, memory_full;
};

// Figures that hosts and guests have alike.
struct Figures {
  std::optional<double> cpu_usage_ratio, cpu_limit_cores, cpu_seconds_total;
  std::optional<double> memory_usage_bytes, memory_size_bytes, memory_cache_bytes, memory_swap_bytes;
  std::optional<double> disk_usage_bytes, disk_size_bytes, uptime_seconds;
  std::optional<double> network_receive_bytes_total, network_transmit_bytes_total;
  std::optional<double> disk_read_bytes_total, disk_written_bytes_total, oom_kills_total;
  std::optional<double> cpu_threshold, memory_threshold;
  PressureTotals pressure;
};

}  // namespace pcb
