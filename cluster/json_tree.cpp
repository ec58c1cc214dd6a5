#include "cluster/json_tree.h"

#include <algorithm>
#include <cmath>

#include <nlohmann/json.hpp>

#include "common/text.h"

namespace pcb {
namespace {

constexpr size_t kMaxShownBytes = 60;

// Data in a message: printable, short, on one line.
std::string shown(std::string_view hostile) {
  return "\"" + text::json_escape(text::shortened(hostile, kMaxShownBytes)) + "\"";
}

bool is_plain_word(std::string_view key) {
  return !key.empty() && key.size() <= kMaxShownBytes && std::all_of(key.begin(), key.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_';
  });
}

struct Place {
  size_t line = 1;
  size_t column = 1;
};

Place place_of(std::string_view text, size_t bytes_read) {
  Place place;
  const size_t end = std::min(text.size(), bytes_read == 0 ? 0 : bytes_read - 1);
  for (size_t i = 0; i < end; ++i) {
    ++place.column;
    if (text[i] == '\n') {
      ++place.line;
      place.column = 1;
    }
  }
  return place;
}

std::string describe(Place place) {
  return "line " + std::to_string(place.line) + ", column " + std::to_string(place.column) + ": ";
}

// "[json.exception.parse_error.101] parse error at line 1, column 5: syntax error …" without its beginning
// and without the bytes of the input that follow "last read": those may be anything.
std::string plain_reason(std::string_view what) {
  if (const size_t start = what.find(": "); start != std::string_view::npos) what.remove_prefix(start + 2);
  if (const size_t quote = what.find("; last read"); quote != std::string_view::npos) {
    const size_t expected = what.rfind("; expected ");
    std::string reason(what.substr(0, quote));
    if (expected != std::string_view::npos && expected > quote) reason += what.substr(expected);
    what = {};
    return reason;
  }
  return std::string(what);
}

// Receives what nlohmann's parser reads; the parser itself does not recurse.
class TreeBuilder {
 public:
  TreeBuilder(JsonTree& tree, std::string_view text) : tree_(tree), text_(text) {}

  bool null() { return add(JsonKind::null); }
  bool boolean(bool value) {
    return add(JsonKind::boolean, [&](JsonNode& node) { node.truth = value; });
  }
  bool number_integer(int64_t value) { return number(static_cast<double>(value)); }
  bool number_unsigned(uint64_t value) { return number(static_cast<double>(value)); }
  bool number_float(double value, const std::string& /*text*/) { return number(value); }
  bool string(std::string& value) {
    return add(JsonKind::string, [&](JsonNode& node) { node.text = std::move(value); });
  }
  bool binary(std::vector<uint8_t>& /*value*/) { return false; }  // not part of JSON text

  bool key(std::string& name) {
    key_ = *tree_.keys.insert(std::move(name)).first;
    return true;
  }
  bool start_object(size_t /*unknown*/) { return open(JsonKind::object); }
  bool start_array(size_t /*unknown*/) { return open(JsonKind::array); }
  bool end_object() {
    const uint32_t index = open_.back();
    return close() && keys_differ(index);
  }
  bool end_array() { return close(); }

  template <class Exception>
  bool parse_error(size_t bytes_read, const std::string& /*token*/, const Exception& exception) {
    error_ = describe(place_of(text_, bytes_read)) + plain_reason(exception.what());
    return false;
  }

  [[nodiscard]] const std::string& error() const { return error_; }

 private:
  template <class Fill>
  bool add(JsonKind kind, Fill fill) {
    if (tree_.nodes.size() == kMaxJsonNodes) {
      error_ = "more than " + std::to_string(kMaxJsonNodes) + " values: no cluster is that large";
      return false;
    }
    const auto index = static_cast<uint32_t>(tree_.nodes.size());
    JsonNode& node = tree_.nodes.emplace_back();
    node.kind = kind;
    node.next = index + 1;
    if (!open_.empty()) {
      node.parent = open_.back();
      JsonNode& parent = tree_.nodes[node.parent];
      ++parent.children;
      if (parent.kind == JsonKind::object) node.key = key_;
    }
    fill(node);
    return true;
  }
  bool add(JsonKind kind) {
    return add(kind, [](JsonNode&) {});
  }
  bool number(double value) {
    return add(JsonKind::number, [&](JsonNode& node) { node.number = value; });
  }
  bool open(JsonKind kind) {
    const auto index = static_cast<uint32_t>(tree_.nodes.size());
    if (!add(kind)) return false;
    if (open_.size() == kMaxJsonDepth) {
      error_ = tree_.path_of(open_.front()) + ": nested deeper than " + std::to_string(kMaxJsonDepth) +
               " levels; a cluster document needs 5";
      return false;
    }
    open_.push_back(index);
    return true;
  }
  bool close() {
    tree_.nodes[open_.back()].next = static_cast<uint32_t>(tree_.nodes.size());
    open_.pop_back();
    return true;
  }
  bool keys_differ(uint32_t object) {
    members_.clear();
    for (uint32_t i = object + 1; i < tree_.nodes[object].next; i = tree_.nodes[i].next)
      members_.push_back(i);
    // Keys are interned: equal keys are equal addresses.
    const auto address = [&](uint32_t i) { return tree_.nodes[i].key.data(); };
    std::stable_sort(members_.begin(), members_.end(),
                     [&](uint32_t a, uint32_t b) { return std::less<>()(address(a), address(b)); });
    uint32_t second = UINT32_MAX;
    for (size_t i = 1; i < members_.size(); ++i) {
      if (address(members_[i - 1]) == address(members_[i])) second = std::min(second, members_[i]);
    }
    if (second == UINT32_MAX) return true;
    error_ = tree_.path_of(second) + ": this key stands here for the second time";
    return false;
  }

  JsonTree& tree_;
  std::string_view text_;
  std::vector<uint32_t> open_;
  std::vector<uint32_t> members_;
  std::string_view key_;
  std::string error_;
};

}  // namespace

std::string JsonTree::path_of(uint32_t index) const {
  if (index == 0) return "$";
  const JsonNode& node = nodes[index];
  const JsonNode& parent = nodes[node.parent];
  std::string path = path_of(node.parent);
  if (parent.kind == JsonKind::object) {
    return path += is_plain_word(node.key) ? "." + std::string(node.key) : "[" + shown(node.key) + "]";
  }
  size_t position = 0;
  for (uint32_t i = node.parent + 1; i < index; i = nodes[i].next) ++position;
  return path += "[" + std::to_string(position) + "]";
}

std::string describe_json(const JsonNode& node) {
  switch (node.kind) {
    case JsonKind::null:
      return "null";
    case JsonKind::boolean:
      return node.truth ? "true" : "false";
    case JsonKind::string:
      return shown(node.text);
    case JsonKind::array:
      return "a list";
    case JsonKind::object:
      return "an object";
    case JsonKind::number:
      break;
  }
  return text::number(node.number);
}

Result<JsonTree> read_json_tree(std::string_view text) {
  if (text.size() > kMaxJsonBytes) {
    return Error{"the document has " + std::to_string(text.size()) + " bytes; at most " +
                 std::to_string(kMaxJsonBytes) + " are read"};
  }
  if (const size_t nul = text.find('\0'); nul != std::string_view::npos) {  // the parser would end there
    return Error{describe(place_of(text, nul + 1)) + "a NUL byte; JSON text has none"};
  }
  JsonTree tree;
  tree.nodes.reserve(std::min(text.size() / 16, kMaxJsonNodes));
  TreeBuilder builder(tree, text);
  if (!nlohmann::json::sax_parse(text.begin(), text.end(), &builder)) return Error{builder.error()};
  return tree;
}

std::string json_library_version() {
  return "nlohmann json " + std::to_string(NLOHMANN_JSON_VERSION_MAJOR) + "." +
         std::to_string(NLOHMANN_JSON_VERSION_MINOR) + "." + std::to_string(NLOHMANN_JSON_VERSION_PATCH);
}

}  // namespace pcb
