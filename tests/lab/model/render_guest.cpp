#include <algorithm>
#include <cmath>

#include "tests/lab/model/render.h"
#include "tests/lab/model/text.h"

namespace pcb::lab::render {
namespace {

constexpr double kUserShare = 0.7;

std::string cpu_stat(const GuestState& guest) {
  const double usage = std::floor(guest.cpu_seconds * 1e6);
  const double user = std::floor(usage * kUserShare);
  const double periods =
      guest.spec.cpulimit ? guest.cpu_seconds * 10.0 + guest.throttled_seconds * 10.0 : 0.0;
  return form(
      "usage_usec %.0f\nuser_usec %.0f\nsystem_usec %.0f\nnice_usec 0\ncore_sched.force_idle_usec 0\n"
      "nr_periods %.0f\nnr_throttled %.0f\nthrottled_usec %.0f\nnr_bursts 0\nburst_usec 0\n",
      usage, user, usage - user, periods, guest.throttled_seconds * 10.0, guest.throttled_seconds * 1e6);
}

std::string memory_stat(const GuestState& guest, double second) {
  const auto parts = guest.memory(second);
  const double own = parts.current - parts.file;  // anonymous and the kernel's
  const double kernel = std::floor(own * 0.12);
  const double reclaimable = std::floor(kernel * 0.3);
  const double cache = parts.file - parts.shmem;
  return form(
      "anon %.0f\nfile %.0f\nkernel %.0f\nkernel_stack 4325376\npagetables 8650752\nsec_pagetables 0\n"
      "percpu 12000\nsock 40960\nvmalloc 8192\nshmem %.0f\nzswap 0\nzswapped 0\nfile_mapped %.0f\n"
      "file_dirty 4096\nfile_writeback 0\nswapcached 0\nanon_thp 0\nfile_thp 0\nshmem_thp 0\n"
      "inactive_anon %.0f\nactive_anon %.0f\ninactive_file %.0f\nactive_file %.0f\nunevictable 0\n"
      "slab_reclaimable %.0f\nslab_unreclaimable %.0f\nslab %.0f\nworkingset_refault_anon 0\n"
      "workingset_refault_file 26214\npgfault 60480000\npgmajfault 134400\n",
      own - kernel, parts.file, kernel, parts.shmem, std::floor(cache / 2), std::floor(own / 3),
      own - std::floor(own / 3), std::floor(cache / 2), cache - std::floor(cache / 2), reclaimable,
      std::floor(kernel * 0.2), reclaimable + std::floor(kernel * 0.2));
}

std::string pressure(double share, double total_seconds) {
  const double percent = 100.0 * std::clamp(share, 0.0, 1.0);
  const auto line = [](const char* kind, double p, double total) {
    return form("%s avg10=%.2f avg60=%.2f avg300=%.2f total=%.0f\n", kind, p, p, p, total * 1e6);
  };
  return line("some", percent, total_seconds) + line("full", percent * 0.3, total_seconds * 0.3);
}

std::string io_stat(const GuestState& guest) {
  return form("252:3 rbytes=%.0f wbytes=%.0f rios=%.0f wios=%.0f dbytes=0 dios=0\n11:0 \n",
              guest.disk_read_bytes, guest.disk_written_bytes, std::floor(guest.disk_read_bytes / 16384.0),
              std::floor(guest.disk_written_bytes / 16384.0));
}

std::string limit(double bytes) { return bytes > 0.0 ? whole(bytes) + "\n" : "0\n"; }

double high_limit(double memory_bytes) {
  constexpr double kLarge = 16.0 * 1024 * 1024 * 1024;
  return memory_bytes >= kLarge ? memory_bytes - 128.0 * 1024 * 1024 : memory_bytes * 1016.0 / 1024.0;
}

}  // namespace

std::string cgroup_file(Model& model, GuestState& guest, double second, const std::string& file) {
  HostState* host = model.host(guest.host);
  const bool counts = file == "cpu.stat" || file == "io.stat" || file == "cpu.pressure";
  if (host != nullptr && counts) model.advance(*host, second);
  const auto& spec = guest.spec;
  if (file == "cpu.stat") return cpu_stat(guest);
  if (file == "memory.current") return whole(guest.memory(second).current) + "\n";
  if (file == "memory.stat") return memory_stat(guest, second);
  if (file == "memory.swap.current") return whole(guest.memory(second).swap) + "\n";
  if (file == "memory.max") return spec.vm ? "max\n" : limit(spec.memory_bytes);
  if (file == "memory.high") return spec.vm ? "max\n" : limit(std::floor(high_limit(spec.memory_bytes)));
  if (file == "memory.swap.max") return spec.vm ? "max\n" : limit(spec.swap_bytes);
  if (file == "memory.events") return "low 0\nhigh 0\nmax 0\noom 0\noom_kill 0\noom_group_kill 0\n";
  if (file == "io.stat") return io_stat(guest);
  if (file == "cpu.max")
    return spec.cpulimit && *spec.cpulimit > 0.0 ? form("%.0f 100000\n", *spec.cpulimit * 1e5)
                                                 : "max 100000\n";
  if (file == "cpu.weight") return "100\n";
  if (file == "cpuset.cpus") {
    const int cores = host == nullptr ? 1
                                      : static_cast<int>(std::ceil(std::min<double>(
                                            spec.cores.value_or(host->spec.cores), host->spec.cores)));
    return cores == 1 ? "0\n" : form("0-%d\n", cores - 1);
  }
  if (file == "cgroup.events") return "populated 1\nfrozen 0\n";
  if (file == "pids.current") return "57\n";
  if (file == "cpu.pressure") {
    const double asks = std::max(1e-9, spec.cpu.at(second));
    return pressure(1.0 - guest.cpu_now_cores / asks, guest.cpu_waiting_seconds);
  }
  if (file == "memory.pressure" || file == "io.pressure") return pressure(0.0, 0.0);
  return {};
}

int monitor_pid(const GuestState& guest) { return 1'000'000 + guest.spec.id * 100 + guest.starts % 50 * 2; }
int init_pid(const GuestState& guest) { return monitor_pid(guest) + 1; }

std::string proc_pid_stat(const HostState& host, const GuestState& guest, bool monitor) {
  const double started = std::max(0.0, host.spec.uptime_seconds + guest.started_at) * 100.0;
  const int parent = monitor || guest.spec.vm ? 1 : monitor_pid(guest);
  const int pid = monitor ? monitor_pid(guest) : init_pid(guest);
  const char* name = monitor ? "lxc-start" : guest.spec.vm ? "kvm" : "systemd";
  const double user = guest.spec.vm ? guest.cpu_seconds * 100.0 * kUserShare : 900.0;
  const double system = guest.spec.vm ? guest.cpu_seconds * 100.0 * (1.0 - kUserShare) : 500.0;
  return form(
      "%d (%s) S %d %d %d 0 -1 4194560 23451 0 12 0 %.0f %.0f 310 95 20 0 1 0 %.0f 170000000 3300 "
      "18446744073709551615 1 1 0 0 0 0 671173123 4096 1260 0 0 0 17 3 0 0 0 0 0 0 0 0 0 0 0 0 0\n",
      pid, name, parent, pid, pid, user, system, started);
}

}  // namespace pcb::lab::render
