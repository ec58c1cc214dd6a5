#include "evaluator/decide/json_view.h"

namespace pcb {

std::optional<JsonView> JsonView::member(std::string_view key) const {
  if (kind() != JsonKind::object) return std::nullopt;
  for (std::uint32_t i = index_ + 1; i < node().next; i = tree_->nodes[i].next) {
    if (tree_->nodes[i].key == key) return JsonView(*tree_, i);
  }
  return std::nullopt;
}

std::vector<JsonView> JsonView::elements() const {
  std::vector<JsonView> views;
  if (kind() != JsonKind::array) return views;
  for (std::uint32_t i = index_ + 1; i < node().next; i = tree_->nodes[i].next) views.emplace_back(*tree_, i);
  return views;
}

std::optional<std::string> JsonView::text() const {
  if (kind() != JsonKind::string) return std::nullopt;
  return node().text;
}

std::optional<double> JsonView::number() const {
  if (kind() != JsonKind::number) return std::nullopt;
  return node().number;
}

std::optional<bool> JsonView::truth() const {
  if (kind() != JsonKind::boolean) return std::nullopt;
  return node().truth;
}

std::optional<std::string> JsonView::text_of(std::string_view key) const {
  const auto found = member(key);
  return found ? found->text() : std::nullopt;
}

std::optional<double> JsonView::number_of(std::string_view key) const {
  const auto found = member(key);
  return found ? found->number() : std::nullopt;
}

std::optional<bool> JsonView::truth_of(std::string_view key) const {
  const auto found = member(key);
  return found ? found->truth() : std::nullopt;
}

std::optional<std::map<std::string, std::string>> JsonView::text_map() const {
  if (kind() != JsonKind::object) return std::nullopt;
  std::map<std::string, std::string> map;
  for (std::uint32_t i = index_ + 1; i < node().next; i = tree_->nodes[i].next) {
    const JsonNode& child = tree_->nodes[i];
    if (child.kind != JsonKind::string) return std::nullopt;
    map.emplace(child.key, child.text);
  }
  return map;
}

}  // namespace pcb
