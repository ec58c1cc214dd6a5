// Counters of what happened since the start, for /metrics. Thread-safe.
// Tested by tests/evaluator/outbox_test.cpp and page_test.cpp.
#pragma once

#include <array>
#include <map>
#include <mutex>
#include <string>
#include <vector>

namespace pcb {

// Upper bounds in seconds; one more bucket holds all.
inline constexpr std::array kDurationBounds{1.0, 3.0, 10.0, 30.0, 60.0, 180.0, 600.0, 1800.0, 7200.0};

class Counters {
 public:
  // `labels` are the values in the order of the metric catalogue.
  void add(const std::string& metric, const std::vector<std::string>& labels);
  // Shows it at 0 until it is counted: Prometheus sees no increase in a series that begins with 1.
  void begin(const std::string& metric, const std::vector<std::string>& labels);
  [[nodiscard]] std::map<std::vector<std::string>, double> values(const std::string& metric) const;

  // A histogram of durations: how many were at most each of kDurationBounds (the last: all), and their sum.
  struct Histogram {
    std::array<double, 10> counts{};
    double sum = 0;
  };
  void observe(const std::string& metric, double seconds);
  [[nodiscard]] std::map<std::string, Histogram> histograms() const;

 private:
  mutable std::mutex mutex_;
  std::map<std::string, std::map<std::vector<std::string>, double>> counts_;
  std::map<std::string, Histogram> histograms_;
};

}  // namespace pcb
