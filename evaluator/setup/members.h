// The members of a cluster, from what `balancer-exporter --once --output sd` prints.
//
// Pure. The names and addresses came from a host: an entry whose name is no node name, or that has no
// address, is left out. Of two with one address, the name it was asked by and the one it gives itself, the
// one that is online counts. Tested by tests/evaluator/setup_test.cpp.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "common/result.h"

namespace pcb {

struct Member {
  std::string name;
  std::string address;
  std::string state = "unknown";  // as the cluster document words it
};

// In the order of the text, which is that of the names.
Result<std::vector<Member>> read_members(std::string_view sd_json);

}  // namespace pcb
