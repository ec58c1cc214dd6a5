#include "common/node_script.h"

#include <charconv>
#include <string>

namespace pcb {
namespace {

// The text behind "@@NONCE WORD", or npos. A mark stands at the start of a line.
std::size_t find_mark(std::string_view received, std::string_view nonce, std::string_view word,
                      std::size_t from = 0) {
  const std::string mark = "@@" + std::string(nonce) + " " + std::string(word);
  for (auto at = received.find(mark, from); at != std::string_view::npos; at = received.find(mark, at + 1)) {
    if (at == 0 || received[at - 1] == '\n') return at;
  }
  return std::string_view::npos;
}

std::string_view line_at(std::string_view text, std::size_t at) {
  return text.substr(at, text.find('\n', at) - at);
}

}  // namespace

bool script_answer_complete(std::string_view received, std::string_view nonce) {
  // Called on every read of a growing answer: only its end is looked at.
  const std::string end = "\n@@" + std::string(nonce) + " end\n";
  if (received.ends_with(end)) return true;
  const auto tail = received.size() > 4096 ? received.size() - 4096 : 0;
  if (received.substr(tail).find(end) != std::string_view::npos) return true;
  const auto error = find_mark(received.substr(tail), nonce, "error ");
  return error != std::string_view::npos && received.find('\n', tail + error) != std::string_view::npos;
}

Result<ScriptAnswer> read_script_answer(std::string_view received, std::string_view nonce,
                                        std::string_view script, int protocol) {
  const std::string name(script);
  if (const auto error = find_mark(received, nonce, "error "); error != std::string_view::npos) {
    const auto word = line_at(received, error).substr(nonce.size() + 9);
    return Error{"the host's " + name + " refused the request (" + std::string(word.substr(0, 40)) +
                 "); is another version of it installed as forced command? Install the one of this release"};
  }
  const auto begin = find_mark(received, nonce, "begin ");
  if (begin == std::string_view::npos) {
    return Error{"no answer of " + name +
                 " in what the host sent; does the login run a shell, and is it silent?"};
  }
  const auto first_line = line_at(received, begin);
  const auto number = first_line.substr(nonce.size() + 9);
  ScriptAnswer answer;
  const auto parsed = std::from_chars(number.data(), number.data() + number.size(), answer.protocol);
  if (parsed.ec != std::errc{} || parsed.ptr != number.data() + number.size())
    return Error{name + " answered with a malformed version; install the one of this release"};
  if (answer.protocol != protocol && (protocol == 1 || answer.protocol != protocol - 1)) {
    return Error{name + " on the host speaks protocol " + std::to_string(answer.protocol) + ", not " +
                 std::to_string(protocol) + "; install the one of this release"};
  }
  const auto body = begin + first_line.size() + 1;
  const auto end =
      body > received.size() ? std::string_view::npos : find_mark(received, nonce, "end\n", body);
  if (end == std::string_view::npos) return Error{"the answer was cut off before its end mark"};
  answer.body = received.substr(body, end > body ? end - 1 - body : 0);
  return answer;
}

}  // namespace pcb
