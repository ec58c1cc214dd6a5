#include <algorithm>
#include <cmath>

#include "tests/lab/model/render.h"
#include "tests/lab/model/text.h"

namespace pcb::lab::render {
namespace {

constexpr double kTicksPerSecond = 100.0;
constexpr double kUserShare = 0.6, kSystemShare = 0.3, kSoftirqShare = 0.08;  // the rest is steal
constexpr double kIowaitShareOfIdle = 0.004;
constexpr double kArcCredit = 0.5;

const char* const kFlagsOfLevel[] = {
    "fpu vme de pse tsc msr pae mce cx8 apic sep mtrr pge mca cmov pat pse36 clflush mmx fxsr sse sse2 ht "
    "syscall nx lm "
    "constant_tsc nopl cpuid pni",
    " ssse3 cx16 sse4_1 sse4_2 popcnt lahf_lm aes vmx", " movbe xsave avx f16c abm bmi1 avx2 bmi2 fma",
    " avx512f avx512dq avx512cd avx512bw avx512vl"};

// avg10, avg60 and avg300 of a share that has stood a while, and its total.
std::string pressure_line(const char* kind, double share, double total_seconds) {
  const double percent = 100.0 * std::clamp(share, 0.0, 1.0);
  return form("%s avg10=%.2f avg60=%.2f avg300=%.2f total=%.0f\n", kind, percent, percent, percent,
              total_seconds * 1e6);
}

}  // namespace

std::string proc_stat(Model& model, HostState& host, double second) {
  model.advance(host, second);
  const double cores = host.spec.cores;
  const double busy = host.cpu_seconds * kTicksPerSecond;
  const double idle_and_wait = (host.spec.uptime_seconds + second) * cores * kTicksPerSecond - busy;
  const auto line = [&](const std::string& name, double parts) {
    const double iowait = idle_and_wait * kIowaitShareOfIdle;
    return form("%s %.0f 0 %.0f %.0f %.0f 0 %.0f %.0f 0 0\n", name.c_str(), busy * kUserShare / parts,
                busy * kSystemShare / parts, (idle_and_wait - iowait) / parts, iowait / parts,
                busy * kSoftirqShare / parts,
                busy * (1.0 - kUserShare - kSystemShare - kSoftirqShare) / parts);
  };
  std::string text = line("cpu ", 1.0);
  for (int cpu = 0; cpu < host.spec.cores; ++cpu) text += line("cpu" + std::to_string(cpu), cores);
  const double booted = model.unix_seconds(host, 0.0) - host.spec.uptime_seconds;
  text += form(
      "intr 123456789 0 9 0\nctxt %.0f\nbtime %.0f\nprocesses 234567\nprocs_running %.0f\nprocs_blocked 0\n",
      host.cpu_seconds * 1500.0, booted, std::max(1.0, std::round(host.load[0])));
  return text + "softirq 98765432 0 12 0 0 0 0 0 0 0 0\n";
}

std::string proc_uptime(const HostState& host, double second) {
  const double up = host.spec.uptime_seconds + second;
  return form("%.2f %.2f\n", up, std::max(0.0, up * host.spec.cores - host.cpu_seconds));
}

std::string proc_meminfo(Model& model, const HostState& host, double second) {
  const double total = host.spec.memory_bytes;
  const double arc_over = std::max(0.0, host.spec.arc_bytes - host.spec.arc_minimum_bytes);
  const double used = model.memory_used_bytes(host, second) + kArcCredit * arc_over;
  const double available = std::max(0.0, total - used);
  double cache = 0.0;
  for (const GuestState* guest : model.running_on(host.spec.name)) cache += guest->memory(second).file;
  cache = std::min(cache + 512.0 * 1024 * 1024, available * 0.6);
  const double swap_used = [&] {
    double sum = 0.0;
    for (const GuestState* guest : model.running_on(host.spec.name)) sum += guest->memory(second).swap;
    return std::min(sum, host.spec.swap_bytes);
  }();
  std::string text;
  const auto row = [&](const char* name, double bytes) {
    text += form("%-15s %8.0f kB\n", (std::string(name) + ":").c_str(), std::round(bytes / 1024.0));
  };
  row("MemTotal", total);
  row("MemFree", available * 0.95 - cache);
  row("MemAvailable", available);
  row("Buffers", 80.0 * 1024 * 1024);
  row("Cached", cache);
  row("SwapCached", 0);
  row("Active", used * 0.8);
  row("Inactive", cache);
  row("SwapTotal", host.spec.swap_bytes);
  row("SwapFree", host.spec.swap_bytes - swap_used);
  row("Dirty", 1024.0 * 1024);
  row("Writeback", 0);
  row("AnonPages", used * 0.9);
  row("Mapped", cache * 0.3);
  row("Shmem", 64.0 * 1024 * 1024);
  row("Slab", 700.0 * 1024 * 1024);
  row("SReclaimable", 300.0 * 1024 * 1024);
  return text + "HugePages_Total:       0\nHugePages_Free:        0\nHugepagesize:       2048 kB\n";
}

std::string proc_loadavg(Model& model, HostState& host, double second) {
  model.advance(host, second);
  return form("%.2f %.2f %.2f %.0f/1220 120000\n", host.load[0], host.load[1], host.load[2],
              std::max(1.0, std::round(host.load[0])));
}

std::string proc_pressure(Model& model, HostState& host, double second, const std::string& resource) {
  model.advance(host, second);
  double wanted = host.spec.own_cpu.at(second);
  for (const GuestState* guest : model.running_on(host.spec.name))
    wanted += std::min(guest->spec.cpu.at(second), guest->limit_cores(host.spec.cores));
  const double share = wanted > host.spec.cores ? 1.0 - host.spec.cores / wanted : 0.0;
  if (resource == "cpu")
    return pressure_line("some", share, 100.0 + host.cpu_waiting_seconds) + pressure_line("full", 0.0, 0.0);
  return pressure_line("some", 0.0, 12.5) + pressure_line("full", 0.0, 9.0);
}

std::string proc_net_dev(Model& model, HostState& host, double second) {
  model.advance(host, second);
  std::string text =
      "Inter-|   Receive                                                |  Transmit\n"
      " face |bytes    packets errs drop fifo frame compressed multicast|bytes    packets errs drop fifo "
      "colls carrier "
      "compressed\n";
  const auto row = [&](const std::string& name, double received, double sent) {
    text += form("%6s: %.0f %.0f 0 0 0 0 0 0 %.0f %.0f 0 0 0 0 0 0\n", name.c_str(), received,
                 std::floor(received / 900.0), sent, std::floor(sent / 700.0));
  };
  row("lo", 1234567, 1234567);
  row("eno1", host.network_in_bytes, host.network_out_bytes);
  for (const auto& bridge : host.spec.bridges)
    row(bridge, host.network_in_bytes * 0.1, host.network_out_bytes * 0.1);
  for (const GuestState* guest : model.running_on(host.spec.name)) {
    // Seen from the host: what the guest sends is received here.
    const std::string id = std::to_string(guest->spec.id);
    row((guest->spec.vm ? "tap" : "veth") + id + "i0", guest->network_out_bytes, guest->network_in_bytes);
    row("fwbr" + id + "i0", guest->network_in_bytes * 0.5, 0.0);
  }
  return text;
}

std::string proc_net_unix(Model& model, const HostState& host) {
  std::string text = "Num       RefCount Protocol Flags    Type St Inode Path\n";
  for (const GuestState* guest : model.running_on(host.spec.name)) {
    if (!guest->spec.vm)
      text += form("0000000000000000: 00000002 00000000 00010000 0001 01 %d @/var/lib/lxc/%d/command\n",
                   40000 + guest->spec.id, guest->spec.id);
  }
  return text + "0000000000000000: 00000002 00000000 00010000 0001 01 20001 /run/systemd/private\n";
}

std::string proc_vmstat(const HostState& host, double second) {
  return form("nr_free_pages 2803545\npgpgin %.0f\npgpgout 123456\npswpin 0\npswpout 0\noom_kill 0\n",
              100000.0 + host.spec.uptime_seconds + second);
}

std::string proc_cpuinfo(const HostState& host) {
  std::string flags;
  for (int level = 0; level < std::clamp(host.spec.cpu_level, 1, 4); ++level) flags += kFlagsOfLevel[level];
  std::string text;
  for (int cpu = 0; cpu < host.spec.cores; ++cpu) {
    text += form(
        "processor\t: %d\nvendor_id\t: %s\ncpu family\t: 6\nmodel\t\t: 106\nmodel name\t: %s\n"
        "cpu MHz\t\t: 2100.000\nphysical id\t: 0\nsiblings\t: %d\ncore id\t\t: %d\ncpu cores\t: "
        "%d\nflags\t\t: %s\n\n",
        cpu, host.spec.cpu_vendor.c_str(), host.spec.cpu_model.c_str(), host.spec.cores, cpu, host.spec.cores,
        flags.c_str());
  }
  return text;
}

std::string proc_version(const HostState& host) {
  const char* kernel = host.spec.major() >= 9   ? "6.14.11-4-pve"
                       : host.spec.major() == 8 ? "6.8.12-16-pve"
                                                : "5.15.158-2-pve";
  return form("Linux version %s (build@proxmox) (gcc (Debian), GNU ld) #1 SMP PREEMPT_DYNAMIC PMX\n", kernel);
}

std::string proc_mounts() {
  return "sysfs /sys sysfs rw,nosuid,nodev,noexec,relatime 0 0\n"
         "proc /proc proc rw,relatime 0 0\n"
         "cgroup2 /sys/fs/cgroup cgroup2 rw,nosuid,nodev,noexec,relatime 0 0\n"
         "rpool/ROOT/pve-1 / zfs rw,relatime,xattr,posixacl 0 0\n"
         "/dev/fuse /etc/pve fuse "
         "rw,nosuid,nodev,relatime,user_id=0,group_id=0,default_permissions,allow_other 0 0\n";
}

std::string arcstats(const HostState& host, double second) {
  return form(
      "13 1 0x01 147 39984 5000000000 %.0f\nname                            type data\n"
      "hits                            4    900000000\nmisses                          4    1000000\n"
      "c_min                           4    %.0f\nc_max                           4    %.0f\n"
      "size                            4    %.0f\n",
      (host.spec.uptime_seconds + second) * 1e9, host.spec.arc_minimum_bytes, host.spec.memory_bytes / 2,
      host.spec.arc_bytes);
}

}  // namespace pcb::lab::render
