// Readers of a node's task list and of Proxmox's version file.
//
// Pure. /var/log/pve/tasks/active: "UPID saved [endtime [status]]"; a line without end time is a running
// task. UPID:<node>:<pid>:<pstart>:<starttime>:<type>:<id>:<user>:, numbers in hexadecimal. Tested by
// tests/exporter/parse_pve_test.cpp.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "common/result.h"

namespace pcb {

struct Task {
  std::string node, type, guest;  // guest: bare number, or whatever the task works on
  double started_at = 0;
  std::optional<double> ended_at;
  bool succeeded = false;                            // ended with "OK" or with warnings
  [[nodiscard]] bool gives_the_number_away() const;  // removes the guest, or makes another under its number
  // Somebody looks: nothing is done to the guest. A closed list, the same as in evaluator/node-migrate.sh.
  [[nodiscard]] bool is_console() const;
};
// Lines that are no tasks are left out: other programs write here too.
std::vector<Task> parse_active_tasks(std::string_view text);

struct PveVersion {
  std::string version, release, repoid;  // "8.4.1", "8.4", "2a5fa54a8503f96d"
};
Result<PveVersion> parse_pvecfg(std::string_view text);

}  // namespace pcb
