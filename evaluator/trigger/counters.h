// Counters of what happened since the start, for /metrics. Thread-safe.
// Tested by tests/evaluator/outbox_test.cpp and page_test.cpp.
#pragma once

#include <map>
#include <mutex>
#include <string>
#include <vector>

namespace pcb {

class Counters {
 public:
  // `labels` are the values in the order of the metric catalogue.
  void add(const std::string& metric, const std::vector<std::string>& labels);
  [[nodiscard]] std::map<std::vector<std::string>, double> values(const std::string& metric) const;

 private:
  mutable std::mutex mutex_;
  std::map<std::string, std::map<std::vector<std::string>, double>> counts_;
};

}  // namespace pcb
