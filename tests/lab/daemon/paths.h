// The lab's directory: control socket, state file, and what `lab down` removes.
#pragma once

#include <map>
#include <string>

#include <sys/types.h>

#include "common/result.h"

namespace pcb::lab {

Result<int> listen_at(const std::string& directory);
// One request, one answer.
Result<std::string> ask(const std::string& directory, const std::string& request);

// What the state file says. pids are only trusted together with their start ticks.
struct LabState {
  struct Process {
    pid_t pid = 0;
    unsigned long long ticks = 0;
  };
  Process daemon;
  std::string bridge;
  struct Host {
    std::string address;
    Process process;
  };
  std::map<std::string, Host> hosts;
};
Result<LabState> read_state(const std::string& directory);
bool alive(const LabState::Process& process);

// Socket, state and scratch directory; keys, configuration, logs and records stay for the user.
void remove_run_files(const std::string& directory);

}  // namespace pcb::lab
