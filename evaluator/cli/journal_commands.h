// `balancer-evaluator backup FILE` and `restore FILE`: the journal, whole and checked.
//
// A backup may be made while the evaluator runs; it is a consistent copy, mode 0600, and never written over a
// file that is there. A restore is refused while an evaluator runs on the state directory, and where the file
// is damaged or of a newer version; the journal that was in place is kept beside it. After a restore the
// evaluator suggests only, until config.yaml has said suggest once: what happened since the backup is not in
// it. Tested by tests/evaluator/journal_commands_test.cpp.
#pragma once

#include <iosfwd>
#include <string>

#include "common/os/lock_file.h"
#include "common/result.h"

namespace pcb {

// Held by the evaluator that runs on this directory.
Result<os::LockFile> take_state_directory(const std::string& directory);

Status back_up_journal(const std::string& state_directory, const std::string& file);
// What was put where, as a sentence.
Result<std::string> restore_journal(const std::string& state_directory, const std::string& file, double now);

int run_backup(const std::string& state_directory, const std::string& file, std::ostream& out,
               std::ostream& err);
int run_restore(const std::string& state_directory, const std::string& file, std::ostream& out,
                std::ostream& err);

}  // namespace pcb
