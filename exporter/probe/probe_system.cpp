#include <array>

#include "common/text.h"
#include "exporter/parse/proc.h"
#include "exporter/probe/collectors.h"

namespace pcb::probe {
namespace {

struct CpuLine {
  std::string_view number;
  std::vector<std::string_view> words;
};

std::vector<CpuLine> cpu_lines(std::string_view stat) {
  std::vector<CpuLine> lines;
  for (const auto line : text::split_lines(stat)) {
    if (!line.starts_with("cpu") || line.starts_with("cpu ")) continue;
    auto words = text::split_words(line);
    const auto number = words.front().substr(3);
    if (text::to_uint64(number)) lines.push_back({number, std::move(words)});
  }
  return lines;
}

// The words behind `key` in the line that starts with it.
std::vector<std::string_view> words_behind(std::string_view text, std::string_view key) {
  for (const auto line : text::split_lines(text)) {
    if (!line.starts_with(key) || line.size() <= key.size() || line[key.size()] != ' ') continue;
    return text::split_words(line.substr(key.size()));
  }
  return {};
}

std::string_view first_behind(std::string_view text, std::string_view key) {
  const auto words = words_behind(text, key);
  return words.empty() ? std::string_view{} : words.front();
}

// KEY=value or KEY="value" of /etc/os-release.
std::string_view os_value(std::string_view text, std::string_view key) {
  for (const auto line : text::split_lines(text)) {
    if (!line.starts_with(key) || line.size() <= key.size() || line[key.size()] != '=') continue;
    auto value = text::trim(line.substr(key.size() + 1));
    if (value.size() >= 2 && (value.front() == '"' || value.front() == '\'') && value.back() == value.front())
      value = value.substr(1, value.size() - 2);
    return value;
  }
  return {};
}

}  // namespace

void add_cpu(ProbePage& page, const NodeFiles& files) {
  constexpr std::array<std::string_view, 8> kModes = {"user",   "nice", "system",  "idle",
                                                      "iowait", "irq",  "softirq", "steal"};
  const auto lines = cpu_lines(files.get("/proc/stat"));
  const auto add = [&](const CpuLine& line, std::string_view mode, std::size_t word) {
    if (word >= line.words.size()) return;
    const auto ticks = text::to_double(line.words[word]);
    if (ticks) page.sample(render_labels({{"cpu", line.number}, {"mode", mode}}), *ticks / kTicksPerSecond);
  };
  page.family("node_cpu_seconds_total");
  for (const auto& line : lines) {
    for (std::size_t i = 0; i < kModes.size(); ++i) add(line, kModes.at(i), i + 1);
  }
  page.family("node_cpu_guest_seconds_total");
  for (const auto& line : lines) {
    add(line, "user", 9);
    add(line, "nice", 10);
  }
}

void add_stat(ProbePage& page, const NodeFiles& files) {
  const auto stat = files.get("/proc/stat");
  page.single("node_intr_total", first_behind(stat, "intr"));
  page.single("node_context_switches_total", first_behind(stat, "ctxt"));
  page.single("node_forks_total", first_behind(stat, "processes"));
  page.single("node_boot_time_seconds", first_behind(stat, "btime"));
  page.single("node_procs_running", first_behind(stat, "procs_running"));
  page.single("node_procs_blocked", first_behind(stat, "procs_blocked"));
}

void add_loadavg(ProbePage& page, const NodeFiles& files) {
  const auto load = parse_loadavg(files.get("/proc/loadavg"));
  if (!load.ok()) return;
  page.family("node_load1");
  page.sample(load->load1);
  page.family("node_load5");
  page.sample(load->load5);
  page.family("node_load15");
  page.sample(load->load15);
}

void add_pressure(ProbePage& page, const NodeFiles& files) {
  const auto add = [&](std::string_view name, std::string_view path, bool full) {
    const auto pressure = parse_pressure(files.get(path));
    if (!pressure.ok() || (full && !pressure->full_total_seconds)) return;
    page.family(name);
    page.sample(full ? *pressure->full_total_seconds : pressure->some_total_seconds);
  };
  add("node_pressure_cpu_waiting_seconds_total", "/proc/pressure/cpu", false);
  add("node_pressure_io_waiting_seconds_total", "/proc/pressure/io", false);
  add("node_pressure_io_stalled_seconds_total", "/proc/pressure/io", true);
  add("node_pressure_memory_waiting_seconds_total", "/proc/pressure/memory", false);
  add("node_pressure_memory_stalled_seconds_total", "/proc/pressure/memory", true);
  // The kernel has no "some" for interrupts: one line, "full avg10=… total=N".
  const auto irq = words_behind(files.get("/proc/pressure/irq"), "full");
  if (irq.size() == 4 && irq[3].starts_with("total="))
    page.single("node_pressure_irq_stalled_seconds_total", irq[3].substr(6), 1e6);
}

void add_filefd(ProbePage& page, const NodeFiles& files) {
  const auto words = text::split_words(text::trim(files.get("/proc/sys/fs/file-nr")));
  if (words.size() != 3) return;
  page.single("node_filefd_allocated", words[0]);
  page.single("node_filefd_maximum", words[2]);
}

void add_time(ProbePage& page, const NodeFiles& files) {
  const auto boot = text::to_double(first_behind(files.get("/proc/stat"), "btime"));
  const auto uptime = parse_uptime(files.get("/proc/uptime"));
  if (!boot || !uptime.ok()) return;
  page.family("node_time_seconds");
  page.sample(*boot + *uptime);
}

void add_uname(ProbePage& page, const NodeFiles& files) {
  const auto of = [&](const char* name) {
    return text::trim(files.get(std::string("/proc/sys/kernel/") + name));
  };
  if (of("osrelease").empty()) return;
  // Kernels before 6.1 have no file for it; Proxmox VE is made for this one.
  const auto machine = of("arch").empty() ? std::string_view("x86_64") : of("arch");
  page.family("node_uname_info");
  page.sample(render_labels({{"domainname", of("domainname")},
                             {"machine", machine},
                             {"nodename", of("hostname")},
                             {"release", of("osrelease")},
                             {"sysname", of("ostype")},
                             {"version", of("version")}}),
              1);
}

void add_os(ProbePage& page, const NodeFiles& files) {
  const auto release = files.get("/etc/os-release");
  if (release.empty()) return;
  const auto of = [&](std::string_view key) { return os_value(release, key); };
  page.family("node_os_info");
  page.sample(render_labels({{"build_id", of("BUILD_ID")},
                             {"id", of("ID")},
                             {"id_like", of("ID_LIKE")},
                             {"image_id", of("IMAGE_ID")},
                             {"image_version", of("IMAGE_VERSION")},
                             {"name", of("NAME")},
                             {"pretty_name", of("PRETTY_NAME")},
                             {"variant", of("VARIANT")},
                             {"variant_id", of("VARIANT_ID")},
                             {"version", of("VERSION")},
                             {"version_codename", of("VERSION_CODENAME")},
                             {"version_id", of("VERSION_ID")}}),
              1);
  if (const auto version = text::to_double(of("VERSION_ID"))) {
    page.family("node_os_version");
    page.sample(render_labels({{"id", of("ID")}, {"id_like", of("ID_LIKE")}, {"name", of("NAME")}}),
                *version);
  }
}

}  // namespace pcb::probe
