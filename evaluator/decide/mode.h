// The mode the evaluator is really in, which may be less than config.yaml asks for, and why.
//
// Pure. Two things lower it to suggest: the open breaker, and the fallback the journal keeps since a damaged
// journal was put aside: what was under way was forgotten with it, so nothing may act until a person has set
// the mode again, by letting config.yaml say suggest once. A mode that is not known is suggest.
// Tested by tests/evaluator/mode_test.cpp.
#pragma once

#include <string>

namespace pcb {

struct EffectiveMode {
  std::string mode;    // suggest, approve or auto
  std::string reason;  // why it is not what config.yaml says; empty when it is
};

// `fallback` is the journal's, empty for none; `breaker` says why it is open, empty: it is closed.
EffectiveMode effective_mode(const std::string& configured, const std::string& fallback,
                             const std::string& breaker = "");

// The one of two that lets less happen: suggest, approve, auto. What is not a mode is suggest.
std::string lower_mode(const std::string& one, const std::string& other);

// The name of the setting that holds the fallback.
inline constexpr const char* kModeFallbackSetting = "mode";

}  // namespace pcb
