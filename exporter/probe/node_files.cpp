#include "exporter/probe/node_files.h"

#include <algorithm>
#include <array>

namespace pcb {
namespace {

enum class Part { none, cycle, slow, fixed };

bool is_one_of(std::string_view name, std::initializer_list<std::string_view> names) {
  return std::find(names.begin(), names.end(), name) != names.end();
}

Part part_of(std::string_view path) {
  if (path == "/etc/os-release" || path.starts_with("/proc/sys/kernel/")) return Part::fixed;
  if (path == "/proc/mounts" || path == "pcb/filesystems") return Part::slow;
  if (path.starts_with("/sys/class/net/")) {
    const auto name = path.substr(path.rfind('/') + 1);
    if (name == "operstate") return Part::cycle;
    return path.find("/bridge/") == std::string_view::npos ? Part::slow : Part::none;
  }
  if (path.starts_with("/sys/kernel/mm/ksm/")) return Part::cycle;
  if (!path.starts_with("/proc/") || is_one_of(path, {"/proc/cpuinfo", "/proc/version"})) return Part::none;
  const char first = path.size() > 6 ? path[6] : '0';
  return first >= '0' && first <= '9' ? Part::none : Part::cycle;  // of a process
}

}  // namespace

std::string_view NodeFiles::get(std::string_view path) const {
  for (const auto* part : {&cycle, &slow, &fixed}) {
    if (!*part) continue;
    if (const auto found = (*part)->get(path)) return *found;
  }
  return {};
}

NodeFiles take_node_files(const FileMap& files, bool with_cycle, bool with_slow, bool with_fixed,
                          const NodeFiles& earlier) {
  std::vector<FileMap::Part> cycle, slow, fixed;
  for (const auto& file : files) {
    const auto part = part_of(file.path);
    const auto keep = [&file](std::vector<FileMap::Part>& into) {
      into.push_back({{}, file.path, file.content});
    };
    if (part == Part::cycle) keep(cycle);
    if (part == Part::slow) keep(slow);
    if (part == Part::fixed) keep(fixed);
  }
  NodeFiles result = earlier;
  if (with_cycle) result.cycle = std::make_shared<FileMap>(cycle);
  if (with_slow) result.slow = std::make_shared<FileMap>(slow);
  if (with_fixed) result.fixed = std::make_shared<FileMap>(fixed);
  return result;
}

}  // namespace pcb
