// gzip compression of whole bodies, for handlers that hand out ready bytes (Content-Encoding: gzip).
//
// Pure; safe from several threads. Whether a client takes gzip: accepts_gzip() in common/negotiate.h.
// Tested by tests/common/http_gzip_test.cpp.
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "common/result.h"

namespace pcb::http {

// `level` 1 (quick) to 9 (small). Fails only when memory is short.
Result<std::string> gzip(std::string_view body, int level = 5);

// The same for a body that comes in pieces and is never whole in memory. One thread.
class GzipWriter {
 public:
  explicit GzipWriter(int level);
  ~GzipWriter();
  GzipWriter(const GzipWriter&) = delete;
  GzipWriter& operator=(const GzipWriter&) = delete;
  void add(std::string_view piece);
  // What was added, compressed; the writer is used up. An error if memory was short at any time.
  Result<std::string> finish();

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace pcb::http
