// The mode the evaluator is really in, which may be less than config.yaml asks for, and why.
//
// Pure. Two things lower it: what this version can do (it starts no migration, so all it does is suggest),
// and the fallback the journal keeps since a damaged journal was put aside: what was under way was forgotten
// with it, so nothing may act until a person has set the mode again, by letting config.yaml say suggest once.
// Tested by tests/evaluator/mode_test.cpp.
#pragma once

#include <string>

namespace pcb {

struct EffectiveMode {
  std::string mode;    // suggest, approve or auto
  std::string reason;  // why it is not what config.yaml says; empty when it is
};

// `fallback` is the journal's, empty for none.
EffectiveMode effective_mode(const std::string& configured, const std::string& fallback);

// The name of the setting that holds the fallback.
inline constexpr const char* kModeFallbackSetting = "mode";

}  // namespace pcb
