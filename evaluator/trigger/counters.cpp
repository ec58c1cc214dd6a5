#include "evaluator/trigger/counters.h"

namespace pcb {

void Counters::add(const std::string& metric, const std::vector<std::string>& labels) {
  const std::lock_guard lock(mutex_);
  counts_[metric][labels] += 1;
}

std::map<std::vector<std::string>, double> Counters::values(const std::string& metric) const {
  const std::lock_guard lock(mutex_);
  const auto found = counts_.find(metric);
  return found == counts_.end() ? std::map<std::vector<std::string>, double>{} : found->second;
}

}  // namespace pcb
