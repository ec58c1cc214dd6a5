#include "tests/bench/serving_snapshot.h"

#include <random>

#include "common/text.h"

namespace pcb::bench {
namespace {

// Only std::mt19937_64's own sequence is the same everywhere, so its bits are turned into numbers here.
class Numbers {
 public:
  double ratio() { return static_cast<double>(engine_() >> 11U) * 0x1p-53; }
  double bytes(double most) { return static_cast<double>(static_cast<std::int64_t>(ratio() * most)); }
  double seconds(double most) {
    return static_cast<double>(static_cast<std::int64_t>(ratio() * most * 1e6)) / 1e6;
  }

 private:
  std::mt19937_64 engine_{20221122};
};

Figures figures(Numbers& numbers, double memory_bytes, double disk_bytes) {
  Figures made;
  made.cpu_usage_ratio = numbers.ratio();
  made.cpu_limit_cores = 1 + numbers.bytes(16);
  made.cpu_seconds_total = numbers.seconds(1e6);
  made.memory_usage_bytes = numbers.bytes(memory_bytes);
  made.memory_size_bytes = memory_bytes;
  made.memory_cache_bytes = numbers.bytes(memory_bytes / 4);
  made.memory_swap_bytes = numbers.bytes(1e8);
  made.disk_usage_bytes = numbers.bytes(disk_bytes);
  made.disk_size_bytes = disk_bytes;
  made.uptime_seconds = numbers.seconds(1e7);
  made.network_receive_bytes_total = numbers.bytes(1e13);
  made.network_transmit_bytes_total = numbers.bytes(1e13);
  made.disk_read_bytes_total = numbers.bytes(1e13);
  made.disk_written_bytes_total = numbers.bytes(1e13);
  made.oom_kills_total = numbers.bytes(3);
  made.cpu_threshold = 0.85;
  made.memory_threshold = 0.9;
  made.pressure = {numbers.seconds(1e5), numbers.seconds(1e5), numbers.seconds(1e5),
                   numbers.seconds(1e5), numbers.seconds(1e5), numbers.seconds(1e5)};
  return made;
}

SnapshotHost host(Numbers& numbers, const std::string& name, int number) {
  SnapshotHost made;
  made.document.name = name;
  made.document.state = HostState::online;
  made.document.cpu_cores = 32;
  made.document.memory_bytes = 137438953472;
  made.document.load1 = numbers.seconds(32);
  made.document.pve_version = "8.2.4";
  made.read = made.up = true;
  made.figures = figures(numbers, made.document.memory_bytes, 1e12);
  made.load5 = numbers.seconds(32);
  made.load15 = numbers.seconds(32);
  made.memory_available_bytes = numbers.bytes(1e11);
  made.memory_swap_size_bytes = 8589934592;
  made.arc_size_bytes = numbers.bytes(1e10);
  made.arc_min_bytes = 4294967296;
  made.arc_max_bytes = 17179869184;
  made.ksm_shared_bytes = numbers.bytes(1e9);
  made.root_filesystem_threshold = 0.9;
  made.node_id = number;
  made.script_version = 1;
  made.pve_release = "8.2";
  made.pve_repoid = "faa83925c9641325";
  made.ha_state = "online";
  for (const char* section : {"cpu", "memory", "network", "guests", "configs", "cluster"})
    made.sections[section] = {};
  made.last_success_at = 1700000000 + numbers.seconds(10);
  made.collect_duration_seconds = numbers.seconds(0.1);
  return made;
}

SnapshotGuest guest(Numbers& numbers, const std::string& on, std::size_t number) {
  const bool container = number % 3 != 0;
  SnapshotGuest made;
  made.document.id = (container ? "lxc/" : "qemu/") + std::to_string(100 + number);
  // The first one is called what it should not be.
  made.document.name =
      number == 0 ? "a \"b\" \\c \xc3\xa4 \xff\n{}#" : "guest-" + std::to_string(number) + ".example.org";
  made.document.host = on;
  made.document.status = number % 10 == 9 ? GuestStatus::stopped : GuestStatus::running;
  made.document.memory_used_bytes = numbers.bytes(4e9);
  made.document.volumes = {{"rootfs", "local-zfs", 8589934592, std::nullopt, false},
                           {"mp0", "tank", 1099511627776, std::nullopt, false}};
  made.document.tags = {"prod", "web"};
  if (number % 4 == 0) made.document.blockers = {{"bind_mount", "mp1", "move the data onto a storage"}};
  if (number % 5 == 0) made.document.ha = Ha{true, "started", true, std::nullopt};
  made.read = true;
  made.onboot = number % 2 == 0;
  made.figures = figures(numbers, 4294967296, 8589934592);
  if (container) made.cpu_throttled_seconds_total = numbers.seconds(1e4);
  return made;
}

}  // namespace

Collected made_up_cluster(std::size_t hosts, std::size_t guests_per_host) {
  Numbers numbers;
  Collected made;
  Snapshot& snapshot = made.snapshot;
  snapshot.cluster = "bench";
  snapshot.taken_at = 1700000010.125;
  snapshot.quorate = true;
  snapshot.cluster_version = 42;
  made.self.version = "bench";
  for (std::size_t i = 0; i < hosts; ++i) {
    const std::string name = "pve" + std::to_string(i + 1);
    snapshot.hosts.push_back(host(numbers, name, static_cast<int>(i) + 1));
    made.self.hosts.push_back(
        {name, 1 + numbers.bytes(5), {{FailureReason::connect_timeout, numbers.bytes(3)}}});
    for (const char* storage : {"local", "local-zfs", "tank"}) {
      snapshot.storages.push_back(
          {name, {storage, "zfspool", {"images", "rootdir"}, false, true, 2e12, numbers.bytes(2e12)}});
    }
    for (std::size_t j = 0; j < guests_per_host; ++j) {
      snapshot.guests.push_back(guest(numbers, name, i * guests_per_host + j));
    }
  }
  return made;
}

Collected cluster_of_series(std::size_t series) {
  constexpr std::size_t kGuests = 30;
  const auto count = [](std::size_t hosts) {
    const Collected made = made_up_cluster(hosts, kGuests);
    return count_series(render_metrics(made.snapshot, made.self));
  };
  // Only small ones are tried: the memory that a large one takes would count for the program that serves it.
  const std::size_t few = count(4);
  const std::size_t per_host = (few - count(2)) / 2;
  const std::size_t missing = series > few ? series - few : 0;
  const std::size_t hosts = 4 + (missing + per_host - 1) / per_host + missing / 50000;
  return made_up_cluster(hosts, kGuests);
}

std::size_t count_series(const std::string& page) {
  std::size_t count = 0;
  for (const auto line : text::split_lines(page)) count += !line.empty() && line.front() != '#' ? 1 : 0;
  return count;
}

}  // namespace pcb::bench
