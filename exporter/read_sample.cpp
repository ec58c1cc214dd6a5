#include "exporter/read_sample.h"

#include "common/text.h"

namespace pcb {
namespace {

using Sections = std::map<std::string, SectionState>;

constexpr double kPageBytes = 4096;

// The value, or a failed section. `required`: a file that was not sent is a failure too.
template <class T>
std::optional<T> take(Result<T> parsed, Sections& sections, const std::string& section) {
  if (parsed.ok()) return std::move(parsed.value());
  auto& state = sections[section];
  state.ok = false;
  if (state.detail.empty()) state.detail = parsed.error().message;
  return std::nullopt;
}

// Files that not every host has: absent is fine, torn is not.
template <class Parse>
auto optional_file(const FileMap& files, std::string_view path, Sections& sections,
                   const std::string& section, Parse parse)
    -> decltype(take(parse(std::string_view{}), sections, section)) {
  const auto text = file_of(files, path);
  if (text.empty()) return std::nullopt;
  return take(parse(text), sections, section);
}

std::optional<double> process_start(const FileMap& files, std::string_view pid_file) {
  auto lines = file_of(files, pid_file);
  const auto pid = text::trim(text::take_line(lines));
  if (pid.empty()) return std::nullopt;
  const auto started = parse_process_start(file_of(files, "/proc/" + std::string(pid) + "/stat"));
  return started.ok() ? std::optional(*started) : std::nullopt;
}

// Calls `visit(number)` for every guest whose cgroup.events stands under `base`: "lxc/101",
// "qemu.slice/201.scope".
template <class Visit>
void for_each_cgroup(const FileMap& files, std::string_view base, std::string_view suffix, Visit visit) {
  for (const auto& file : files.below(base)) {
    const auto rest = file.path.substr(base.size());
    const auto slash = rest.find('/');
    if (slash == std::string_view::npos || rest.substr(slash) != "/cgroup.events") continue;
    const auto directory = rest.substr(0, slash);
    if (!directory.ends_with(suffix)) continue;
    const auto number = directory.substr(0, directory.size() - suffix.size());
    if (text::to_uint64(number)) visit(std::string(number));
  }
}

void read_guest(const FileMap& files, const std::string& id, const std::string& directory,
                std::string_view pid_file, HostSample& sample, Sections& sections) {
  const CgroupFiles cgroup(files, directory);
  // A leftover directory is no guest; one whose files went away while they were read has just stopped.
  if (parse_populated(cgroup) != Populated::yes) return;
  auto parsed = parse_cgroup(cgroup);
  if (!parsed.ok()) {
    sections["cgroups"] = {false, id + ": " + parsed.error().message};
    return;
  }
  sample.guests.emplace(id, GuestSample{parsed.value(), process_start(files, pid_file)});
}

void read_guests(const FileMap& files, HostSample& sample, Sections& sections) {
  sections["cgroups"] = {};
  if (file_of(files, "pcb/host").find("\ncgroup v2\n") == std::string_view::npos) {
    sections["cgroups"] = {false,
                           "the host runs cgroup v1; take systemd.unified_cgroup_hierarchy=0 off its kernel "
                           "command line and reboot it"};
    return;
  }
  sample.guests_read = true;
  for_each_cgroup(files, "/sys/fs/cgroup/lxc/", "", [&](const std::string& number) {
    read_guest(files, "lxc/" + number, "/sys/fs/cgroup/lxc/" + number,
               "/sys/fs/cgroup/lxc.monitor/" + number + "/cgroup.procs", sample, sections);
  });
  for_each_cgroup(files, "/sys/fs/cgroup/qemu.slice/", ".scope", [&](const std::string& number) {
    read_guest(files, "qemu/" + number, "/sys/fs/cgroup/qemu.slice/" + number + ".scope",
               "/var/run/qemu-server/" + number + ".pid", sample, sections);
  });
}

std::optional<double> pressure_rate(double before, double now, double seconds) {
  if (now < before) return std::nullopt;
  return std::min(1.0, (now - before) / seconds);
}

void add_pressure_rates(const HostSample& before, const HostSample& now, double seconds, Pressure& into) {
  const auto some = [&](const auto& a, const auto& b) -> std::optional<double> {
    if (!a || !b) return std::nullopt;
    return pressure_rate(a->some_total_seconds, b->some_total_seconds, seconds);
  };
  const auto full = [&](const auto& a, const auto& b) -> std::optional<double> {
    if (!a || !b || !a->full_total_seconds || !b->full_total_seconds) return std::nullopt;
    return pressure_rate(*a->full_total_seconds, *b->full_total_seconds, seconds);
  };
  into.cpu_some = some(before.cpu_pressure, now.cpu_pressure);
  into.io_some = some(before.io_pressure, now.io_pressure);
  into.io_full = full(before.io_pressure, now.io_pressure);
  into.memory_some = some(before.memory_pressure, now.memory_pressure);
  into.memory_full = full(before.memory_pressure, now.memory_pressure);
}

}  // namespace

std::string_view file_of(const FileMap& files, std::string_view path) {
  return files.get(path).value_or(std::string_view{});
}

Result<HostSample> read_sample(const FileMap& files, double received_at, bool with_guests,
                               Sections& sections) {
  const auto uptime = parse_uptime(file_of(files, "/proc/uptime"));
  if (!uptime.ok()) return uptime.error();
  HostSample sample;
  sample.received_at = received_at;
  sample.uptime_seconds = *uptime;
  for (const auto* section :
       {"stat", "meminfo", "loadavg", "pressure", "net", "vmstat", "arc", "replication"}) {
    sections[section] = {};
  }
  const auto file = [&](std::string_view path) { return file_of(files, path); };
  sample.cpu = take(parse_proc_stat(file("/proc/stat")), sections, "stat");
  sample.memory = take(parse_meminfo(file("/proc/meminfo")), sections, "meminfo");
  sample.load = take(parse_loadavg(file("/proc/loadavg")), sections, "loadavg");
  sample.net = take(parse_net_dev(file("/proc/net/dev")), sections, "net");
  sample.oom_kills = optional_file(files, "/proc/vmstat", sections, "vmstat", parse_vmstat_oom_kills);
  sample.cpu_pressure = optional_file(files, "/proc/pressure/cpu", sections, "pressure", parse_pressure);
  sample.memory_pressure =
      optional_file(files, "/proc/pressure/memory", sections, "pressure", parse_pressure);
  sample.io_pressure = optional_file(files, "/proc/pressure/io", sections, "pressure", parse_pressure);
  sample.arc = optional_file(files, "/proc/spl/kstat/zfs/arcstats", sections, "arc", parse_arcstats);
  if (const auto pages = parse_single_number(file("/sys/kernel/mm/ksm/pages_sharing")); pages.ok()) {
    sample.ksm_shared_bytes = *pages * kPageBytes;
  }
  sample.tasks = parse_active_tasks(file("/var/log/pve/tasks/active"));
  if (auto states = optional_file(files, "/var/lib/pve-manager/pve-replication-state.json", sections,
                                  "replication", parse_replication_state)) {
    sample.replication = std::move(*states);
  }
  if (with_guests) read_guests(files, sample, sections);
  return sample;
}

HostRates rates_between(const HostSample& before, const HostSample& now) {
  HostRates rates;
  const double seconds = now.uptime_seconds - before.uptime_seconds;
  if (seconds <= 0) return rates;  // the host has restarted: its counters began again
  if (before.cpu && now.cpu) {
    const double used = now.cpu->used_seconds - before.cpu->used_seconds;
    const double total = now.cpu->total_seconds - before.cpu->total_seconds;
    if (used >= 0 && total > 0) rates.cpu_ratio = std::min(1.0, used / total);
  }
  add_pressure_rates(before, now, seconds, rates.pressure);
  for (const auto& [id, guest] : now.guests) {
    const auto former = before.guests.find(id);
    if (former == before.guests.end()) continue;
    const double used = guest.cgroup.cpu_seconds - former->second.cgroup.cpu_seconds;
    const bool restarted = guest.started_at_uptime && former->second.started_at_uptime &&
                           *guest.started_at_uptime != *former->second.started_at_uptime;
    if (used >= 0 && !restarted) rates.guest_cpu_cores.emplace(id, used / seconds);
  }
  return rates;
}

}  // namespace pcb
