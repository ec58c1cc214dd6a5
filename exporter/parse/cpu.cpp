#include "exporter/parse/cpu.h"

#include <array>
#include <set>
#include <vector>

#include "common/text.h"

namespace pcb {
namespace {

struct Level {
  std::string_view name;
  std::vector<std::string_view> flags;
};

const std::array<Level, 4>& levels() {
  static const std::array<Level, 4> kLevels = {{
      {"x86-64-v1", {"lm"}},
      {"x86-64-v2", {"cx16", "lahf_lm", "popcnt", "pni", "sse4_1", "sse4_2", "ssse3"}},
      {"x86-64-v3", {"avx", "avx2", "bmi1", "bmi2", "f16c", "fma", "abm", "movbe", "xsave"}},
      {"x86-64-v4", {"avx512f", "avx512bw", "avx512cd", "avx512dq", "avx512vl"}},
  }};
  return kLevels;
}

std::optional<std::string> level_of(std::string_view flags) {
  const auto words = text::split_words(flags);
  const std::set<std::string_view> present(words.begin(), words.end());
  std::optional<std::string> reached;
  for (const auto& level : levels()) {
    for (const auto flag : level.flags) {
      if (!present.contains(flag)) return reached;
    }
    reached = std::string(level.name);
  }
  return reached;
}

}  // namespace

Result<CpuFacts> parse_cpuinfo(std::string_view text) {
  CpuFacts facts;
  bool flags_seen = false;
  for (const auto line : text::split_lines(text)) {
    const auto colon = line.find(':');
    if (colon == std::string_view::npos) {
      if (flags_seen) break;  // the empty line behind the first processor
      continue;
    }
    const auto key = text::trim(line.substr(0, colon)), value = text::trim(line.substr(colon + 1));
    if (key == "model name" && facts.model.empty()) facts.model = value;
    if (key == "vendor_id" && facts.vendor.empty()) facts.vendor = value;
    if (key == "flags" && !flags_seen) {
      facts.level = level_of(value);
      flags_seen = true;
    }
  }
  if (facts.model.empty() || facts.vendor.empty() || !flags_seen) {
    return Error{"/proc/cpuinfo is cut off, or not that of an x86-64 CPU"};
  }
  return facts;
}

}  // namespace pcb
