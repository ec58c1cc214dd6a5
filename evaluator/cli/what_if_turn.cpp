#include "evaluator/cli/what_if_turn.h"

#include <mutex>
#include <utility>

namespace pcb {

std::variant<WhatIfAnswer, Error, WhatIfBusy> take_what_if(const Cluster& cluster, const WhatIf& question,
                                                           const Policy& policy) {
  static std::mutex one_at_a_time;
  const std::unique_lock asking(one_at_a_time, std::try_to_lock);
  if (!asking) return WhatIfBusy{};
  auto answered = ask_what_if(cluster, question, policy);
  if (!answered) return answered.error();
  return std::move(answered).value();
}

}  // namespace pcb
