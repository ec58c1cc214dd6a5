// The model as the files of a Proxmox host: text, in the formats of the kernel and of pmxcfs.
//
// Formats of 7, 8 and 9 as facts seen on real nodes; units are those of each file (ticks of 10 ms in
// /proc/stat, kB in meminfo, microseconds in cpu.stat). Every function brings the host up to `second` first.
// Pure but for that. Tested by tests/lab/checks/model_test.cpp and lab_test.cpp.
#pragma once

#include <string>

#include "tests/lab/model/model.h"

namespace pcb::lab::render {

std::string proc_stat(Model& model, HostState& host, double second);
std::string proc_uptime(const HostState& host, double second);
std::string proc_meminfo(Model& model, const HostState& host, double second);
std::string proc_loadavg(Model& model, HostState& host, double second);
std::string proc_pressure(Model& model, HostState& host, double second, const std::string& resource);
std::string proc_net_dev(Model& model, HostState& host, double second);
std::string proc_net_unix(Model& model, const HostState& host);
std::string proc_vmstat(const HostState& host, double second);
std::string proc_cpuinfo(const HostState& host);
std::string proc_version(const HostState& host);
std::string proc_mounts();
std::string arcstats(const HostState& host, double second);

// Of a running guest; `file` is "cpu.stat", "memory.current" …
std::string cgroup_file(Model& model, GuestState& guest, double second, const std::string& file);
int monitor_pid(const GuestState& guest);
int init_pid(const GuestState& guest);
// /proc/<pid>/stat of the guest's first process: field 22 is its start in ticks since the host's boot.
std::string proc_pid_stat(const HostState& host, const GuestState& guest, bool monitor);

std::string members(Model& model, const HostState& view, std::uint64_t version,
                    const std::map<std::string, std::string>& addresses);
std::string vmlist(Model& model, std::uint64_t version);
// One host's rows of .rrd, as pvestatd publishes them.
std::string rrd_rows(Model& model, HostState& host, double second);

// /etc/pve's configuration files.
std::string guest_config(const ClusterSpec& cluster, const GuestSpec& guest);
std::string storage_cfg(const ClusterSpec& cluster);
std::string datacenter_cfg(const ClusterSpec& cluster);
std::string corosync_conf(const ClusterSpec& cluster, const std::map<std::string, std::string>& addresses);
std::string ha_resources(const ClusterSpec& cluster);
std::string ha_groups(const ClusterSpec& cluster);
std::string ha_rules(const ClusterSpec& cluster);
std::string pvecfg(const HostSpec& host);

}  // namespace pcb::lab::render
