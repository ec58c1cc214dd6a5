// The exporter as a service: serves until SIGTERM or SIGINT, reloads on SIGHUP.
//
// Tested by tests/exporter/poller_program_test.cpp, which runs the program.
#pragma once

#include <string>

#include "cluster/config.h"
#include "exporter/shard.h"

namespace pcb {

// config: its proxmox_hosts are the shard's own. Blocks until the program shall end. Returns its exit code.
int serve(const std::string& config_path, const Config& config, const Shard& shard);

}  // namespace pcb
