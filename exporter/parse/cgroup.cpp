#include "exporter/parse/cgroup.h"

#include "common/text.h"

namespace pcb {
namespace {

// A "flat keyed" file: "name value" lines.
std::optional<double> keyed(std::optional<std::string_view> text, std::string_view key) {
  if (!text) return std::nullopt;
  const auto value = text::line_behind(*text, std::string(key) + ' ');
  return value ? text::to_double(*value) : std::nullopt;
}

std::optional<double> single(std::optional<std::string_view> text) {
  if (!text) return std::nullopt;
  const auto value = parse_single_number(*text);
  return value.ok() ? std::optional(*value) : std::nullopt;
}

std::optional<PressureFile> pressure(std::optional<std::string_view> text) {
  if (!text) return std::nullopt;
  const auto parsed = parse_pressure(*text);
  return parsed.ok() ? std::optional(*parsed) : std::nullopt;
}

// Sums over devices; lines without figures ("11:0 ") occur.
void parse_io(std::optional<std::string_view> text, GuestCgroup& guest) {
  if (!text) return;
  double read = 0, written = 0;
  for (auto rest = *text; !rest.empty();) {
    auto line = text::take_line(rest);
    for (auto word = text::take_word(line); !word.empty(); word = text::take_word(line)) {
      const bool is_read = word.starts_with("rbytes=");
      if (!is_read && !word.starts_with("wbytes=")) continue;
      const auto value = text::to_double(word.substr(7));
      if (!value) return;
      (is_read ? read : written) += *value;
    }
  }
  guest.read_bytes = read;
  guest.written_bytes = written;
}

}  // namespace

CgroupFiles::CgroupFiles(const FileMap& files, std::string directory) {
  constexpr std::size_t kUsual = 10;
  directory += '/';
  found_.reserve(kUsual);
  for (const auto& file : files.below(directory)) {
    found_.emplace_back(file.path.substr(directory.size()), file.content);
  }
}

std::optional<std::string_view> CgroupFiles::get(std::string_view name) const {
  for (const auto& [found, content] : found_) {
    if (found == name) return content;
  }
  return std::nullopt;
}

Populated parse_populated(const CgroupFiles& files) {
  const auto populated = keyed(files.get("cgroup.events"), "populated");
  if (!populated) return Populated::unknown;
  return *populated == 1 ? Populated::yes : Populated::no;
}

Result<GuestCgroup> parse_cgroup(const CgroupFiles& files) {
  GuestCgroup guest;
  const auto cpu_stat = files.get("cpu.stat"), memory_stat = files.get("memory.stat");
  const auto usage = keyed(cpu_stat, "usage_usec");
  const auto current = single(files.get("memory.current"));
  const auto file = keyed(memory_stat, "file"), shmem = keyed(memory_stat, "shmem");
  if (!usage) return Error{"cpu.stat is missing or torn"};
  if (!current) return Error{"memory.current is missing or torn"};
  if (!file || !shmem) return Error{"memory.stat is missing or torn"};
  guest.cpu_seconds = *usage / 1e6;
  guest.memory_current_bytes = *current;
  guest.memory_file_bytes = *file;
  guest.memory_shmem_bytes = *shmem;
  guest.swap_bytes = single(files.get("memory.swap.current"));
  guest.huge_page_bytes = keyed(memory_stat, "hugetlb");
  if (const auto throttled = keyed(cpu_stat, "throttled_usec")) guest.throttled_seconds = *throttled / 1e6;
  guest.oom_kills = keyed(files.get("memory.events"), "oom_kill");
  parse_io(files.get("io.stat"), guest);
  guest.cpu_pressure = pressure(files.get("cpu.pressure"));
  guest.memory_pressure = pressure(files.get("memory.pressure"));
  guest.io_pressure = pressure(files.get("io.pressure"));
  return guest;
}

}  // namespace pcb
