// What of a host may be used: the limits of docs/planner.md, for those who ask about a host as it is now.
//
// Pure. Defaults of absent fields as the cluster document defines them: thresholds 0.80 and 0.85, reserve 0.
// Tested by tests/evaluator/incidents_test.cpp.
#pragma once

#include <optional>

#include "cluster/document.h"
#include "evaluator/decide/alert.h"

namespace pcb {

double capacity_of(const Host& host, Resource resource);  // cores or bytes
double limit_of(
    const Host& host,
    Resource resource);  // cpu: threshold × cores; memory: min(threshold × memory, memory − reserve)
std::optional<double> used_of(const Host& host, Resource resource);

}  // namespace pcb
