#include "evaluator/decide/mode.h"

#include <algorithm>
#include <array>

namespace pcb {
namespace {

constexpr const char* kSuggest = "suggest";
constexpr std::array kModes{kSuggest, "approve", "auto"};  // each lets more happen than the one before

std::size_t rank_of(const std::string& mode) {
  const auto found = std::find(kModes.begin(), kModes.end(), mode);
  return found == kModes.end() ? 0 : static_cast<std::size_t>(found - kModes.begin());
}

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

std::string lower_mode(const std::string& one, const std::string& other) {
  return kModes.at(std::min(rank_of(one), rank_of(other)));
}

}  // namespace pcb
