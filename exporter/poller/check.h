// `--check`, `--check --connect` and `accept-host-key`: what is wrong, and the command that mends it.
//
// Tested by tests/exporter/poller_program_test.cpp, which runs the program.
#pragma once

#include <memory>
#include <string>

#include "cluster/config.h"
#include "common/http/web_config.h"
#include "common/result.h"
#include "exporter/shard.h"

namespace pcb {

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
