// Reader of the file systems that node-collect.sh lists with df.
//
// Pure. A field that df does not know ("-") is absent. Mount points may hold blanks: they come last in a
// line. Tested by tests/exporter/probe_test.cpp.
#pragma once

#include <optional>
#include <string_view>
#include <vector>

#include "common/result.h"
#include "exporter/parse/proc.h"

namespace pcb {

struct FileSystem {
  std::string_view type, mount_point;  // into the text
  std::optional<double> inodes, inodes_free;
  double size_bytes = 0, used_bytes = 0, available_bytes = 0;  // available: for those who are not root
};

// df --output=fstype,itotal,iavail,size,used,avail,target; lines that are cut off are left out.
std::vector<FileSystem> parse_filesystems(std::string_view text);

// That of "/".
Result<DiskFree> root_of(const std::vector<FileSystem>& file_systems);

}  // namespace pcb
