// A lab's cluster, as its YAML file states it (tests/lab/README.md lists every key).
//
// Read strictly: an unknown key, a wrong unit, a guest on a host that is not there is a fault with its line.
// Sizes in bytes, loads in cores or bytes, durations in seconds. Value types.
// Tested by tests/lab/checks/model_test.cpp.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "common/result.h"
#include "tests/lab/model/load.h"

namespace pcb::lab {

struct StorageSpec {
  std::string type = "rbd";  // dir, zfspool, lvmthin, lvm, btrfs, nfs, cifs, rbd, cephfs
  std::string content = "images,rootdir";
  std::vector<std::string> hosts;  // empty: all
  bool shared = false;             // the property; rbd, nfs, cifs, cephfs are shared whatever stands here
  bool disabled = false;
  double size_bytes = 500.0 * 1024 * 1024 * 1024;
  double used_bytes = 100.0 * 1024 * 1024 * 1024;
};

struct HostSpec {
  std::string name;
  std::string version;  // "8.4.1"; 7, 8, 9 decide the formats
  int cores = 8;
  double memory_bytes = 32.0 * 1024 * 1024 * 1024;
  Load own_cpu{0.2};  // what the host uses beside its guests, cores
  Load own_memory{1.5 * 1024 * 1024 * 1024};
  double swap_bytes = 0.0;
  double arc_bytes = 0.0, arc_minimum_bytes = 0.0;  // ZFS cache; 0: no ZFS
  double uptime_seconds = 1'000'000.0;              // at the lab's start
  double root_bytes = 100.0 * 1024 * 1024 * 1024, root_used_bytes = 20.0 * 1024 * 1024 * 1024;
  double clock_skew_seconds = 0.0;
  std::string cpu_model = "Intel(R) Xeon(R) Silver 4310 CPU @ 2.10GHz";
  std::string cpu_vendor = "GenuineIntel";
  int cpu_level = 3;  // of x86-64-v1…v4
  std::vector<std::string> bridges{"vmbr0"};
  std::vector<std::string> vlan_aware;  // those of `bridges` that are
  bool maintenance = false, offline = false;
  std::map<std::string, double> thresholds;  // cpu_threshold… of config.yaml, percent
  std::string password;                      // of root, if login by password shall work

  [[nodiscard]] int major() const;
};

struct GuestSpec {
  int id = 0;
  bool vm = false;
  std::string name, host;
  bool running = true, template_ = false, onboot = false;
  std::optional<double> cores, cpulimit;
  double memory_bytes = 512.0 * 1024 * 1024;
  double swap_bytes = 0.0;
  Load cpu{0.1};
  std::optional<Load> memory_used;  // as DESIGN 6 counts it; default half of memory
  double memory_cache_bytes = 64.0 * 1024 * 1024;
  double swap_used_bytes = 0.0;
  Load network_in{1000.0}, network_out{1000.0}, disk_read{0.0}, disk_written{2000.0};  // bytes a second
  std::vector<std::string> tags, snapshots;
  std::string lock, bind_mount, cpu_type = "x86-64-v2-AES", bridge = "vmbr0";
  int vlan = 0;
  std::vector<std::pair<std::string, double>> disks;  // storage, size; default: 8 GiB on the first storage
  double disk_used_bytes = 1.0 * 1024 * 1024 * 1024;
  bool ha = false;
  std::string ha_state = "started", ha_group;
  bool ha_failback = true;
  std::vector<std::string> raw;  // further lines of the guest's configuration

  [[nodiscard]] std::string key() const { return (vm ? "qemu/" : "lxc/") + std::to_string(id); }
  [[nodiscard]] std::string sid() const { return (vm ? "vm:" : "ct:") + std::to_string(id); }
};

struct HaGroupSpec {  // ha/groups.cfg on 7 and 8, a node-affinity rule on 9
  std::vector<std::pair<std::string, int>> nodes;
  bool restricted = false, nofailback = false;
};

struct HaAffinitySpec {  // 9 only
  std::vector<int> guests;
  bool positive = true;
};

struct ClusterSpec {
  std::string name = "lab";
  std::string version = "8.4.1";
  double phase_seconds = 0.2;     // one phase of a migration takes this long
  double pvestatd_seconds = 2.0;  // how often .rrd is renewed
  double lock_lifetime_seconds = 120.0;
  bool auto_rebalance = false;
  std::map<std::string, StorageSpec> storages;
  std::vector<HostSpec> hosts;
  std::map<int, GuestSpec> guests;
  std::map<std::string, HaGroupSpec> ha_groups;
  std::map<std::string, HaAffinitySpec> ha_affinities;
  std::string config;  // appended to the config.yaml that the lab writes

  [[nodiscard]] const HostSpec* host(std::string_view host_name) const;
};

bool is_shared(const StorageSpec& storage);

Result<ClusterSpec> read_spec(const std::string& yaml_text);

// "32GiB", "512MiB", "1000" → bytes; "0.2s", "5m" → seconds.
std::optional<double> parse_size(std::string_view text);
std::optional<double> parse_duration(std::string_view text);

}  // namespace pcb::lab
