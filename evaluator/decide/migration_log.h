// What Proxmox's log of a migration says that nothing else does: why it failed, and how long the guest was
// down.
//
// Pure, over the last lines of the log ("2026-11-22 16:50:09 shutdown CT 201"). Times are the host's own.
// Tested by tests/evaluator/migration_test.cpp with captured logs, and by migrate_answer_test.cpp.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace pcb {

// The line that gives the reason: the last that says ERROR and what went wrong, else the last that says
// anything. Without its time, escaped, at most 300 bytes.
std::string reason_in_log(const std::vector<std::string>& log);
// When the container was told to shut down; Unix seconds without a time zone, for differences only.
std::optional<double> shutdown_in_log(const std::vector<std::string>& log);
// shutdown_at: as found in an earlier part of the same log.
std::optional<double> downtime_in_log(const std::vector<std::string>& log, std::optional<double> shutdown_at);

}  // namespace pcb
