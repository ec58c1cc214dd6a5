// A what-if question as an address asks it: ?ask=drain&host=pve1, ?ask=lose&host=pve1,
// ?ask=place&cores=4&memory=8GiB, ?ask=thresholds&cpu=70&memory=80&host=pve1&goal=balance.
//
// Pure. Thresholds are percent, above 1 up to 100. An Error says what is missing or not allowed.
// Tested by tests/evaluator/what_if_test.cpp.
#pragma once

#include <map>
#include <string>

#include "common/result.h"
#include "evaluator/decide/what_if.h"

namespace pcb {

Result<WhatIf> read_what_if(const std::multimap<std::string, std::string>& query);

}  // namespace pcb
