#include "common/http/gzip.h"

#include <algorithm>
#include <climits>

#include <zlib.h>

namespace pcb::http {

Result<std::string> gzip(std::string_view body, int level) {
  constexpr int kGzipWindow = 15 + 16;      // zlib.h: 16 more asks for gzip's header and trailer
  constexpr std::size_t kStep = 1U << 30U;  // zlib counts in unsigned int
  z_stream stream{};
  if (deflateInit2(&stream, level, Z_DEFLATED, kGzipWindow, 8, Z_DEFAULT_STRATEGY) != Z_OK)
    return Error{"cannot compress: not enough memory"};
  // Text shrinks to a tenth: zlib's bound for the worst case would be memory touched for nothing.
  std::string out(body.size() / 8 + 1024, '\0');
  std::size_t written = 0;
  int state = Z_OK;
  while (state == Z_OK) {
    if (written == out.size()) out.resize(out.size() * 2);
    const std::size_t taken = std::min(body.size(), kStep);
    stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(body.data()));  // zlib only reads
    stream.avail_in = static_cast<uInt>(taken);
    const uInt room = static_cast<uInt>(std::min(out.size() - written, kStep));
    stream.next_out = reinterpret_cast<Bytef*>(out.data() + written);
    stream.avail_out = room;
    state = deflate(&stream, taken == body.size() ? Z_FINISH : Z_NO_FLUSH);
    written += room - stream.avail_out;
    body.remove_prefix(taken - stream.avail_in);
  }
  deflateEnd(&stream);
  if (state != Z_STREAM_END) return Error{"cannot compress: zlib failed with " + std::to_string(state)};
  out.resize(written);
  out.shrink_to_fit();
  return out;
}

}  // namespace pcb::http
