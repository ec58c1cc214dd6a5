#include "exporter/parse/tasks.h"

#include <algorithm>
#include <array>

#include "common/text.h"
#include "exporter/parse/proc.h"

namespace pcb {
namespace {

std::optional<double> hexadecimal(std::string_view digits) {
  const auto value = parse_hexadecimal(digits);
  return value ? std::optional(static_cast<double>(*value)) : std::nullopt;
}

std::optional<Task> parse_task(std::string_view line) {
  const auto words = text::split_words(line);
  if (words.size() < 2) return std::nullopt;
  const auto fields = text::split(words[0], ':');
  if (fields.size() < 8 || fields[0] != "UPID") return std::nullopt;
  const auto started = hexadecimal(fields[4]);
  if (!started) return std::nullopt;
  Task task{
      std::string(fields[1]), std::string(fields[5]), std::string(fields[6]), *started, std::nullopt, false};
  if (words.size() >= 3) task.ended_at = hexadecimal(words[2]);
  task.succeeded = words.size() >= 4 && (words[3] == "OK" || words[3].starts_with("WARNINGS"));
  return task;
}

// The quoted text behind `start`, in the same statement: `sub version {\n    return '8.4.1';`
std::string quoted_behind(std::string_view text, std::string_view start) {
  const auto at = text.find(start);
  if (at == std::string_view::npos) return {};
  const auto statement = text.substr(at, text.find('}', at) - at);
  const auto open = statement.find_first_of("'\"", start.size());
  if (open == std::string_view::npos) return {};
  const auto close = statement.find(statement[open], open + 1);
  return close == std::string_view::npos ? std::string{}
                                         : std::string(statement.substr(open + 1, close - open - 1));
}

}  // namespace

bool Task::gives_the_number_away() const {
  constexpr auto kTypes = std::to_array<std::string_view>(
      {"vzdestroy", "qmdestroy", "vzcreate", "qmcreate", "vzrestore", "qmrestore"});
  return std::find(kTypes.begin(), kTypes.end(), type) != kTypes.end();
}

bool Task::is_console() const {
  constexpr auto kTypes =
      std::to_array<std::string_view>({"vncproxy", "termproxy", "spiceproxy", "vncshell", "spiceshell"});
  return std::find(kTypes.begin(), kTypes.end(), type) != kTypes.end();
}

std::vector<Task> parse_active_tasks(std::string_view text) {
  std::vector<Task> tasks;
  for (const auto line : text::split_lines(text)) {
    if (auto task = parse_task(line)) tasks.push_back(std::move(*task));
  }
  return tasks;
}

Result<PveVersion> parse_pvecfg(std::string_view text) {
  PveVersion version{quoted_behind(text, "sub version {"), quoted_behind(text, "sub release {"),
                     quoted_behind(text, "sub repoid {")};
  if (version.version.empty() || !text::to_uint64(version.version.substr(0, version.version.find('.')))) {
    return Error{"pvecfg.pm does not tell the version of Proxmox VE"};
  }
  return version;
}

}  // namespace pcb
