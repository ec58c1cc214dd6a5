#include "evaluator/decide/pattern.h"

#include <algorithm>
#include <bitset>
#include <cstddef>
#include <string>
#include <utility>
#include <vector>

#include "common/text.h"

namespace pcb {
namespace {

constexpr std::size_t kMostBytes = 1024;
constexpr int kMostRepeats = 1000;  // RE2's own limit
constexpr int kMostDepth = 40;
constexpr std::size_t kMostSteps = 2'000'000;  // places looked at: some milliseconds

using Set = std::bitset<128>;

struct Node {
  enum class Kind { one_of, begin, end, sequence, either, repeat };
  Kind kind = Kind::sequence;
  Set set;                  // one_of
  int least = 0, most = 0;  // repeat; most < 0: no limit
  std::vector<Node> parts;
};

Set range(char from, char to) {
  Set set;
  for (auto c = static_cast<unsigned char>(from); c <= static_cast<unsigned char>(to); ++c) set.set(c);
  return set;
}
Set single(char c) { return range(c, c); }

// What stands behind a backslash, in a class or outside; empty: not understood.
std::optional<Set> escaped(char c) {
  const Set digit = range('0', '9');
  const Set word = digit | range('a', 'z') | range('A', 'Z') | single('_');
  const Set blank = single(' ') | single('\t') | single('\n') | single('\f') | single('\r');
  switch (c) {
    case 'd':
      return digit;
    case 'D':
      return ~digit;
    case 'w':
      return word;
    case 'W':
      return ~word;
    case 's':
      return blank;
    case 'S':
      return ~blank;
    case 't':
      return single('\t');
    case 'n':
      return single('\n');
    case 'r':
      return single('\r');
    default:
      break;
  }
  // Letters and digits have other meanings (\b, \p, \1 …); marks stand for themselves.
  if (c < '!' || c > '~' || word.test(static_cast<std::size_t>(c))) return std::nullopt;
  return single(c);
}

class Parser {
 public:
  explicit Parser(std::string_view pattern) : rest_(pattern) {
    constexpr std::string_view kIgnoreCase = "(?i)";
    if (rest_.substr(0, kIgnoreCase.size()) != kIgnoreCase) return;
    ignores_case_ = true;
    rest_.remove_prefix(kIgnoreCase.size());
  }
  std::optional<Node> whole() {
    auto node = either(0);
    if (!rest_.empty()) return std::nullopt;
    return node;
  }

 private:
  [[nodiscard]] bool next_is(char c) const { return !rest_.empty() && rest_.front() == c; }
  bool take(std::string_view text) {
    if (rest_.substr(0, text.size()) != text) return false;
    rest_.remove_prefix(text.size());
    return true;
  }
  char take_one() {
    const char c = rest_.front();
    rest_.remove_prefix(1);
    return c;
  }

  std::optional<Node> either(int depth) {
    if (depth > kMostDepth) return std::nullopt;
    Node node;
    node.kind = Node::Kind::either;
    do {
      auto part = sequence(depth);
      if (!part) return std::nullopt;
      node.parts.push_back(std::move(*part));
    } while (take("|"));
    return node;
  }

  std::optional<Node> sequence(int depth) {
    Node node;
    while (!rest_.empty() && !next_is('|') && !next_is(')')) {
      auto part = repeated(depth);
      if (!part) return std::nullopt;
      node.parts.push_back(std::move(*part));
    }
    return node;
  }

  std::optional<Node> repeated(int depth) {
    auto part = atom(depth);
    Node node;
    node.kind = Node::Kind::repeat;
    if (!part || !take_repeat(node)) return part;
    if (node.least > kMostRepeats || node.most > kMostRepeats || (node.most >= 0 && node.most < node.least))
      return std::nullopt;
    take("?");  // lazy: the same texts match
    if (next_is('*') || next_is('+') || next_is('?')) return std::nullopt;
    node.parts.push_back(std::move(*part));
    return node;
  }

  bool take_repeat(Node& node) {
    node.most = -1;
    if (take("*")) return true;
    if (take("+")) {
      node.least = 1;
      return true;
    }
    if (take("?")) {
      node.most = 1;
      return true;
    }
    if (!next_is('{')) return false;
    const auto close = rest_.find('}');
    if (close == std::string_view::npos) return false;
    const auto bounds = text::split(rest_.substr(1, close - 1), ',');
    const auto least = text::to_uint64(bounds.front());
    const auto most = bounds.size() == 2 ? text::to_uint64(bounds[1]) : least;
    const bool open = bounds.size() == 2 && bounds[1].empty();
    if (!least || bounds.size() > 2 || (!most && !open)) return false;  // the atom then refuses the brace
    const auto bounded = [](std::uint64_t n) {
      return static_cast<int>(std::min<std::uint64_t>(n, kMostRepeats + 1));
    };
    node.least = bounded(*least);
    node.most = open ? -1 : bounded(*most);
    rest_.remove_prefix(close + 1);
    return true;
  }

  std::optional<Node> atom(int depth) {
    if (take("(")) {
      if (next_is('?') && !take("?:")) return std::nullopt;
      auto group = either(depth + 1);
      if (!group || !take(")")) return std::nullopt;
      return group;
    }
    Node node;
    if (next_is('^') || next_is('$')) {
      node.kind = take_one() == '^' ? Node::Kind::begin : Node::Kind::end;
      return node;
    }
    auto set = take("[") ? char_class() : one();
    if (!set) return std::nullopt;
    node.kind = Node::Kind::one_of;
    node.set = folded(*set);
    return node;
  }

  std::optional<Set> one() {
    const char c = take_one();
    if (c == '.') return ~single('\n');
    if (c == '\\') return rest_.empty() ? std::nullopt : escaped(take_one());
    constexpr std::string_view kMarks = "*+?{})]";
    if (kMarks.find(c) != std::string_view::npos) return std::nullopt;
    return single(c);
  }

  std::optional<Set> char_class() {
    const bool inverted = take("^");
    Set set;
    for (bool first = true; first || !next_is(']'); first = false) {
      if (rest_.empty() || rest_.substr(0, 2) == "[:") return std::nullopt;
      const char from = take_one();
      if (from == '\\') {
        if (rest_.empty()) return std::nullopt;
        const auto set_of = escaped(take_one());
        if (!set_of || next_is('-')) return std::nullopt;  // a range from an escape: rare
        set |= *set_of;
        continue;
      }
      char to = from;
      if (rest_.size() >= 2 && rest_[0] == '-' && rest_[1] != ']') {
        take_one();
        to = take_one();
        if (to == '\\' || to == '[' || to < from) return std::nullopt;
      }
      set |= range(from, to);
    }
    take("]");
    return inverted ? ~set : set;
  }

  [[nodiscard]] Set folded(Set set) const {
    if (!ignores_case_) return set;
    for (std::size_t c = 'a'; c <= 'z'; ++c) {
      const std::size_t upper = c - 'a' + 'A';
      if (set.test(c) || set.test(upper)) set.set(c).set(upper);
    }
    return set;
  }

  std::string_view rest_;
  bool ignores_case_ = false;
};

// All places in the text that a node can lead to, from all places at once.
class Matcher {
 public:
  using Places = std::vector<bool>;  // of text.size() + 1
  explicit Matcher(std::string_view text) : text_(text) {}

  std::optional<bool> matches(const Node& node) {
    Places begin(text_.size() + 1);
    begin.front() = true;
    const bool found = reach(node, begin).back();
    if (steps_ > kMostSteps) return std::nullopt;
    return found;
  }

 private:
  Places reach(const Node& node, const Places& from) {
    Places to(from.size());
    steps_ += from.size();
    if (steps_ > kMostSteps) return to;
    switch (node.kind) {
      case Node::Kind::one_of:
        for (std::size_t i = 0; i < text_.size(); ++i)
          to[i + 1] = from[i] && node.set.test(static_cast<std::size_t>(text_[i]));
        return to;
      case Node::Kind::begin:
        to.front() = from.front();
        return to;
      case Node::Kind::end:
        to.back() = from.back();
        return to;
      case Node::Kind::sequence:
        to = from;
        for (const Node& part : node.parts) to = reach(part, to);
        return to;
      case Node::Kind::either:
        for (const Node& part : node.parts) add(to, reach(part, from));
        return to;
      case Node::Kind::repeat:
        return repeat(node, from);
    }
    return to;
  }

  Places repeat(const Node& node, Places from) {
    for (int i = 0; i < node.least && steps_ <= kMostSteps; ++i) from = reach(node.parts.front(), from);
    Places all = from;
    for (int i = node.least; (node.most < 0 || i < node.most) && steps_ <= kMostSteps; ++i) {
      from = reach(node.parts.front(), from);
      if (!add(all, from)) break;  // nowhere new
    }
    return all;
  }

  static bool add(Places& all, const Places& more) {
    bool news = false;
    for (std::size_t i = 0; i < all.size(); ++i) {
      news = news || (more[i] && !all[i]);
      all[i] = all[i] || more[i];
    }
    return news;
  }

  std::string_view text_;
  std::size_t steps_ = 0;
};

bool is_plain(std::string_view text) {
  return text.size() <= kMostBytes &&
         std::all_of(text.begin(), text.end(), [](char c) { return c >= 0 && c < 127; });
}

}  // namespace

std::optional<bool> matches_whole(std::string_view pattern, std::string_view text) {
  if (!is_plain(pattern) || !is_plain(text)) return std::nullopt;
  const auto parsed = Parser(pattern).whole();
  if (!parsed) return std::nullopt;
  return Matcher(text).matches(*parsed);
}

}  // namespace pcb
