// How a host of config.yaml is reached over SSH: for the exporter, which reads it, and for the evaluator,
// which moves its guests.
//
// What is run there, and how long is waited after a failure, is the caller's to set. Tested by
// tests/evaluator/migrator_settings_test.cpp and tests/exporter/poller_program_test.cpp.
#pragma once

#include <chrono>

#include "cluster/config.h"
#include "common/ssh/connection.h"

namespace pcb {

ssh::ConnectionSettings connection_of(const HostConfig& host, const SshConfig& ssh);

inline std::chrono::milliseconds milliseconds(Seconds seconds) {
  return std::chrono::duration_cast<std::chrono::milliseconds>(seconds);
}

}  // namespace pcb
