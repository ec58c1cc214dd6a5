// Backup jobs and running tasks of the cluster document. Unix seconds; what is not known is absent.
// Pure values. Each field is described in cluster/document_fields_backup.h. Tested by
// tests/cluster/document_json_test.cpp.
#pragma once

#include <optional>
#include <string>
#include <vector>

namespace pcb {

struct BackupJob {
  std::string id;
  std::optional<bool> enabled;
  std::string schedule;                            // a calendar event: "sat 01:00"
  std::optional<std::string> host;                 // absent: every host backs up its own guests of the job
  std::optional<std::vector<std::string>> guests;  // what it backs up now
  std::string pool, storage, mode, origin;         // empty: not given
  std::optional<double> next_at;
};

struct RunningTask {
  std::string host, type;            // "vzdump", "qmigrate", …
  std::optional<std::string> guest;  // absent: of none, or of one that is gone
  double started_at = 0;
};

}  // namespace pcb
