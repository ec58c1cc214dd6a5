// The red button: while it is pressed no migration is started.
//
// It is the file STOP in evaluator.state_directory, so that it works with every other part gone: `touch STOP`
// presses it, `rm STOP` releases it. press() (route, signal, command line) also holds it in memory, should
// the disk refuse the file. Looked at again right before each start; what cannot be looked at counts as
// pressed. unless_pressed() runs a start, and press() returns only when no start is running: when it has
// answered, none follows. Thread-safe. Tested by tests/evaluator/red_button_test.cpp.
#pragma once

#include <atomic>
#include <functional>
#include <mutex>
#include <string>

#include "common/result.h"

namespace pcb {

class RedButton {
 public:
  explicit RedButton(std::string state_directory);

  // Why nothing may start; empty: it is not pressed.
  [[nodiscard]] std::string pressed() const;
  // Pressed in any case; an error says that it will not outlive this process, and why.
  Status press(const std::string& who, const std::string& reason, double now);
  Status release();
  // False, and `start` was not called: it is pressed.
  bool unless_pressed(const std::function<void()>& start);
  [[nodiscard]] const std::string& path() const { return path_; }

 private:
  std::string directory_, path_;
  std::atomic<bool> held_{false};
  std::mutex starting_;  // held while a start runs
};

// Presses the button of a state directory whose evaluator does not answer.
Status press_file(const std::string& state_directory, const std::string& who, const std::string& reason,
                  double now);

}  // namespace pcb
