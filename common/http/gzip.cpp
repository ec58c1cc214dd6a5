#include "common/http/gzip.h"

#include <algorithm>
#include <climits>

#include <zlib.h>

namespace pcb::http {

struct GzipWriter::Impl {
  z_stream stream{};
  std::string out;
  std::size_t written = 0;
  int state = Z_OK;

  void deflate_all(std::string_view piece, bool last) {
    constexpr std::size_t kStep = 1U << 30U;  // zlib counts in unsigned int
    while (state == Z_OK && (last || !piece.empty())) {
      if (written == out.size()) out.resize(std::max<std::size_t>(out.size() * 2, 4096));
      const std::size_t taken = std::min(piece.size(), kStep);
      stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(piece.data()));  // zlib only reads
      stream.avail_in = static_cast<uInt>(taken);
      const uInt room = static_cast<uInt>(std::min(out.size() - written, kStep));
      stream.next_out = reinterpret_cast<Bytef*>(out.data() + written);
      stream.avail_out = room;
      state = deflate(&stream, last && taken == piece.size() ? Z_FINISH : Z_NO_FLUSH);
      written += room - stream.avail_out;
      piece.remove_prefix(taken - stream.avail_in);
    }
  }
};

GzipWriter::GzipWriter(int level) : impl_(std::make_unique<Impl>()) {
  constexpr int kGzipWindow = 15 + 16;  // zlib.h: 16 more asks for gzip's header and trailer
  impl_->state = deflateInit2(&impl_->stream, level, Z_DEFLATED, kGzipWindow, 8, Z_DEFAULT_STRATEGY);
}

GzipWriter::~GzipWriter() { deflateEnd(&impl_->stream); }

void GzipWriter::add(std::string_view piece) { impl_->deflate_all(piece, false); }

Result<std::string> GzipWriter::finish() {
  impl_->deflate_all({}, true);
  if (impl_->state != Z_STREAM_END)
    return Error{"cannot compress: zlib failed with " + std::to_string(impl_->state)};
  impl_->out.resize(impl_->written);
  impl_->out.shrink_to_fit();
  return std::move(impl_->out);
}

Result<std::string> gzip(std::string_view body, int level) {
  GzipWriter writer(level);
  writer.add(body);
  return writer.finish();
}

}  // namespace pcb::http
