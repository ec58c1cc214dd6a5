// Regular expressions as Alertmanager's matchers read them: RE2 syntax, anchored at both ends.
//
// Pure, and safe with hostile patterns: the work is bounded by a count of steps, nothing backtracks. Only
// what matchers are commonly written with is understood: literals, ".", classes, \d \w \s, groups, "|", "^",
// "$", repetitions, and (?i) at the begin; ASCII alone. What is not understood is never guessed: absent.
// Syntax: github.com/google/re2/wiki/Syntax. Tested by tests/evaluator/pattern_test.cpp.
#pragma once

#include <optional>
#include <string_view>

namespace pcb {

// Whether the whole of `text` matches; absent: the pattern is not understood, or would take too long.
std::optional<bool> matches_whole(std::string_view pattern, std::string_view text);

}  // namespace pcb
