// Reading and writing the cluster document as JSON.
//
// Pure: text in, value out. A refused document names the JSON path of the fault ("$.guests[3].host: …"; of
// the second place where two clash). Unknown fields and rules that name what is not there are ignored and
// reported in `warnings`. Depth is bounded (32), so hostile nesting cannot exhaust the stack. Tested by
// tests/cluster/document_json_test.cpp.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "cluster/document.h"
#include "common/result.h"

namespace pcb {

struct ReadCluster {
  Cluster cluster;
  std::vector<std::string> warnings;  // what was ignored, one sentence each
};

Result<ReadCluster> read_cluster(std::string_view json_text);

// One line per host, guest and rule: readable in a diff, and the same bytes for the same value.
std::string write_cluster(const Cluster& cluster);

}  // namespace pcb
