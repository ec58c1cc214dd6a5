// The collectors of /probe, one function each: adds its families to the page, from the host's files.
//
// Pure. A file that is not there or is torn gives what can be read of it, never a guess. Named like those of
// node_exporter, for node_scrape_collector_success. Tested by tests/exporter/probe_test.cpp.
#pragma once

#include "exporter/probe/node_files.h"
#include "exporter/probe/probe_page.h"

namespace pcb::probe {

// System: probe_system.cpp
void add_cpu(ProbePage& page, const NodeFiles& files);
void add_stat(ProbePage& page, const NodeFiles& files);
void add_loadavg(ProbePage& page, const NodeFiles& files);
void add_pressure(ProbePage& page, const NodeFiles& files);
void add_filefd(ProbePage& page, const NodeFiles& files);
void add_time(ProbePage& page, const NodeFiles& files);
void add_uname(ProbePage& page, const NodeFiles& files);
void add_os(ProbePage& page, const NodeFiles& files);

// Memory: probe_memory.cpp
void add_meminfo(ProbePage& page, const NodeFiles& files);
void add_vmstat(ProbePage& page, const NodeFiles& files);
void add_ksmd(ProbePage& page, const NodeFiles& files);
void add_zfs(ProbePage& page, const NodeFiles& files);

// Disks: probe_disk.cpp
void add_diskstats(ProbePage& page, const NodeFiles& files);
void add_filesystem(ProbePage& page, const NodeFiles& files);
void add_mdadm(ProbePage& page, const NodeFiles& files);

// Network: probe_network.cpp, probe_netstat.cpp
void add_netdev(ProbePage& page, const NodeFiles& files);
void add_netclass(ProbePage& page, const NodeFiles& files);
void add_bonding(ProbePage& page, const NodeFiles& files);
void add_arp(ProbePage& page, const NodeFiles& files);
void add_conntrack(ProbePage& page, const NodeFiles& files);
void add_softnet(ProbePage& page, const NodeFiles& files);
void add_netstat(ProbePage& page, const NodeFiles& files);
void add_sockstat(ProbePage& page, const NodeFiles& files);

}  // namespace pcb::probe
