// Result<T>: a value, or a sentence that tells the user what to do.
//
// Every fallible function of this project returns one; exceptions of libraries stop at our wrappers and
// become an Error there. An Error's message is complete by itself ("cannot read /etc/x: permission denied;
// run chmod 0640 …"): callers add context in front with Error::in(), never behind.
//
// Value types, no threads involved. Reading value() of a failed Result is a programming error and aborts.
// Tested by tests/common/result_test.cpp.
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <variant>

namespace pcb {

struct Error {
  std::string message;

  // The same error, seen from further out: "config.yaml: " + message.
  [[nodiscard]] Error in(std::string_view context) const;
};

namespace detail {
[[noreturn]] void abort_on_missing_value(std::string_view message);
}

template <class T>
class [[nodiscard]] Result {
 public:
  Result(T value) : state_(std::move(value)) {}      // NOLINT: a value is a result
  Result(Error error) : state_(std::move(error)) {}  // NOLINT: an error is a result

  [[nodiscard]] bool ok() const { return state_.index() == 0; }
  explicit operator bool() const { return ok(); }

  [[nodiscard]] T& value() & { return checked(*this); }
  [[nodiscard]] const T& value() const& { return checked(*this); }
  [[nodiscard]] T&& value() && { return std::move(checked(*this)); }
  T& operator*() & { return value(); }
  const T& operator*() const& { return value(); }
  T* operator->() { return &value(); }
  const T* operator->() const { return &value(); }

  [[nodiscard]] const Error& error() const { return std::get<1>(state_); }

 private:
  template <class Self>
  static auto& checked(Self& self) {
    if (self.state_.index() != 0) detail::abort_on_missing_value(std::get<1>(self.state_).message);
    return std::get<0>(self.state_);
  }

  std::variant<T, Error> state_;
};

// Success without a value.
struct Done {};
using Status = Result<Done>;

}  // namespace pcb
