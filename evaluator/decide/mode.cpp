#include "evaluator/decide/mode.h"

namespace pcb {
namespace {

constexpr const char* kSuggest = "suggest";

}  // namespace

EffectiveMode effective_mode(const std::string& configured, const std::string& fallback,
                             const std::string& breaker) {
  if (configured == kSuggest) return {kSuggest, ""};
  const std::string asked = "config.yaml says " + configured + ", but ";
  if (configured != "approve" && configured != "auto") return {kSuggest, asked + "that is not a mode"};
  if (!fallback.empty()) {
    return {kSuggest, asked + "the journal was damaged and begun anew: to leave " + fallback +
                          " after that, set evaluator.mode to suggest, reload, then set it to " + configured +
                          " again"};
  }
  if (!breaker.empty())
    return {kSuggest,
            asked + "the breaker is open: " + breaker + "; `balancer-evaluator breaker reset` closes it"};
  return {configured, ""};
}

}  // namespace pcb
