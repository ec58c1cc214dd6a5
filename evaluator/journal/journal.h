// The journal: everything the evaluator was told, thought, proposed and said, in one SQLite file.
//
// One connection behind one mutex: transact() and read() may be called from any thread and wait for each
// other. What transact() returned as done is on the disk. At the start the file is checked; a damaged one is
// put aside (never deleted) and a new one begun, which the caller must tell a person. A file of an older
// schema is backed up before it is migrated; one of a newer program is refused. Lives in
// evaluator.state_directory as journal.sqlite, mode 0600. Tested by tests/evaluator/journal_test.cpp.
#pragma once

#include <functional>
#include <memory>
#include <mutex>
#include <string>

#include "common/result.h"
#include "evaluator/journal/tables.h"

namespace pcb {

class Journal {
 public:
  struct Opened {
    std::unique_ptr<Journal> journal;
    std::string put_aside;  // where a damaged file went; empty: it was whole
    std::string put_aside_why;
  };
  static Result<Opened> open(const std::string& directory, double now);

  // Runs `work` in one transaction; its failure, or that of the commit, undoes all of it.
  Status transact(const std::function<Status(Tables&)>& work);
  Status read(const std::function<Status(Tables&)>& work);

 private:
  explicit Journal(Database database) : database_(std::move(database)) {}

  std::mutex mutex_;
  Database database_;  // guarded by mutex_
};

// Brings the database to kSchemaVersion; `backup_path` is written first when there is something to lose.
Status migrate(Database& database, const std::string& backup_path);

}  // namespace pcb
