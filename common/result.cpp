#include "common/result.h"

#include <cstdio>
#include <cstdlib>

namespace pcb {

Error Error::in(std::string_view context) const {
  std::string text(context);
  text += ": ";
  text += message;
  return Error{std::move(text)};
}

namespace detail {
void abort_on_missing_value(std::string_view message) {
  std::fprintf(stderr, "bug: value of a failed result was read; its error: %.*s\n",
               static_cast<int>(message.size()), message.data());
  std::abort();
}
}  // namespace detail

}  // namespace pcb
