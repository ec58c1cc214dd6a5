// Readers of the host's /proc and /sys files.
//
// Pure: text in, values out. Bytes, seconds, cores. A file that is cut off or not what it should be is an
// error, never a zero. Sources of the formulas: proc(5), and how Proxmox computes the same (ProcFSTools.pm):
// used CPU time = user + nice + system + irq + softirq + steal (guest time is inside user).
// Tested by tests/exporter/parse_proc_test.cpp.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "common/result.h"

namespace pcb {

inline constexpr double kTicksPerSecond = 100;  // USER_HZ, the same on every kernel Proxmox ships

Result<double> parse_uptime(std::string_view text);

struct CpuTimes {
  double used_seconds = 0;
  double total_seconds = 0;
  double cpus = 0;  // online ones
  double boot_time_unix = 0;
};
Result<CpuTimes> parse_proc_stat(std::string_view text);

struct MemoryInfo {
  double total_bytes = 0, available_bytes = 0, cache_bytes = 0;  // cache: Buffers + Cached
  double swap_total_bytes = 0, swap_free_bytes = 0;
};
Result<MemoryInfo> parse_meminfo(std::string_view text);

struct LoadAverage {
  double load1 = 0, load5 = 0, load15 = 0;
};
Result<LoadAverage> parse_loadavg(std::string_view text);

// A file of /proc/pressure, or a cgroup's *.pressure: seconds since boot or start.
struct PressureFile {
  double some_total_seconds = 0, some_avg10_ratio = 0;
  std::optional<double> full_total_seconds, full_avg10_ratio;  // older kernels have no "full" for the CPU
};
Result<PressureFile> parse_pressure(std::string_view text);

Result<double> parse_vmstat_oom_kills(std::string_view text);

struct ArcStats {
  double size_bytes = 0, min_bytes = 0, max_bytes = 0;
};
Result<ArcStats> parse_arcstats(std::string_view text);

// /proc/PID/stat: when the process started, in seconds after boot. Its name may hold anything.
Result<double> parse_process_start(std::string_view text);

struct DiskFree {
  double size_bytes = 0, used_bytes = 0;
};
// The line of "df -P -B1" whose mount point is `mount_point`.
Result<DiskFree> parse_df(std::string_view text, std::string_view mount_point);

// Digits without "0x"; the whole text must be the number.
std::optional<std::uint64_t> parse_hexadecimal(std::string_view digits);

// A file that holds one number and a line end.
Result<double> parse_single_number(std::string_view text);

}  // namespace pcb
