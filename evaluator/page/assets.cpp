#include "evaluator/page/assets.h"

#include <cstdint>
#include <cstdio>

namespace pcb {
namespace {

// FNV-1a: not a secret's hash, a mark that changes with the content.
std::string marked(const char* path, std::string_view content) {
  std::uint64_t mark = 14695981039346656037ULL;
  for (const char c : content) mark = (mark ^ static_cast<unsigned char>(c)) * 1099511628211ULL;
  char written[24];
  std::snprintf(written, sizeof written, "?v=%016llx", static_cast<unsigned long long>(mark));
  return std::string(path) + written;
}

}  // namespace

const std::string& style_path() {
  static const std::string path = marked("/assets/page.css", kPageStyle);
  return path;
}

const std::string& script_path() {
  static const std::string path = marked("/assets/page.js", kPageScript);
  return path;
}

}  // namespace pcb
