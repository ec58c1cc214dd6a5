#include "common/yaml_tree.h"

#include <algorithm>
#include <sstream>

#include <yaml-cpp/eventhandler.h>
#include <yaml-cpp/yaml.h>

#include "common/text.h"

namespace pcb {
namespace {

TextPlace place_of(const YAML::Mark& mark) {
  return mark.is_null() ? TextPlace{} : TextPlace{mark.line + 1, mark.column + 1};
}

struct Refused {
  YamlFault fault;
};

// Builds the tree from the parser's events; throws Refused out of the parser, caught in read_yaml().
class TreeBuilder : public YAML::EventHandler {
 public:
  void OnDocumentStart(const YAML::Mark& /*mark*/) override {}
  void OnDocumentEnd() override {}
  void OnNull(const YAML::Mark& mark, YAML::anchor_t anchor) override {
    add(mark, "", anchor, YamlNode::Kind::null);
  }
  void OnAlias(const YAML::Mark& mark, YAML::anchor_t /*anchor*/) override {
    throw Refused{{place_of(mark), "aliases (*name) are not read here; write the value out"}};
  }
  void OnScalar(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                const std::string& value) override {
    if (expects_key()) {
      check(mark, tag, anchor);
      keys_.back() = {value, place_of(mark), true};
      return;
    }
    YamlNode& node = add(mark, tag, anchor, YamlNode::Kind::scalar);
    node.text = value;
    node.quoted = tag == "!";
  }
  void OnSequenceStart(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                       YAML::EmitterStyle::value /*style*/) override {
    open(add(mark, tag, anchor, YamlNode::Kind::list), mark);
  }
  void OnSequenceEnd() override { close(); }
  void OnMapStart(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                  YAML::EmitterStyle::value /*style*/) override {
    open(add(mark, tag, anchor, YamlNode::Kind::map), mark);
  }
  void OnMapEnd() override { close(); }

  YamlNode root;

 private:
  struct Key {
    std::string text;
    TextPlace place;
    bool set = false;
  };

  [[nodiscard]] bool expects_key() const {
    return !open_.empty() && open_.back()->kind == YamlNode::Kind::map && !keys_.back().set;
  }
  static void check(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor) {
    if (anchor != 0)
      throw Refused{{place_of(mark), "anchors (&name) are not read here; write the value out"}};
    if (!tag.empty() && tag != "?" && tag != "!") {
      throw Refused{{place_of(mark), "tags (!name) are not read here; write the plain value"}};
    }
  }
  YamlNode& add(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor, YamlNode::Kind kind) {
    check(mark, tag, anchor);
    if (++count_ > kMaxYamlNodes) {
      throw Refused{{place_of(mark), "more than " + std::to_string(kMaxYamlNodes) + " values in one file"}};
    }
    if (expects_key()) throw Refused{{place_of(mark), "a key must be a plain word followed by a colon"}};
    YamlNode* node = &root;
    if (!open_.empty() && open_.back()->kind == YamlNode::Kind::list) {
      node = &open_.back()->items.emplace_back();
    } else if (!open_.empty()) {
      open_.back()->members.push_back({std::move(keys_.back().text), keys_.back().place, {}});
      keys_.back() = {};
      node = &open_.back()->members.back().value;
    }
    node->kind = kind;
    node->place = place_of(mark);
    return *node;
  }
  // The addresses in open_ stay valid: a list or map only grows while none of its children is open.
  void open(YamlNode& node, const YAML::Mark& mark) {
    if (open_.size() == kMaxYamlDepth) {
      throw Refused{{place_of(mark), "nested deeper than " + std::to_string(kMaxYamlDepth) + " levels"}};
    }
    open_.push_back(&node);
    keys_.emplace_back();
  }
  void close() {
    open_.pop_back();
    keys_.pop_back();
  }

  std::vector<YamlNode*> open_;
  std::vector<Key> keys_;
  size_t count_ = 0;
};

// The place of the first byte that YAML does not allow; end of text when there is none.
size_t first_bad_byte(std::string_view text) {
  size_t at = 0;
  while (at < text.size()) {
    const text::CodePoint point = text::decode_utf8(text.substr(at));
    const bool control =
        point.value < 0x20 && point.value != '\n' && point.value != '\r' && point.value != '\t';
    if (!point.valid || control || point.value == 0x7F) return at;
    at += point.length;
  }
  return at;
}

size_t first_indenting_tab(std::string_view text) {
  size_t line = 0;
  while (line < text.size()) {
    const size_t begin = std::min(text.find_first_not_of(' ', line), text.size());
    if (begin < text.size() && text[begin] == '\t') return begin;
    const size_t end = text.find('\n', line);
    if (end == std::string_view::npos) break;
    line = end + 1;
  }
  return text.size();
}

TextPlace place_at(std::string_view text, size_t at) {
  TextPlace place;
  for (size_t i = 0; i < at; ++i) {
    ++place.column;
    if (text[i] == '\n') place = {place.line + 1, 1};
  }
  return place;
}

}  // namespace

std::variant<YamlNode, YamlFault> read_yaml(std::string_view text) {
  if (text.size() > kMaxYamlBytes) {
    return YamlFault{{}, "the file has " + std::to_string(text.size()) + " bytes; at most 1 MiB is read"};
  }
  if (const size_t bad = first_bad_byte(text); bad != text.size()) {
    return YamlFault{place_at(text, bad), "a control character, or a byte that is not UTF-8"};
  }
  if (const size_t tab = first_indenting_tab(text); tab != text.size()) {
    return YamlFault{place_at(text, tab), "a tab in the indentation; YAML wants blanks"};
  }
  std::istringstream stream{std::string(text)};
  try {
    YAML::Parser parser(stream);
    TreeBuilder builder;
    parser.HandleNextDocument(builder);
    TreeBuilder rest;
    if (parser.HandleNextDocument(rest)) {
      return YamlFault{rest.root.place, "a second document begins here (---); one file is one document"};
    }
    return std::move(builder.root);
  } catch (const Refused& refused) {
    return refused.fault;
  } catch (const YAML::Exception& exception) {
    return YamlFault{place_of(exception.mark), "not YAML here: " + text::printable(exception.msg)};
  }
}

}  // namespace pcb
