// The grammar of the textual values in config.yaml: names, addresses, URLs, selectors, times of day.
//
// Pure; part of cluster/config_values.h, which is what others call.
// Tested by tests/cluster/config_values_test.cpp.
#pragma once

#include <string>
#include <string_view>

#include "cluster/config_fields.h"

namespace pcb {

inline constexpr std::string_view kNotAllowed = "?";

// "" when the value is well formed; kNotAllowed when it is not; else the hint that helps, or a whole sentence
// beginning with "found" where the value itself must not be shown.
std::string grammar_fault(const OptionNote& note, std::string_view value);

// What is well formed, for people.
std::string grammar_text(OptionKind kind);

}  // namespace pcb
