#include "exporter/collect_request.h"

#include "common/node_script.h"

namespace pcb {
namespace {

std::string_view line_at(std::string_view text, std::size_t at) {
  return text.substr(at, text.find('\n', at) - at);
}

// The script names the files of guests from the root of the cgroups on.
bool is_of_cgroup(std::string_view name) {
  return name.starts_with("lxc/") || name.starts_with("lxc.monitor/") || name.starts_with("qemu.slice/");
}

std::string_view directory_of(std::string_view name) {
  return is_of_cgroup(name) ? "/sys/fs/cgroup/" : std::string_view{};
}

// "==> NAME <==" as head -v writes it; empty if the line is none.
std::string_view header_name(std::string_view line) {
  constexpr std::string_view kOpen = "==> ", kClose = " <==";
  if (line.size() <= kOpen.size() + kClose.size() || !line.starts_with(kOpen) || !line.ends_with(kClose))
    return {};
  const auto name = line.substr(kOpen.size(), line.size() - kOpen.size() - kClose.size());
  const bool known = name.starts_with('/') || name.starts_with("pcb/") || is_of_cgroup(name);
  return known ? name : std::string_view{};
}

void split_blocks(std::string_view body, HostFiles& into) {
  // A header stands at the start of the body or behind an empty line: head puts "\n" before each but the
  // first.
  std::string_view name;
  std::size_t content = 0;
  constexpr std::size_t kUsual = 512;
  std::vector<FileMap::Part> parts;
  parts.reserve(kUsual);
  const auto close_block = [&](std::size_t end) {
    if (name.empty()) return;
    const auto text = body.substr(content, end > content ? end - content : 0);
    if (text.size() >= kCollectFileCap)
      into.truncated.push_back(std::string(directory_of(name)).append(name));
    else
      parts.push_back({directory_of(name), name, text});
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
  into.files = FileMap(parts);
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
  return script_answer_complete(received, nonce);
}

Result<HostFiles> parse_answer(std::string_view received, std::string_view nonce) {
  const auto answer = read_script_answer(received, nonce, "node-collect.sh", kCollectProtocol);
  if (!answer) return answer.error();
  HostFiles result;
  result.protocol = answer->protocol;
  split_blocks(answer->body, result);
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
