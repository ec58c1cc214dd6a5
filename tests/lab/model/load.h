// A load over time: constant, steps, or a sine, as a cluster file states it.
//
// Time is seconds since the lab's start. integral() is exact for all three, so that the counters made from it
// are exact whatever the moments they are read at.
// Value type. Tested by tests/lab/checks/model_test.cpp.
#pragma once

#include <utility>
#include <vector>

namespace pcb::lab {

class Load {
 public:
  Load() = default;
  explicit Load(double constant) : mean_(constant) {}
  // Steps as (from second, value), the first at 0, in rising order.
  static Load steps(std::vector<std::pair<double, double>> steps);
  static Load sine(double mean, double amplitude, double period_seconds);

  [[nodiscard]] double at(double second) const;
  [[nodiscard]] double integral(double from_second, double to_second) const;
  // The next second after `second` at which the load jumps; infinity if it never does.
  [[nodiscard]] double next_jump(double second) const;

 private:
  std::vector<std::pair<double, double>> steps_;
  double mean_ = 0.0;
  double amplitude_ = 0.0;
  double period_seconds_ = 1.0;
};

}  // namespace pcb::lab
