#include "evaluator/decide/mode.h"

namespace pcb {
namespace {

constexpr const char* kSuggest = "suggest";

}  // namespace

EffectiveMode effective_mode(const std::string& configured, const std::string& fallback) {
  if (configured == kSuggest) return {kSuggest, ""};
  const std::string asked = "config.yaml says " + configured + ", but ";
  std::string reason = asked + "this version only suggests: it starts no migration";
  if (!fallback.empty()) {
    reason += "; also, the journal was damaged and begun anew: to leave " + fallback +
              " after that, set evaluator.mode to suggest, reload, then set it to " + configured + " again";
  }
  return {kSuggest, reason};
}

}  // namespace pcb
