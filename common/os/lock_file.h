// A file that one process at a time holds: it is given up when the process ends, however it ends.
//
// Movable; the lock goes with the value. Tested by tests/evaluator/journal_commands_test.cpp.
#pragma once

#include <string>
#include <utility>

#include "common/os/fd.h"
#include "common/result.h"

namespace pcb::os {

class LockFile {
 public:
  // Makes the file where there is none; an error at once when another process, or another LockFile of this
  // one, holds it.
  static Result<LockFile> take(const std::string& path);

 private:
  explicit LockFile(Fd file) : file_(std::move(file)) {}
  Fd file_;
};

}  // namespace pcb::os
