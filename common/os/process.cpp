#include "common/os/process.h"

#include <cstddef>
#include <string>

#include <dirent.h>
#include <sys/resource.h>
#include <unistd.h>

#include "common/os/file.h"
#include "common/text.h"

namespace pcb::os {
namespace {

std::optional<double> count_open_fds() {
  DIR* folder = ::opendir("/proc/self/fd");
  if (folder == nullptr) return std::nullopt;
  double count = -1;  // the folder's own descriptor
  while (const dirent* entry = ::readdir(folder))
    if (entry->d_name[0] != '.') ++count;
  ::closedir(folder);
  return count;
}

std::optional<double> boot_time_seconds(std::string_view kernel_stat) {
  for (const std::string_view line : text::split_lines(kernel_stat))
    if (line.starts_with("btime ")) return text::to_double(line.substr(6));
  return std::nullopt;
}

std::optional<double> scaled(std::string_view digits, double factor) {
  const auto value = text::to_double(digits);
  return value ? std::optional(*value * factor) : std::nullopt;
}

}  // namespace

ProcessFigures parse_process_stat(std::string_view self_stat, std::string_view kernel_stat,
                                  double ticks_per_second, double page_bytes) {
  ProcessFigures figures;
  const std::size_t name_end = self_stat.rfind(')');  // the name may hold blanks and parentheses itself
  if (name_end == std::string_view::npos) return figures;
  const auto fields = text::split_words(text::trim(self_stat.substr(name_end + 1)));
  const auto field = [&](std::size_t number) {  // numbered as proc(5) does; "state" is 3
    return number - 3 < fields.size() ? fields[number - 3] : std::string_view{};
  };
  const auto user = scaled(field(14), 1 / ticks_per_second);
  const auto system = scaled(field(15), 1 / ticks_per_second);
  if (user && system) figures.cpu_seconds = *user + *system;
  figures.threads = scaled(field(20), 1);
  const auto boot = boot_time_seconds(kernel_stat);
  const auto start = scaled(field(22), 1 / ticks_per_second);
  if (boot && start) figures.start_time_seconds = *boot + *start;
  figures.virtual_memory_bytes = scaled(field(23), 1);
  figures.resident_memory_bytes = scaled(field(24), page_bytes);
  return figures;
}

ProcessFigures read_process_figures() {
  const auto self_stat = read_file("/proc/self/stat");
  const auto kernel_stat = read_file("/proc/stat", 16U << 20U);
  ProcessFigures figures = parse_process_stat(
      self_stat.ok() ? *self_stat : std::string{}, kernel_stat.ok() ? *kernel_stat : std::string{},
      static_cast<double>(::sysconf(_SC_CLK_TCK)), static_cast<double>(::sysconf(_SC_PAGESIZE)));
  figures.open_fds = count_open_fds();
  rlimit limit{};
  if (::getrlimit(RLIMIT_NOFILE, &limit) == 0 && limit.rlim_cur != RLIM_INFINITY)
    figures.max_fds = static_cast<double>(limit.rlim_cur);
  return figures;
}

void append_process_metrics(MetricsText& page, const ProcessFigures& figures) {
  const auto add = [&](const MetricFamily& family, const std::optional<double>& figure) {
    if (figure) page.single(family, *figure);
  };
  add({"process_cpu_seconds_total", "Total user and system CPU time spent in seconds.", MetricType::counter,
       "seconds"},
      figures.cpu_seconds);
  add({"process_resident_memory_bytes", "Resident memory size in bytes.", MetricType::gauge, "bytes"},
      figures.resident_memory_bytes);
  add({"process_virtual_memory_bytes", "Virtual memory size in bytes.", MetricType::gauge, "bytes"},
      figures.virtual_memory_bytes);
  add({"process_start_time_seconds", "Start time of the process since unix epoch in seconds.",
       MetricType::gauge, "seconds"},
      figures.start_time_seconds);
  add({"process_threads", "Number of threads of the process.", MetricType::gauge}, figures.threads);
  add({"process_open_fds", "Number of open file descriptors.", MetricType::gauge}, figures.open_fds);
  add({"process_max_fds", "Maximum number of open file descriptors.", MetricType::gauge}, figures.max_fds);
}

}  // namespace pcb::os
