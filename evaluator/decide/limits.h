// A host by resource: what it has, what of it may be used (the limits of cluster/document_defaults.h), what
// is used.
//
// Pure. Cores or bytes. Tested by tests/evaluator/incidents_test.cpp.
#pragma once

#include <optional>

#include "cluster/document.h"
#include "evaluator/decide/alert.h"

namespace pcb {

double capacity_of(const Host& host, Resource resource);
double limit_of(const Host& host, Resource resource);
std::optional<double> used_of(const Host& host, Resource resource);

}  // namespace pcb
