// A file on disk read whole through one descriptor, with what fstat said of that same descriptor.
//
// Touches the disk. Used for keys and known_hosts. No locks, no threads.
#pragma once

#include <cstddef>
#include <optional>
#include <string>

#include <sys/types.h>

#include "common/result.h"

namespace pcb::ssh {

struct FileContent {
  std::string text;
  mode_t mode = 0;
  uid_t owner = 0;
};

// No value when there is no such file. Only regular files, at most `max_bytes`.
Result<std::optional<FileContent>> read_file(const std::string& path, std::size_t max_bytes);

}  // namespace pcb::ssh
