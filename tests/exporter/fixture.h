// Proxmox hosts as file trees, and answers made of them as node-collect.sh makes them.
//
// A tree is one text file under tests/golden/fixtures (blocks as head -v prints them), `X.t1.txt` lays the
// files that changed 10 s later over it. answer() picks the files of the wanted sets by the same rules as the
// script; node_collect_test.cpp holds it against the real one. Used by tests only.
#pragma once

#include <algorithm>
#include <cstdlib>
#include <fstream>
#include <iterator>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include <fnmatch.h>
#include <gtest/gtest.h>

#include "common/text.h"
#include "exporter/collect_request.h"
#include "exporter/host_report.h"
#include "exporter/host_state.h"

namespace pcb::test {

inline constexpr const char* kNonce = "0123456789abcdef";
inline const std::string kGolden = std::string(PCB_SOURCE_DIR) + "/tests/golden";

inline std::string read_file(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  EXPECT_TRUE(file.good()) << path << " is missing";
  return {std::istreambuf_iterator<char>(file), {}};
}

// Compares with a golden file; PCB_BLESS=1 writes it instead.
inline void expect_golden(const std::string& path, const std::string& content) {
  if (const char* bless = std::getenv("PCB_BLESS"); bless != nullptr && std::string(bless) == "1") {
    std::ofstream(path, std::ios::binary) << content;
    return;
  }
  EXPECT_EQ(read_file(path), content) << path << " differs; see the change, then bless it with PCB_BLESS=1";
}

using Tree = std::map<std::string, std::string, std::less<>>;

inline Tree tree_of(const FileMap& files) {
  Tree tree;
  for (const auto& [path, content] : files) tree.emplace(path, content);
  return tree;
}

inline FileMap file_map(const Tree& tree) {
  std::vector<FileMap::Part> parts;
  for (const auto& [path, content] : tree) parts.push_back({{}, path, content});
  return FileMap(parts);
}

inline Tree load_tree(const std::string& name, bool later = false) {
  const auto load = [](const std::string& path) {
    const auto framed =
        "@@" + std::string(kNonce) + " begin 1\n" + read_file(path) + "\n@@" + kNonce + " end\n";
    return tree_of(parse_answer(framed, kNonce).value().files);
  };
  auto tree = load(kGolden + "/fixtures/" + name + ".txt");
  if (later) {
    for (auto& [path, content] : load(kGolden + "/fixtures/" + name + ".t1.txt")) tree[path] = content;
  }
  return tree;
}

inline std::string node_of(const Tree& tree) {
  return std::string(text::trim(tree.at("/proc/sys/kernel/hostname")));
}

// The process a pid file names, as "/proc/PID/stat"; empty if there is none.
inline std::string process_of(const Tree& tree, const std::string& pid_file) {
  const auto found = tree.find(pid_file);
  if (found == tree.end()) return {};
  return "/proc/" + found->second.substr(0, found->second.find('\n')) + "/stat";
}

inline bool matches_any(const std::string& path, const std::vector<const char*>& patterns) {
  return std::any_of(patterns.begin(), patterns.end(), [&](const char* pattern) {
    return fnmatch(pattern, path.c_str(), FNM_PATHNAME | FNM_PERIOD) == 0;
  });
}

// A cgroup's file that the script reads: "/sys/fs/cgroup/lxc/101/cpu.stat".
inline bool is_cgroup_file(const std::string& path) {
  static const std::vector<const char*> kNames = {
      "cgroup.events", "cpu.stat", "memory.current", "memory.stat",     "memory.swap.current",
      "memory.events", "io.stat",  "cpu.pressure",   "memory.pressure", "io.pressure"};
  return matches_any(path, {"/sys/fs/cgroup/lxc/[0-9]*/*", "/sys/fs/cgroup/qemu.slice/[0-9]*.scope/*"}) &&
         matches_any(path.substr(path.rfind('/') + 1), kNames);
}

inline bool belongs(const Tree& tree, const std::string& path, const CollectRequest& request) {
  static const std::vector<const char*> kHost = {"/proc/stat",
                                                 "/proc/meminfo",
                                                 "/proc/loadavg",
                                                 "/proc/pressure/*",
                                                 "/proc/net/dev",
                                                 "/proc/vmstat",
                                                 "/proc/spl/kstat/zfs/arcstats",
                                                 "/sys/kernel/mm/ksm/pages_sharing",
                                                 "/proc/diskstats",
                                                 "/proc/mdstat",
                                                 "/proc/sys/fs/file-nr",
                                                 "/proc/net/*",
                                                 "/proc/sys/net/netfilter/*",
                                                 "/sys/class/net/*/operstate",
                                                 "/etc/pve/.version",
                                                 "/var/log/pve/tasks/active",
                                                 "/var/lib/pve-manager/pve-replication-state.json"};
  static const std::vector<const char*> kCluster = {
      "/etc/pve/.members", "/etc/pve/.vmlist", "/etc/pve/ha/manager_status", "/etc/pve/nodes/*/lrm_status"};
  static const std::vector<const char*> kConfigs = {"/etc/pve/storage.cfg",
                                                    "/etc/pve/datacenter.cfg",
                                                    "/etc/pve/replication.cfg",
                                                    "/etc/pve/jobs.cfg",
                                                    "/etc/pve/vzdump.cron",
                                                    "/etc/pve/ha/resources.cfg",
                                                    "/etc/pve/ha/groups.cfg",
                                                    "/etc/pve/ha/rules.cfg",
                                                    "/etc/pve/mapping/*.cfg",
                                                    "/proc/version",
                                                    "/proc/sys/kernel/*",
                                                    "/etc/os-release",
                                                    "/proc/cpuinfo",
                                                    "/usr/share/perl5/PVE/pvecfg.pm",
                                                    "pcb/devices",
                                                    "pcb/nics",
                                                    "pcb/zone",
                                                    "pcb/pools",
                                                    "/sys/class/net/*/mtu",
                                                    "/sys/class/net/*/bridge/vlan_filtering"};
  static const std::vector<const char*> kSlow = {"pcb/df",
                                                 "pcb/filesystems",
                                                 "/proc/mounts",
                                                 "/sys/class/net/*/carrier",
                                                 "/sys/class/net/*/carrier_changes",
                                                 "/sys/class/net/*/bonding/slaves",
                                                 "/sys/class/net/*/bonding_slave/mii_status",
                                                 "/sys/class/net/*/mtu",
                                                 "/sys/class/net/*/speed",
                                                 "/sys/class/net/*/duplex",
                                                 "/sys/class/net/*/address",
                                                 "/sys/class/net/*/broadcast",
                                                 "/sys/class/net/*/flags",
                                                 "/sys/class/net/*/type",
                                                 "/sys/class/net/*/tx_queue_len",
                                                 "/sys/class/net/*/ifalias"};
  if (path == "/proc/uptime") return true;
  if (request.host && matches_any(path, kHost)) return true;
  if (request.cluster && matches_any(path, kCluster)) return true;
  if (request.rrd && path == "/etc/pve/.rrd") return true;
  if (request.df && matches_any(path, kSlow)) return true;
  const auto own = "/etc/pve/nodes/" + node_of(tree) + "/";
  const bool own_config = path.starts_with(own) && path.ends_with(".conf");
  if (request.configs && (own_config || matches_any(path, kConfigs))) return true;
  if (!request.guests) return false;
  if (is_cgroup_file(path)) return true;
  return std::any_of(tree.begin(), tree.end(), [&](const auto& file) {
    const auto& name = file.first;
    const bool holds_pid =
        name.starts_with("/sys/fs/cgroup/lxc.monitor/") || name.starts_with("/var/run/qemu-server/");
    return holds_pid && (path == name || path == process_of(tree, name));
  });
}

inline std::string answer(const Tree& tree, const CollectRequest& request) {
  auto sets = request_line(request, kNonce).substr(22);
  sets.pop_back();
  std::string text = "\n@@" + std::string(kNonce) + " begin 1\n==> pcb/host <==\nnode " + node_of(tree) +
                     "\ncgroup v2\npve ok\nsets " + sets + "\n";
  for (const auto& [path, content] : tree) {
    if (belongs(tree, path, request)) text += "\n==> " + path + " <==\n" + content;
  }
  return text + "\n@@" + kNonce + " end\n";
}

// One cycle of one host: the request, and the follow-ups it asks for.
inline void run_cycle(HostTracker& tracker, const Tree& tree, bool cluster_wide, double at) {
  for (int question = 0; question < 4; ++question) {
    const auto request = tracker.next_request(cluster_wide);
    const auto taken = tracker.accept(answer(tree, request), kNonce, at, 0.05);
    ASSERT_TRUE(taken.ok()) << taken.error().message;
    if (*taken == HostTracker::FollowUp::none) return;
  }
  FAIL() << "the host is asked without end";
}

// "a{y="1",x="2"} 3" → "x,y". Values in the fixtures hold no quotes.
inline std::string label_names(std::string_view sample) {
  std::set<std::string> names;
  for (const auto piece : text::split(sample.substr(0, sample.rfind(' ')), '"')) {
    if (!piece.ends_with('=')) continue;
    const auto start = piece.find_last_of("{,") + 1;
    names.emplace(piece.substr(start, piece.size() - start - 1));
  }
  return text::join({names.begin(), names.end()}, ",");
}

}  // namespace pcb::test
