#include "exporter/parse/proc.h"

#include <array>
#include <charconv>
#include <string>

#include "common/text.h"

namespace pcb {
namespace {

Error torn(std::string_view what) { return Error{std::string(what) + " is cut off or malformed"}; }

// "key value" or "key: value kB" lines: the number behind `key`, which ends with what follows the name there.
std::optional<double> number_behind(std::string_view text, std::string_view key) {
  const auto rest = text::line_behind(text, key);
  const auto words = text::split_words(rest.value_or(""));
  return words.empty() ? std::nullopt : text::to_double(words.front());
}

std::optional<double> value_of(std::string_view word, std::string_view prefix) {
  return word.starts_with(prefix) ? text::to_double(word.substr(prefix.size())) : std::nullopt;
}

}  // namespace

Result<double> parse_uptime(std::string_view text) {
  const auto words = text::split_words(text::trim(text));
  if (words.size() != 2 || !text.ends_with('\n')) return torn("/proc/uptime");
  const auto seconds = text::to_double(words.front());
  if (!seconds || *seconds < 0) return torn("/proc/uptime");
  return *seconds;
}

Result<CpuTimes> parse_proc_stat(std::string_view text) {
  CpuTimes times;
  bool seen_total = false;
  std::optional<double> boot_time;
  for (const auto line : text::split_lines(text)) {
    if (line.starts_with("cpu ")) {
      const auto words = text::split_words(line);
      if (words.size() < 9) return torn("/proc/stat");
      std::array<double, 8> ticks{};  // user nice system idle iowait irq softirq steal
      for (std::size_t i = 0; i < ticks.size(); ++i) {
        const auto value = text::to_double(words[i + 1]);
        if (!value) return torn("/proc/stat");
        ticks[i] = *value;
      }
      const double used = ticks[0] + ticks[1] + ticks[2] + ticks[5] + ticks[6] + ticks[7];
      times.used_seconds = used / kTicksPerSecond;
      times.total_seconds = (used + ticks[3] + ticks[4]) / kTicksPerSecond;
      seen_total = true;
    } else if (line.starts_with("cpu")) {
      ++times.cpus;
    } else if (line.starts_with("btime ")) {
      boot_time = text::to_double(line.substr(6));
    }
  }
  if (!seen_total || times.cpus == 0 || !boot_time) return torn("/proc/stat");
  times.boot_time_unix = *boot_time;
  return times;
}

Result<MemoryInfo> parse_meminfo(std::string_view text) {
  const auto kilobytes = [&](std::string_view key) { return number_behind(text, key); };
  const auto total = kilobytes("MemTotal:"), available = kilobytes("MemAvailable:");
  const auto buffers = kilobytes("Buffers:"), cached = kilobytes("Cached:");
  const auto swap_total = kilobytes("SwapTotal:"), swap_free = kilobytes("SwapFree:");
  if (!total || !available || !buffers || !cached || !swap_total || !swap_free || *total <= 0) {
    return torn("/proc/meminfo");
  }
  return MemoryInfo{*total * 1024, *available * 1024, (*buffers + *cached) * 1024, *swap_total * 1024,
                    *swap_free * 1024};
}

Result<LoadAverage> parse_loadavg(std::string_view text) {
  const auto words = text::split_words(text::trim(text));
  if (words.size() < 5) return torn("/proc/loadavg");
  const auto load1 = text::to_double(words[0]), load5 = text::to_double(words[1]);
  const auto load15 = text::to_double(words[2]);
  if (!load1 || !load5 || !load15) return torn("/proc/loadavg");
  return LoadAverage{*load1, *load5, *load15};
}

Result<PressureFile> parse_pressure(std::string_view text) {
  PressureFile pressure;
  bool seen_some = false;
  // Three of these for every guest and cycle: taken apart in place.
  for (auto rest = text; !rest.empty();) {
    auto line = text::take_line(rest);
    const auto kind = text::take_word(line);
    const auto average = value_of(text::take_word(line), "avg10=");
    text::take_word(line);  // avg60
    text::take_word(line);  // avg300
    const auto total = value_of(text::take_word(line), "total=");
    if (!average || !total || !text::take_word(line).empty()) return torn("a pressure file");
    if (kind == "some") {
      pressure.some_avg10_ratio = *average / 100;
      pressure.some_total_seconds = *total / 1e6;
      seen_some = true;
    } else if (kind == "full") {
      pressure.full_avg10_ratio = *average / 100;
      pressure.full_total_seconds = *total / 1e6;
    }
  }
  if (!seen_some || !text.ends_with('\n')) return torn("a pressure file");
  return pressure;
}

Result<double> parse_vmstat_oom_kills(std::string_view text) {
  const auto kills = number_behind(text, "oom_kill ");
  if (!kills) return torn("/proc/vmstat");
  return *kills;
}

Result<ArcStats> parse_arcstats(std::string_view text) {
  ArcStats arc;
  int found = 0;
  for (const auto line : text::split_lines(text)) {
    const auto words = text::split_words(line);
    if (words.size() != 3) continue;
    double* const into = words[0] == "size"    ? &arc.size_bytes
                         : words[0] == "c_min" ? &arc.min_bytes
                         : words[0] == "c_max" ? &arc.max_bytes
                                               : nullptr;
    const auto value = into != nullptr ? text::to_double(words[2]) : std::nullopt;
    if (!value) continue;
    *into = *value;
    ++found;
  }
  if (found != 3) return torn("arcstats of ZFS");
  return arc;
}

Result<double> parse_process_start(std::string_view text) {
  // "PID (NAME) S …": NAME may hold blanks and parentheses, so fields are counted behind the last one.
  const auto name_end = text.rfind(')');
  if (name_end == std::string_view::npos) return torn("/proc/PID/stat");
  auto fields = text::trim(text.substr(name_end + 1));
  constexpr int kFirst = 3, kStartTime = 22;  // as proc(5) counts fields
  for (int field = kFirst; field < kStartTime; ++field) text::take_word(fields);
  const auto ticks = text::to_double(text::take_word(fields));
  if (!ticks) return torn("/proc/PID/stat");
  return *ticks / kTicksPerSecond;
}

Result<DiskFree> parse_df(std::string_view text, std::string_view mount_point) {
  for (const auto line : text::split_lines(text)) {
    const auto words = text::split_words(line);
    if (words.size() < 6 || words.back() != mount_point) continue;
    const auto size = text::to_double(words[words.size() - 5]),
               used = text::to_double(words[words.size() - 4]);
    if (!size || !used) return torn("the answer of df");
    return DiskFree{*size, *used};
  }
  return torn("the answer of df");
}

std::optional<std::uint64_t> parse_hexadecimal(std::string_view digits) {
  std::uint64_t value = 0;
  const auto parsed = std::from_chars(digits.data(), digits.data() + digits.size(), value, 16);
  if (digits.empty() || parsed.ec != std::errc{} || parsed.ptr != digits.data() + digits.size())
    return std::nullopt;
  return value;
}

Result<double> parse_single_number(std::string_view text) {
  const auto value = text.ends_with('\n') ? text::to_double(text::trim(text)) : std::nullopt;
  if (!value) return torn("a file with one number");
  return *value;
}

}  // namespace pcb
