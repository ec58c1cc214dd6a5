// A password, token or passphrase. It has no output operator and no conversion to string on purpose: what
// shows it has to say reveal(). Tested by tests/cluster/config_read_test.cpp.
#pragma once

#include <string>
#include <utility>

namespace pcb {

class Secret {
 public:
  Secret() = default;
  explicit Secret(std::string value) : value_(std::move(value)) {}
  [[nodiscard]] bool empty() const { return value_.empty(); }
  [[nodiscard]] const std::string& reveal() const { return value_; }

 private:
  std::string value_;
};

}  // namespace pcb
