// ChunkedBody: decodes "Transfer-Encoding: chunked" (RFC 9112, chapter 7.1) as the bytes come, bounded.
//
// Pure and strict: sizes are 1 to 15 hexadecimal digits, lines end in CRLF. Chunk extensions and trailer
// fields are read over, up to 8 KiB of them in all. Tested by tests/common/http_head_test.cpp.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace pcb::http {

class ChunkedBody {
 public:
  enum class State { more, done, malformed, too_large };

  explicit ChunkedBody(std::size_t max_bytes) : max_bytes_(max_bytes) {}

  // Takes what came; bytes behind the end of the body are ignored. After done or an error it stays so.
  State feed(std::string_view bytes);
  [[nodiscard]] std::string& body() { return body_; }

 private:
  enum class Part {
    size,
    extension,
    size_end,
    data,
    data_cr,
    data_lf,
    trailer_start,
    trailer,
    trailer_end,
    last_lf
  };
  State take(char byte);
  State size_line_done();

  std::size_t max_bytes_;
  std::string body_;
  State state_ = State::more;
  Part part_ = Part::size;
  std::uint64_t left_ = 0;  // of the current chunk
  int digits_ = 0;
  std::size_t overhead_ = 0;
};

}  // namespace pcb::http
