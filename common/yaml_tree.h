// YAML text as a tree of values with their places: what the configuration's reader walks.
//
// Pure. YAML is taken as JSON with comments: one document of maps, lists and scalars. Aliases, anchors, tags,
// more than kMaxYamlBytes, kMaxYamlDepth or kMaxYamlNodes, bytes that are not UTF-8, and a key that is not a
// plain word are refused with line and column; a syntax error is refused where the parser found it. Equal
// keys in one map are kept, for the walker to report with their path. Tested by
// tests/cluster/config_read_test.cpp.
#pragma once

#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace pcb {

inline constexpr size_t kMaxYamlBytes = size_t{1} << 20U;
inline constexpr int kMaxYamlDepth = 16;
inline constexpr size_t kMaxYamlNodes = 100'000;

struct TextPlace {
  int line = 1;
  int column = 1;
};

struct YamlMember;

struct YamlNode {
  enum class Kind { null, scalar, list, map };
  Kind kind = Kind::null;
  TextPlace place;
  bool quoted = false;
  std::string text;                 // of a scalar
  std::vector<YamlNode> items;      // of a list
  std::vector<YamlMember> members;  // of a map
};

struct YamlMember {
  std::string key;
  TextPlace place;
  YamlNode value;
};

struct YamlFault {
  TextPlace place;
  std::string message;
};

std::variant<YamlNode, YamlFault> read_yaml(std::string_view text);

}  // namespace pcb
