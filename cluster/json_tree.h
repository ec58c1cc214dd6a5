// JSON text as a flat tree, read strictly: what the cluster document's reader walks.
//
// Pure. Refused with a sentence: anything that is not one JSON value (with line and column), nesting beyond
// kMaxJsonDepth (noticed while reading, so hostile nesting costs no stack), invalid UTF-8, numbers beyond a
// double, two equal keys in one object (with the path of the second), and more than the caps below. The tree
// lies in one vector: a node's children follow it, and `next` leads past them to its sibling. Tested by
// tests/cluster/document_json_test.cpp.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <unordered_set>
#include <vector>

#include "common/result.h"

namespace pcb {

inline constexpr int kMaxJsonDepth = 32;
inline constexpr size_t kMaxJsonBytes = size_t{64} << 20U;
inline constexpr size_t kMaxJsonNodes = 4'000'000;  // 10,000 guests need 600,000

enum class JsonKind : uint8_t { null, boolean, number, string, array, object };

struct JsonNode {
  JsonKind kind = JsonKind::null;
  bool truth = false;
  bool seen = false;    // for the walker: a key that was asked for
  uint32_t parent = 0;  // the root is its own parent
  uint32_t next = 0;    // index behind the whole value
  uint32_t children = 0;
  double number = 0;
  std::string_view key;  // of a member of an object; lives in JsonTree::keys
  std::string text;
};

struct JsonTree {
  std::vector<JsonNode> nodes;  // nodes[0] is the document
  std::unordered_set<std::string> keys;

  // "$.guests[3].host"; keys that are not plain words are quoted and cut.
  [[nodiscard]] std::string path_of(uint32_t index) const;
};

std::string json_library_version();  // "nlohmann json 3.11.2"

Result<JsonTree> read_json_tree(std::string_view text);

// "a string", "null", "-3": what was found, for messages.
std::string describe_json(const JsonNode& node);

}  // namespace pcb
