// NodeFiles: the files of a host that /probe is rendered from, as they were read.
//
// Kept as text, and looked at only when somebody asks for the page: a cluster whose hosts have no scrape of
// /probe pays nothing for it but the memory (some 50 KiB a host). The parts are shared, never changed, and
// safe to read from several threads. Tested by tests/exporter/probe_test.cpp.
#pragma once

#include <memory>
#include <string_view>

#include "exporter/file_map.h"

namespace pcb {

struct NodeFiles {
  std::shared_ptr<const FileMap> cycle;  // read in every cycle
  std::shared_ptr<const FileMap> slow;   // with the set df: file systems and settings of network devices
  std::shared_ptr<const FileMap> fixed;  // with the set configs: what changes with a boot or an upgrade

  [[nodiscard]] std::string_view get(std::string_view path) const;  // empty if it was not read
};

// `earlier` with what this answer has brought.
NodeFiles take_node_files(const FileMap& files, bool with_cycle, bool with_slow, bool with_fixed,
                          const NodeFiles& earlier);

}  // namespace pcb
