// Readers of a guest's cgroup v2 files.
//
// Pure. Proxmox reads a container from lxc/<id> itself: its processes sit further down, and its counters
// include them, so children are not added. A VM's scope is read alike. Tested by
// tests/exporter/parse_proc_test.cpp.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "common/result.h"
#include "exporter/file_map.h"
#include "exporter/parse/proc.h"

namespace pcb {

struct GuestCgroup {
  double cpu_seconds = 0;
  double memory_current_bytes = 0, memory_file_bytes = 0, memory_shmem_bytes = 0;
  std::optional<double> swap_bytes;       // absent: the kernel does not account swap
  std::optional<double> huge_page_bytes;  // of memory.current; absent: huge pages are no part of it
  std::optional<double> throttled_seconds, oom_kills, read_bytes, written_bytes;
  std::optional<PressureFile> cpu_pressure, memory_pressure, io_pressure;
};

// Gives a file's content by its name in the cgroup ("cpu.stat"); nullopt if it was not sent.
class CgroupFiles {
 public:
  CgroupFiles(const FileMap& files, std::string directory);
  [[nodiscard]] std::optional<std::string_view> get(std::string_view name) const;

 private:
  std::vector<std::pair<std::string_view, std::string_view>> found_;  // into `files`, which must outlive this
};

enum class Populated { yes, no, unknown };  // unknown: the files went away while they were read
Populated parse_populated(const CgroupFiles& files);

// An error when a file that every cgroup has (cpu.stat, memory.current, memory.stat) is missing or torn.
Result<GuestCgroup> parse_cgroup(const CgroupFiles& files);

}  // namespace pcb
