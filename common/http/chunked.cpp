#include "common/http/chunked.h"

#include <algorithm>

namespace pcb::http {
namespace {

constexpr std::size_t kMaxOverhead = 8192;
constexpr int kMaxDigits = 15;  // more could overflow the size

int hex_value(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

}  // namespace

ChunkedBody::State ChunkedBody::feed(std::string_view bytes) {
  while (state_ == State::more && !bytes.empty()) {
    if (part_ == Part::data) {
      const std::size_t taken = static_cast<std::size_t>(std::min<std::uint64_t>(left_, bytes.size()));
      body_ += bytes.substr(0, taken);
      bytes.remove_prefix(taken);
      left_ -= taken;
      if (left_ == 0) part_ = Part::data_cr;
    } else {
      state_ = take(bytes.front());
      bytes.remove_prefix(1);
    }
  }
  return state_;
}

ChunkedBody::State ChunkedBody::size_line_done() {
  if (digits_ == 0) return State::malformed;
  if (left_ > max_bytes_ - body_.size()) return State::too_large;
  part_ = left_ == 0 ? Part::trailer_start : Part::data;
  return State::more;
}

ChunkedBody::State ChunkedBody::take(char byte) {
  const auto expect = [&](char wanted, Part next) {
    if (byte != wanted) return State::malformed;
    part_ = next;
    return State::more;
  };
  switch (part_) {
    case Part::size:
      if (const int digit = hex_value(byte); digit >= 0) {
        if (++digits_ > kMaxDigits) return State::malformed;
        left_ = left_ * 16 + static_cast<unsigned>(digit);
        return State::more;
      }
      if (byte == ';' && digits_ > 0) return part_ = Part::extension, State::more;
      return expect('\r', Part::size_end);
    case Part::extension:
      if (++overhead_ > kMaxOverhead) return State::malformed;
      if (byte == '\n') return State::malformed;
      if (byte == '\r') part_ = Part::size_end;
      return State::more;
    case Part::size_end:
      return byte == '\n' ? size_line_done() : State::malformed;
    case Part::data:
      return State::malformed;  // feed() takes data itself
    case Part::data_cr:
      return expect('\r', Part::data_lf);
    case Part::data_lf:
      digits_ = 0;
      return expect('\n', Part::size);
    case Part::trailer_start:
      if (byte == '\r') return part_ = Part::last_lf, State::more;
      part_ = Part::trailer;
      [[fallthrough]];
    case Part::trailer:
      if (++overhead_ > kMaxOverhead || byte == '\n') return State::malformed;
      if (byte == '\r') part_ = Part::trailer_end;
      return State::more;
    case Part::trailer_end:
      return expect('\n', Part::trailer_start);
    case Part::last_lf:
      return byte == '\n' ? State::done : State::malformed;
  }
  return State::malformed;
}

}  // namespace pcb::http
