// A replication job in the snapshot. Unix seconds by the host's own clock, seconds; nullopt: not known.
//
// Pure data. Tested by tests/exporter/render_pve_test.cpp.
#pragma once

#include <optional>
#include <string>

namespace pcb {

// One replication job of a guest, as the host that runs it last told.
struct SnapshotReplication {
  std::string id, type, target;  // "101-0", "local", "pve2"
  std::optional<double> last_sync_at, last_try_at, next_sync_at, duration_seconds, failed_syncs;
};

}  // namespace pcb
