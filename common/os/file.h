// Reading and writing whole files, bounded, with errors that say what to do.
//
// Blocking calls on local files; safe from several threads. read_secret_file() is for tokens, passwords and
// keys: it refuses what others on this machine could read or replace. Tested by
// tests/common/os_file_test.cpp.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include <sys/types.h>

#include "common/result.h"

namespace pcb::os {

// Fails on anything but a regular file (a symbolic link to one is fine) and when it is larger than
// `max_bytes`.
Result<std::string> read_file(const std::string& path, std::size_t max_bytes = 1U << 20U);

// The content without blanks and line ends at its end. The file must not be a symbolic link, must belong to
// root or to the user of this process, and must not be open to others nor writable by its group; it must not
// be empty.
Result<std::string> read_secret_file(const std::string& path);

// Readers see the old file or the new one, never a part, also after a loss of power: temporary file in the
// same folder, fsync, rename, fsync of the folder. On an error the old file is unchanged and no temporary
// file stays.
Status write_file_atomically(const std::string& path, std::string_view content, mode_t mode = 0644);

// "permission denied; …": the reason behind errno, and for the common ones what to do about it.
std::string reason(int error_number);

}  // namespace pcb::os
