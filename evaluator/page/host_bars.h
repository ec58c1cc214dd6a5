// A host's use as a bar: its own part, its guests by size, its limit as a mark.
//
// Pure. The largest guests are parts of their own, the rest are one. Tested by
// tests/evaluator/page_overview_test.cpp.
#pragma once

#include <string>
#include <vector>

#include "cluster/document.h"
#include "evaluator/decide/limits.h"

namespace pcb {

struct GuestLoad {
  std::string id, name;
  double use = 0;  // cores or bytes
};

// Of the guests of this host that use something, largest first. Those that run and whose use is not known are
// put into `unknown`.
std::vector<GuestLoad> loads_on(const Cluster& cluster, const Host& host, Resource resource,
                                std::vector<std::string>* unknown = nullptr);

// "6.0 cores", "3.1 GiB".
std::string amount(Resource resource, double value);
const char* word_of(Resource resource);  // "CPU", "memory"

// Bar, figure in words, and the names of the largest guests.
std::string host_bar(const Cluster& cluster, const Host& host, Resource resource);

}  // namespace pcb
