// `--check`, `--check --connect` and `accept-host-key`: what is wrong, and the command that mends it.
//
// Tested by tests/exporter/poller_check_test.cpp, and by poller_program_test.cpp, which runs the program.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "cluster/config.h"
#include "common/http/web_config.h"
#include "common/result.h"
#include "exporter/shard.h"
#include "exporter/snapshot.h"

namespace pcb {

// What --connect says of every host that was asked, those that were discovered among them, and of the members
// of the cluster that were not. Exit code: good when every host is, whole; failed when none was read; else
// partial. What a host need not have (ZFS, PSI, HA) is no section that is missing.
struct CheckFindings {
  std::vector<std::string> lines;  // the last one is the sum
  int exit_code = 0;
};
CheckFindings findings_on(const Snapshot& snapshot, const std::vector<HostConfig>& configured);

// The files that the configuration names, and the address it listens on. All faults at once, one a line.
Status check_files(const Config& config);

// TLS and users as `config` names them, for a server that listens as `running` says: its address holds until
// a restart, and may be one that must not go without them.
Result<std::shared_ptr<const http::WebConfig>> web_of(const ExporterConfig& config,
                                                      const ExporterConfig& running);

// Prints on stdout; returns the exit code. config: its proxmox_hosts are the shard's own.
int check(const Config& config, bool connect, const Shard& shard);
int accept_host_key(const Config& config, const std::string& host, const std::string& fingerprint);

}  // namespace pcb
