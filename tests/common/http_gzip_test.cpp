#include <random>

#include <gtest/gtest.h>
#include <zlib.h>

#include "common/http/gzip.h"

namespace pcb::http {
namespace {

std::string gunzip(const std::string& packed, std::size_t size) {
  std::string out(size + 1, '\0');
  z_stream stream{};
  EXPECT_EQ(inflateInit2(&stream, 15 + 16), Z_OK);
  std::string input = packed;
  stream.next_in = reinterpret_cast<Bytef*>(input.data());
  stream.avail_in = static_cast<uInt>(input.size());
  stream.next_out = reinterpret_cast<Bytef*>(out.data());
  stream.avail_out = static_cast<uInt>(out.size());
  EXPECT_EQ(inflate(&stream, Z_FINISH), Z_STREAM_END);
  out.resize(out.size() - stream.avail_out);
  inflateEnd(&stream);
  return out;
}

TEST(HttpGzip, RoundTripOfAnySizeAndLevel) {
  std::mt19937 random(2);
  for (const std::size_t size : {0U, 1U, 100U, 65536U, 3000000U}) {
    std::string body(size, '\0');
    for (char& c : body) c = static_cast<char>(random());
    for (const int level : {1, 5, 9}) {
      const auto packed = gzip(body, level);
      ASSERT_TRUE(packed.ok());
      EXPECT_EQ(gunzip(*packed, size), body);
    }
  }
  EXPECT_LT(gzip(std::string(1000000, 'x'))->size(), 2000U);
}

}  // namespace
}  // namespace pcb::http
