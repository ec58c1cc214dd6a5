// A place in a JSON tree, for readers that take what they need and leave the rest.
//
// Pure; a view is two words and lives no longer than its tree. Asking the wrong kind gives nothing, never an
// exception: foreign JSON (webhooks, Alertmanager, Prometheus) is read field by field, each with its own
// answer to a missing or odd one. Tested by tests/evaluator/webhook_test.cpp.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "cluster/json_tree.h"

namespace pcb {

class JsonView {
 public:
  explicit JsonView(const JsonTree& tree, std::uint32_t index = 0) : tree_(&tree), index_(index) {}

  [[nodiscard]] JsonKind kind() const { return node().kind; }
  [[nodiscard]] std::optional<JsonView> member(std::string_view key) const;
  [[nodiscard]] std::vector<JsonView> elements() const;  // of an array; else none
  [[nodiscard]] std::optional<std::string> text() const;
  [[nodiscard]] std::optional<double> number() const;
  [[nodiscard]] std::optional<bool> truth() const;

  [[nodiscard]] std::optional<std::string> text_of(std::string_view key) const;
  [[nodiscard]] std::optional<double> number_of(std::string_view key) const;
  [[nodiscard]] std::optional<bool> truth_of(std::string_view key) const;
  // An object whose values are all strings; absent when it is anything else.
  [[nodiscard]] std::optional<std::map<std::string, std::string>> text_map() const;

 private:
  [[nodiscard]] const JsonNode& node() const { return tree_->nodes[index_]; }
  const JsonTree* tree_;
  std::uint32_t index_;
};

}  // namespace pcb
