// `--once`: two samples of every host on stdout.
//
// Tested by tests/exporter/poller_program_test.cpp, which runs the program.
#pragma once

#include "cluster/config.h"
#include "exporter/poller/options.h"

namespace pcb {

// Prints and returns the exit code: all hosts read, some, none.
int once(const Config& config, OnceOutput output, const Shard& shard);

}  // namespace pcb
