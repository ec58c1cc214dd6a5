// The commands of the lab program, as a person or a test gives them.
#pragma once

#include <string>
#include <vector>

namespace pcb::lab {

struct UpOptions {
  std::string file, directory;
  bool foreground = false;
};
int up(const UpOptions& options);
int down(const std::string& directory);
// status, set, fault, heal, start, stop: passed to the daemon, its answer printed.
int pass_on(const std::string& directory, const std::vector<std::string>& words);
// Runs a command on a host without SSH (nsenter): for tests that must look inside while sshd is broken.
int execute(const std::string& directory, const std::string& host, const std::vector<std::string>& command);
int list_hosts(const std::string& directory);

}  // namespace pcb::lab
