// The codes of a plan's `rejected` in words: what is in the way.
//
// The same words as docs/rejection-codes.md; blockers have theirs in cluster/blocker_codes.h. Held together
// by tests/layers/test_codes.py.
#pragma once

#include <string_view>

namespace pcb {

// The meaning of a code, or nothing for one that is not known.
std::string_view meaning_of(std::string_view code);

}  // namespace pcb
