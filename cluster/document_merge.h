// One cluster document from those of several exporters that share a cluster's hosts (`--shard`).
//
// Pure. Hosts and guests of all parts; what two parts have stands there once, from the part that saw it last
// (a guest that moves from one part's host to another's is in both, or in none, for a moment). Ages are
// brought to the newest part's time. The cluster is quorate only if no part denies it. A rule that each part
// has for its own guests is one rule for all of them. Fails where a part cannot be read, is of another
// cluster, or where there is none: a part that is missing makes no smaller cluster. Tested by
// tests/cluster/document_merge_test.cpp.
#pragma once

#include <string>
#include <vector>

#include "cluster/document.h"
#include "common/result.h"

namespace pcb {

Result<Cluster> merge_clusters(std::vector<Cluster> parts);

// The same over texts. One text is handed on as it is.
Result<std::string> merge_documents(const std::vector<std::string>& json_texts);

}  // namespace pcb
