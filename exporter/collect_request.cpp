#include "exporter/collect_request.h"

#include <charconv>

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

// "==> NAME <==" as head -v writes it; empty if the line is none.
std::string_view header_name(std::string_view line) {
  constexpr std::string_view kOpen = "==> ", kClose = " <==";
  if (line.size() <= kOpen.size() + kClose.size() || !line.starts_with(kOpen) || !line.ends_with(kClose))
    return {};
  const auto name = line.substr(kOpen.size(), line.size() - kOpen.size() - kClose.size());
  return name.starts_with('/') || name.starts_with("pcb/") ? name : std::string_view{};
}

void split_blocks(std::string_view body, HostFiles& into) {
  // A header stands at the start of the body or behind an empty line: head puts "\n" before each but the
  // first.
  std::string_view name;
  std::size_t content = 0;
  const auto close_block = [&](std::size_t end) {
    if (name.empty()) return;
    const auto text = body.substr(content, end > content ? end - content : 0);
    if (text.size() >= kCollectFileCap)
      into.truncated.emplace_back(name);
    else
      into.files.try_emplace(std::string(name), text);
  };
  std::size_t at = 0;
  while (at < body.size()) {
    if (at == 0 || body[at - 1] == '\n') {
      const auto line = line_at(body, at);
      const auto found = header_name(line);
      if (!found.empty() && at + line.size() < body.size()) {
        close_block(at == 0 ? 0 : at - 1);
        name = found;
        content = at + line.size() + 1;
        at = content;
        continue;
      }
    }
    const auto next = body.find("\n==> ", at);
    if (next == std::string_view::npos) break;
    at = next + 1;
  }
  close_block(body.size());
}

}  // namespace

std::string request_line(const CollectRequest& request, std::string_view nonce) {
  std::string line = "pcb1 ";
  line += nonce;
  char separator = ' ';
  const auto add = [&](bool wanted, std::string_view set) {
    if (!wanted) return;
    line += separator;
    line += set;
    separator = ',';
  };
  add(request.host, "host");
  add(request.guests, "guests");
  add(request.configs, "configs");
  add(request.cluster, "cluster");
  add(request.rrd, "rrd");
  add(request.df, "df");
  line += '\n';
  return line;
}

bool answer_complete(std::string_view received, std::string_view nonce) {
  // Called on every read of a growing answer: only its end is looked at.
  const std::string end = "\n@@" + std::string(nonce) + " end\n";
  if (received.ends_with(end)) return true;
  const auto tail = received.size() > 4096 ? received.size() - 4096 : 0;
  if (received.substr(tail).find(end) != std::string_view::npos) return true;
  const auto error = find_mark(received.substr(tail), nonce, "error ");
  return error != std::string_view::npos && received.find('\n', tail + error) != std::string_view::npos;
}

Result<HostFiles> parse_answer(std::string_view received, std::string_view nonce) {
  if (const auto error = find_mark(received, nonce, "error "); error != std::string_view::npos) {
    const auto word = line_at(received, error).substr(nonce.size() + 9);
    return Error{"the host's node-collect.sh refused the request (" + std::string(word.substr(0, 40)) +
                 "); is another version of it installed as forced command? Install the one of this release"};
  }
  const auto begin = find_mark(received, nonce, "begin ");
  if (begin == std::string_view::npos) {
    return Error{
        "no answer of node-collect.sh in what the host sent; does the login run a shell, and is it silent?"};
  }
  const auto first_line = line_at(received, begin);
  const auto number = first_line.substr(nonce.size() + 9);
  HostFiles result;
  const auto parsed = std::from_chars(number.data(), number.data() + number.size(), result.protocol);
  if (parsed.ec != std::errc{} || parsed.ptr != number.data() + number.size()) {
    return Error{"node-collect.sh answered with a malformed version; install the one of this release"};
  }
  if (result.protocol != kCollectProtocol &&
      (kCollectProtocol == 1 || result.protocol != kCollectProtocol - 1)) {
    return Error{"node-collect.sh on the host speaks protocol " + std::to_string(result.protocol) + ", not " +
                 std::to_string(kCollectProtocol) + "; install the one of this release"};
  }
  const auto body = begin + first_line.size() + 1;
  const auto end =
      body > received.size() ? std::string_view::npos : find_mark(received, nonce, "end\n", body);
  if (end == std::string_view::npos) return Error{"the answer was cut off before its end mark"};
  split_blocks(received.substr(body, end > body ? end - 1 - body : 0), result);
  return result;
}

std::string node_collect_command() {
  // Without its comments: the command line shows in the host's process list.
  std::string command = "exec sh -c '";
  const auto script = node_collect_script();
  std::size_t at = 0;
  while (at < script.size()) {
    auto end = script.find('\n', at);
    if (end == std::string_view::npos) end = script.size();
    const auto line = script.substr(at, end - at);
    const auto start = line.find_first_not_of(' ');
    if (start != std::string_view::npos && line[start] != '#') command.append(line).append("\n");
    at = end + 1;
  }
  return command + "'";
}

}  // namespace pcb
