#include "evaluator/trigger/counters.h"

namespace pcb {

void Counters::add(const std::string& metric, const std::vector<std::string>& labels) {
  const std::lock_guard lock(mutex_);
  counts_[metric][labels] += 1;
}

void Counters::begin(const std::string& metric, const std::vector<std::string>& labels) {
  const std::lock_guard lock(mutex_);
  counts_[metric].try_emplace(labels, 0);
}

std::map<std::vector<std::string>, double> Counters::values(const std::string& metric) const {
  const std::lock_guard lock(mutex_);
  const auto found = counts_.find(metric);
  return found == counts_.end() ? std::map<std::vector<std::string>, double>{} : found->second;
}

void Counters::observe(const std::string& metric, double seconds) {
  const std::lock_guard lock(mutex_);
  Histogram& histogram = histograms_[metric];
  for (std::size_t i = 0; i < histogram.counts.size(); ++i) {
    if (i >= kDurationBounds.size() || seconds <= kDurationBounds.at(i)) histogram.counts.at(i) += 1;
  }
  histogram.sum += seconds;
}

std::map<std::string, Counters::Histogram> Counters::histograms() const {
  const std::lock_guard lock(mutex_);
  return histograms_;
}

}  // namespace pcb
