#include "tests/lab/model/load.h"

#include <algorithm>
#include <cmath>
#include <limits>

namespace pcb::lab {

Load Load::steps(std::vector<std::pair<double, double>> steps) {
  Load load;
  load.steps_ = std::move(steps);
  return load;
}

Load Load::sine(double mean, double amplitude, double period_seconds) {
  Load load(mean);
  load.amplitude_ = amplitude;
  load.period_seconds_ = period_seconds;
  return load;
}

double Load::at(double second) const {
  if (!steps_.empty()) {
    double value = steps_.front().second;
    for (const auto& [from, step] : steps_) {
      if (from > second) break;
      value = step;
    }
    return value;
  }
  if (amplitude_ == 0.0) return mean_;
  return mean_ + amplitude_ * std::sin(2.0 * M_PI * second / period_seconds_);
}

double Load::integral(double from_second, double to_second) const {
  if (!steps_.empty()) {
    double sum = 0.0;
    double at_second = from_second;
    while (at_second < to_second) {
      const double end = std::min(next_jump(at_second), to_second);
      sum += at(at_second) * (end - at_second);
      at_second = end;
    }
    return sum;
  }
  if (amplitude_ == 0.0) return mean_ * (to_second - from_second);
  const double turn = 2.0 * M_PI / period_seconds_;
  return mean_ * (to_second - from_second) +
         amplitude_ / turn * (std::cos(turn * from_second) - std::cos(turn * to_second));
}

double Load::next_jump(double second) const {
  for (const auto& [from, value] : steps_) {
    if (from > second) return from;
  }
  return std::numeric_limits<double>::infinity();
}

}  // namespace pcb::lab
